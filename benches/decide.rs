//! What the decisions of one request cost: no runtime, no socket.
//!
//! `cargo bench -p mesh-benches --bench decide [-- --quick]`. Each figure is the median of many blocks, one call after the other
//! on one thread. `find_N` looks for the last of N routes, which is the dearest.

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use http::{HeaderMap, Method, Uri};
use mesh_core::{
    Defaults,
    compile::compile,
    config::{Mesh, Route, VirtualNode, VirtualRouter, VirtualService},
    error::ConfigErrors,
    metric::Outcome,
    retry::{Attempts, Policy, Safety},
    rng::SplitMix,
    route::Head,
    snapshot::{Snapshot, Verdict},
    unit::Protocol,
    weight::WeightedTargets,
};

fn main() {
    let blocks = if std::env::args().any(|argument| argument == "--quick") {
        50
    } else {
        1_000
    };
    println!(
        "mesh-core {}, {blocks} blocks of {CALLS} calls",
        env!("CARGO_PKG_VERSION")
    );
    head(blocks);
    for routes in [1, 10, 100, 1_000] {
        find(blocks, routes);
    }
    for targets in [2, 10] {
        choose(blocks, targets);
    }
    retry(blocks);
}

fn head(blocks: usize) {
    let uri: Uri = format!("http://{SERVICE}:8080/orders/17?full=yes")
        .parse()
        .expect("a URI");
    let headers = HeaderMap::new();
    let cost = median(blocks, || {
        drop(black_box(Head::new(
            &Method::GET,
            black_box(&uri),
            &headers,
        )))
    });
    figure("head", cost);
}

fn find(blocks: usize, routes: usize) {
    let snapshot = snapshot(routes);
    let head = Head::get(&format!("http://{SERVICE}:8080/route-{:04}/x", routes - 1));
    assert!(
        matches!(snapshot.route(&head), Verdict::Route(_)),
        "the last of {routes} routes takes it"
    );
    let cost = median(blocks, || drop(black_box(snapshot.route(black_box(&head)))));
    figure(&format!("find_{routes}"), cost);
}

fn choose(blocks: usize, targets: u32) {
    let weighted =
        WeightedTargets::new((0..targets).map(|target| (target, 10))).expect("weights above 0");
    let mut rng = SplitMix::new(7);
    let cost = median(blocks, || {
        black_box(weighted.choose(&mut rng));
    });
    figure(&format!("choose_{targets}"), cost);
}

fn retry(blocks: usize) {
    let policy = Policy::idempotent(2);
    let mut rng = SplitMix::new(7);
    for (what, status) in [("retry_on_success", 200), ("retry_on_503", 503)] {
        let cost = median(blocks, || {
            let mut attempts = Attempts::new(Safety::Idempotent);
            black_box(attempts.next(
                black_box(&policy),
                Outcome::Status(status),
                |_| true,
                &mut rng,
            ));
        });
        figure(what, cost);
    }
}

/// A mesh whose one service has this many routes, each with a prefix of the same length, compiled for its caller.
fn snapshot(routes: usize) -> Snapshot {
    let mesh = mesh(routes).unwrap_or_else(|errors| panic!("{errors}"));
    compile(&mesh, "caller", Defaults::Safe).unwrap_or_else(|error| panic!("{error}"))
}

fn mesh(routes: usize) -> Result<Mesh, ConfigErrors> {
    let mut router = VirtualRouter::builder("router").listener(8080, Protocol::Http);
    for number in 0..routes {
        let name = format!("route-{number:04}");
        router = router.route(
            Route::http(&name)
                .prefix(format!("/{name}/"))
                .target("called", 1),
        );
    }
    Mesh::builder("bench")
        .virtual_node(VirtualNode::builder("caller").backend(SERVICE))
        .virtual_node(
            VirtualNode::builder("called")
                .listener(8080, Protocol::Http)
                .dns("called.local"),
        )
        .virtual_router(router)
        .virtual_service(VirtualService::builder(SERVICE).virtual_router("router"))
        .build()
}

/// The median cost of a call, over blocks long enough for the clock to see.
fn median(blocks: usize, mut call: impl FnMut()) -> f64 {
    let mut block = || {
        let start = now();
        for _ in 0..CALLS {
            call();
        }
        now() - start
    };
    block();
    let mut times: Vec<Duration> = (0..blocks).map(|_| block()).collect();
    times.sort_unstable();
    times[blocks / 2].as_secs_f64() * 1e9 / f64::from(CALLS)
}

#[expect(clippy::disallowed_methods, reason = "a bench measures real time")]
fn now() -> Instant {
    Instant::now()
}

fn figure(what: &str, nanoseconds: f64) {
    println!("figure: decide/mesh/{what} = {nanoseconds:.1} ns");
}

const SERVICE: &str = "called.mesh.local";
const CALLS: u32 = 1_000;
