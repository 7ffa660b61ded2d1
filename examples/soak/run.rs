//! The run: callers, reloads and churn at once, and what is left when all of it has ended.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use futures::future::{join, join_all, try_join};
use mesh_core::Config;
use mesh_examples::{Error, fleet::Way, traffic};
use mesh_tower::Mesh;
use tokio::{
    sync::watch,
    time::{self, Instant},
};

use crate::{
    Args,
    caller::Caller,
    endpoints::Endpoints,
    ledger::{Ledger, Sum},
    policy,
    resources::{self, Held},
};

/// Everything that was counted.
pub(crate) struct Ran {
    pub(crate) sum: Sum,
    pub(crate) took: Duration,
    /// What the metrics say ended, by class of status.
    pub(crate) metered: BTreeMap<String, u64>,
    pub(crate) retries: u64,
    /// Log lines that the mesh says it had to drop.
    pub(crate) dropped: u64,
    pub(crate) reloads: u64,
    pub(crate) drained: usize,
    pub(crate) crashed: usize,
    /// Requests that the mesh that called still counted, and those that drained endpoints did.
    pub(crate) in_flight: usize,
    /// Memory when a tenth, half and all of the requests had ended.
    pub(crate) memory: [f64; 3],
    pub(crate) left: Held,
}

/// Runs all of it.
pub(crate) async fn run(args: &Args) -> Result<Ran, Error> {
    let before = Held::now()?;
    let ledger = Ledger::new(args.requests);
    let mut endpoints = Endpoints::start(ENDPOINTS).await?;
    let mesh = Mesh::builder()
        .config(policy::generation(0)?)
        .virtual_node("caller")
        .without_listeners()
        .access_log(ledger.log())
        .seed(args.seed);
    let mesh = policy::discovered(mesh, &endpoints.discovery())
        .start()
        .await?;
    let caller = Caller::new(&mesh, ledger.clone(), args.seed)?;

    let (done, over) = watch::channel(());
    let begun = Instant::now();
    let calling = async {
        let memory = call(args, caller).await;
        drop(done);
        (memory, begun.elapsed())
    };
    let changing = try_join(reload(&mesh, over.clone()), churn(&mut endpoints, over));
    let ((memory, took), changed) = join(calling, changing).await;
    let (reloads, ()) = changed?;

    let in_flight = settled(&mesh).await;
    mesh.stop(STOP).await;
    let page = mesh.metrics();
    drop(mesh);
    endpoints.stop().await?;
    let (drained, crashed) = (endpoints.drained, endpoints.crashed);
    Ok(Ran {
        sum: ledger.sum(args.seed),
        took,
        metered: by_class(&page),
        retries: total(&page, "mesh_retries_total"),
        dropped: total(&page, "mesh_records_dropped_total"),
        reloads,
        drained,
        crashed,
        in_flight: in_flight + endpoints.held,
        memory: memory?,
        left: Held::beyond(before).await?,
    })
}

/// All requests, so many at a time; gives the memory at a tenth, half and all of them.
async fn call(args: &Args, caller: Caller) -> Result<[f64; 3], Error> {
    let (requests, next) = (args.requests, Arc::new(AtomicU64::new(0)));
    let mut memory = [0.0; 3];
    let until = [requests / 10, requests / 2, requests];
    for (until, memory) in until.into_iter().zip(&mut memory) {
        let workers = (0..args.callers).map(|_| {
            let (caller, next) = (caller.clone(), next.clone());
            tokio::spawn(async move {
                let more = |number| (number < until).then_some(number + 1);
                let order = Ordering::Relaxed;
                while let Ok(number) = next.fetch_update(order, order, more) {
                    caller.make(number).await;
                }
            })
        });
        for worker in join_all(workers).await {
            worker?;
        }
        *memory = resources::memory()?;
    }
    Ok(memory)
}

/// Puts another configuration in force every second.
async fn reload(mesh: &Mesh, over: watch::Receiver<()>) -> Result<u64, Error> {
    let mut number = 0;
    while goes_on(SECOND, over.clone()).await {
        number += 1;
        let config = Config::from(policy::generation(number)?);
        mesh.apply(&config).await?;
    }
    Ok(number)
}

/// Replaces one endpoint after the other, in turns by drain and by crash.
async fn churn(endpoints: &mut Endpoints, over: watch::Receiver<()>) -> Result<(), Error> {
    let mut ways = [Way::Drain, Way::Crash].into_iter().cycle();
    while goes_on(CHURN, over.clone()).await {
        endpoints.replace(ways.next().unwrap_or(Way::Drain)).await?;
    }
    Ok(())
}

/// Waits; `false` if the run is over before.
async fn goes_on(wait: Duration, over: watch::Receiver<()>) -> bool {
    time::timeout(wait, traffic::ended(over)).await.is_err()
}

/// How many requests the mesh still has in flight when those that are ending have had time to.
async fn settled(mesh: &Mesh) -> usize {
    let (left, _) = mesh.in_flight();
    if left == 0 {
        return 0;
    }
    time::sleep(SECOND).await;
    mesh.in_flight().0
}

fn by_class(page: &str) -> BTreeMap<String, u64> {
    let mut classes = BTreeMap::new();
    for (labels, count) in series(page, "mesh_requests_total") {
        let class = labels.split("class=\"").nth(1);
        let class = class
            .and_then(|rest| rest.split('"').next())
            .unwrap_or_default();
        *classes.entry(class.to_owned()).or_default() += count;
    }
    classes
}

fn total(page: &str, name: &str) -> u64 {
    series(page, name).map(|(_, count)| count).sum()
}

fn series<'a>(page: &'a str, name: &'a str) -> impl Iterator<Item = (&'a str, u64)> {
    page.lines().filter_map(move |line| {
        let (labels, count) = line.strip_prefix(name)?.rsplit_once(' ')?;
        Some((labels, count.parse().ok()?))
    })
}

const ENDPOINTS: usize = 4;
const SECOND: Duration = Duration::from_secs(1);
const CHURN: Duration = Duration::from_millis(700);
const STOP: Duration = Duration::from_secs(5);
