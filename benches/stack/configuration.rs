//! The configuration in force, read once per request: from the mesh's place for it, beside a `watch` of tokio's, by one thread and by two.

use std::{hint::black_box, sync::Arc, thread};

use mesh_benches::{
    Error,
    caller::SERVICE,
    figure::{self, median},
    timing::now,
};
use mesh_tower::{Mesh, Seed, Target, test_util::Steps};
use tokio::sync::watch;

/// Measures and prints.
pub(crate) async fn measure(turns: usize) -> Result<(), Error> {
    let mesh = Mesh::builder()
        .service(SERVICE, Target::dns(HOST))
        .endpoint(HOST, "10.0.0.1:8080")
        .start()
        .await?;
    let steps = Steps::of(&mesh, HOST, Seed(7)).ok_or("the mesh does not know its service")?;
    let ours = || {
        black_box(black_box(&steps).generation());
    };
    let (_sender, watched) = watch::channel(Arc::new(0_u64));
    let theirs = || drop(black_box(black_box(&watched).borrow().clone()));
    for (threads, what) in [(1, "config_read"), (2, "config_read_2_threads")] {
        let times = (0..=turns).map(|_| (block(threads, &ours), block(threads, &theirs)));
        let (ours, theirs): (Vec<_>, Vec<_>) = times.skip(1).unzip();
        print("mesh", what, ours);
        print("tokio-watch", what, theirs);
    }
    Ok(())
}

/// The nanoseconds that each of some threads needs for one read, while all of them read.
fn block(threads: u32, read: &(impl Fn() + Sync)) -> f64 {
    let reads = || {
        let start = now();
        (0..RUNS).for_each(|_| read());
        start.elapsed().as_secs_f64() * 1e9 / f64::from(RUNS)
    };
    let taken: f64 = thread::scope(|scope| {
        let readers: Vec<_> = (0..threads).map(|_| scope.spawn(reads)).collect();
        let readers = readers.into_iter();
        readers
            .map(|reader| reader.join().expect("it only reads"))
            .sum()
    });
    taken / f64::from(threads)
}

fn print(subject: &str, what: &str, times: Vec<f64>) {
    let nanoseconds = format!("{:.1}", median(times));
    figure::print("stack", subject, what, nanoseconds, "ns");
}

const HOST: &str = "called.bench.local";
/// Enough that starting a thread weighs nothing.
const RUNS: u32 = 50_000;
