//! Cases through both, and what was seen of them.

use std::{collections::BTreeMap, net::SocketAddr, path::Path, time::Duration};

use futures::{StreamExt, future::join_all, stream};
use mesh_core::{Config, Defaults};
use mesh_tower::Mesh;
use tokio::time;

use super::{
    asked::{Told, through_envoy, through_mesh},
    case::Case,
    config,
    script::Upstream,
    seen::{Pair, attempts, by_number, retries},
    template,
};
use crate::{
    envoy::{self, Envoy},
    support::Log,
};

/// An Envoy and a mesh that have the same cases, each with upstreams of its own.
pub(super) struct Both {
    pub(super) envoy: Side<Envoy>,
    pub(super) ours: Side<Mesh>,
    /// Where Envoy tells what it knows.
    pub(super) admin: SocketAddr,
    log: Log,
}

/// One of them, and the upstreams of each case: its endpoints.
pub(super) struct Side<P> {
    pub(super) proxy: P,
    pub(super) upstreams: Vec<Vec<Upstream>>,
}

impl Both {
    pub(super) async fn start(name: &str, cases: &[Case]) -> Self {
        let (theirs, ours) = (upstreams(cases).await, upstreams(cases).await);
        let admin = envoy::unused();
        let envoy = start_envoy(name, cases, &addrs(&theirs), admin).await;
        let (mesh, log) = start_mesh(cases, &addrs(&ours)).await;
        Self {
            envoy: Side {
                proxy: envoy,
                upstreams: theirs,
            },
            ours: Side {
                proxy: mesh,
                upstreams: ours,
            },
            admin,
            log,
        }
    }

    async fn asked(&self, case: &Case, number: usize) -> (Told, Told) {
        let theirs = through_envoy(self.envoy.proxy.addr, case, number);
        let ours = through_mesh(&self.ours.proxy, case, number);
        let both = async { tokio::join!(theirs, ours) };
        let both = time::timeout(PATIENCE, both).await;
        both.unwrap_or_else(|_| panic!("case {number} never ends: {case:?}"))
    }

    /// The statuses that both answered with.
    pub(super) async fn ask(&self, case: &Case, number: usize) -> (u16, u16) {
        let (theirs, ours) = self.asked(case, number).await;
        (theirs.status, ours.status)
    }
}

impl<P> Side<P> {
    fn reached(&self, number: usize) -> usize {
        self.upstreams[number].iter().map(Upstream::played).sum()
    }
}

/// Through an Envoy and through a mesh, both of which have all the cases in one configuration.
pub(super) async fn run(name: &str, cases: &[Case]) -> Vec<Pair> {
    let both = Both::start(name, cases).await;
    let asked = cases
        .iter()
        .enumerate()
        .map(|(number, case)| both.asked(case, number));
    let told: Vec<_> = stream::iter(asked).buffered(AT_ONCE).collect().await;
    let their_lines = by_number(both.envoy.proxy.lines(cases.len()).await);
    let our_lines = by_number(both.log.lines(&both.ours.proxy).await);
    let metrics = both.ours.proxy.metrics();
    let pair = |(number, (theirs, ours)): (usize, (Told, Told))| {
        let line = |lines: &BTreeMap<usize, String>| {
            let line = lines.get(&number).cloned();
            line.unwrap_or_else(|| panic!("no line of case {number}"))
        };
        let retries = retries(&metrics, &config::node(number));
        let (their_line, our_line) = (line(&their_lines), line(&our_lines));
        Pair {
            envoy: theirs.seen(
                both.envoy.reached(number),
                attempts(&their_line),
                &their_line,
            ),
            ours: ours.seen(both.ours.reached(number), retries + 1, &our_line),
        }
    };
    told.into_iter().enumerate().map(pair).collect()
}

/// The status and the body, `None` where it was cut, through a mesh alone.
pub(super) async fn ours(case: &Case) -> (u16, Option<String>) {
    let cases = std::slice::from_ref(case);
    let upstreams = upstreams(cases).await;
    let (mesh, _log) = start_mesh(cases, &addrs(&upstreams)).await;
    let told = through_mesh(&mesh, case, 0).await;
    (told.status, told.body.map(|(text, _)| text))
}

/// All of them the same through both, or the test fails with what is not.
pub(super) async fn same(name: &str, cases: &[Case]) {
    if !envoy::is_here() {
        return;
    }
    let pairs = run(name, cases).await;
    let pairs = cases.iter().zip(pairs).enumerate();
    let differing = pairs.filter(|(_, (_, pair))| pair.envoy != pair.ours);
    let differing: Vec<_> = differing
        .map(|(number, (case, Pair { envoy, ours }))| {
            format!("{number}: {case:?}\n  envoy {envoy:?}\n  ours  {ours:?}")
        })
        .collect();
    assert!(
        differing.is_empty(),
        "{} of {} cases differ\n{}",
        differing.len(),
        cases.len(),
        differing.join("\n")
    );
    println!("{} cases are the same through both", cases.len());
}

/// So many cases at a time: more would make a small machine miss their limits.
const AT_ONCE: usize = 24;
const PATIENCE: Duration = Duration::from_secs(60);

async fn upstreams(cases: &[Case]) -> Vec<Vec<Upstream>> {
    let starting = cases.iter().map(|case| {
        let scripts = std::iter::once(&case.script).chain(&case.others);
        join_all(scripts.map(|script| Upstream::start(case.protocol, script)))
    });
    join_all(starting).await
}

fn addrs(upstreams: &[Vec<Upstream>]) -> Vec<Vec<SocketAddr>> {
    let of_case = |peers: &Vec<Upstream>| peers.iter().map(|peer| peer.addr).collect();
    upstreams.iter().map(of_case).collect()
}

/// An Envoy that has these cases, whose targets have their endpoints there.
pub(super) async fn start_envoy(
    name: &str,
    cases: &[Case],
    addrs: &[Vec<SocketAddr>],
    admin: SocketAddr,
) -> Envoy {
    let addressed: Vec<_> = cases.iter().cloned().zip(addrs.iter().cloned()).collect();
    let config = |addr: SocketAddr, log: &Path| config::envoy(&addressed, addr, admin, log);
    Envoy::start(name, config).await
}

/// The node that calls, likewise.
pub(super) async fn start_mesh(cases: &[Case], addrs: &[Vec<SocketAddr>]) -> (Mesh, Log) {
    let template = template::template(cases);
    let config = Config::parse("cases.json", &template);
    let config = config.unwrap_or_else(|errors| panic!("{errors}"));
    let log = Log::default();
    let builder = Mesh::builder()
        .config(config)
        .virtual_node("web")
        .defaults(Defaults::AppMesh)
        .access_log(log.clone())
        .seed(7);
    let endpoints = addrs.iter().enumerate();
    let endpoints = endpoints.flat_map(|(number, of)| of.iter().map(move |addr| (number, *addr)));
    let builder = endpoints.fold(builder, |builder, (number, addr)| {
        builder.endpoint(config::node(number), addr)
    });
    (builder.start().await.expect("the mesh starts"), log)
}
