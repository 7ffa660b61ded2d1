//! Random requests to random meshes.

use std::{collections::BTreeMap, env, fmt};

use mesh_core::{Snapshot, config::Mesh};

use super::{
    compare::{Answer, Pair, compiled, run},
    draw::Draw,
    explained, mesh, requests,
};
use crate::envoy;

/// How many requests, and from which seed on the meshes are, unless the variables `MESH_DIFF` and `MESH_DIFF_SEED` say.
const CASES: u64 = 5_000;
const SEED: u64 = 1_000;
/// Requests to each mesh, and meshes in each Envoy.
const REQUESTS: u64 = 100;
const MESHES: usize = 50;

#[tokio::test]
async fn random_requests_are_routed_as_envoy_routes_them() {
    if !envoy::is_here() {
        return;
    }
    let said = |name: &str| env::var(name).ok().and_then(|said| said.parse().ok());
    let cases = said("MESH_DIFF").unwrap_or(CASES);
    let seed = said("MESH_DIFF_SEED").unwrap_or(SEED);
    println!("{cases} requests to the meshes of the seeds from {seed} on");
    let seeds: Vec<_> = (seed..seed + cases.div_ceil(REQUESTS)).collect();
    let mut tally = Tally::default();
    for seeds in seeds.chunks(MESHES) {
        let meshes: Vec<_> = seeds.iter().map(|seed| mesh::random(*seed)).collect();
        let snapshots: Vec<_> = meshes.iter().map(compiled).collect();
        let asks = meshes.iter().enumerate().flat_map(|(number, mesh)| {
            let draw = &mut Draw::new(!seeds[number]);
            let asks = (0..REQUESTS).map(|_| (number, requests::random(draw, mesh)));
            asks.collect::<Vec<_>>()
        });
        let left = usize::try_from(cases).expect("it fits") - tally.cases;
        let asks = asks.take(left).collect();
        for pair in run("routing", &meshes, asks).await {
            let (mesh, snapshot) = (&meshes[pair.mesh], &snapshots[pair.mesh]);
            tally.add(seeds[pair.mesh], mesh, snapshot, &pair);
        }
    }
    println!("{tally}");
    assert!(tally.unexplained == 0, "{}", tally.shown.join("\n\n"));
    assert!(
        tally.taken * 3 > tally.cases,
        "many find a route, or little was compared"
    );
}

/// What came of them.
#[derive(Default)]
struct Tally {
    cases: usize,
    /// Those that both let a route of the mesh take.
    taken: usize,
    outside: usize,
    nothing: usize,
    explained: BTreeMap<&'static str, usize>,
    unexplained: usize,
    /// The first of these.
    shown: Vec<String>,
}

impl Tally {
    fn add(&mut self, seed: u64, mesh: &Mesh, snapshot: &Snapshot, pair: &Pair) {
        self.cases += 1;
        match (&pair.envoy, &pair.ours) {
            (Answer::Nothing, Answer::Nothing) => self.nothing += 1,
            (Answer::Taken(envoy), Answer::Taken(ours)) if envoy == ours => {
                match envoy == super::envoy_config::OUTSIDE {
                    true => self.outside += 1,
                    false => self.taken += 1,
                }
            }
            _ => match explained::kind(snapshot, pair) {
                Some(kind) => *self.explained.entry(kind).or_default() += 1,
                None => self.wrong(seed, mesh, pair),
            },
        }
    }

    fn wrong(&mut self, seed: u64, mesh: &Mesh, pair: &Pair) {
        self.unexplained += 1;
        if self.shown.len() < SHOWN {
            let Pair {
                ask, envoy, ours, ..
            } = pair;
            let routers: Vec<_> = mesh.virtual_routers().collect();
            let services: Vec<_> = mesh.virtual_services().collect();
            self.shown.push(format!(
                "mesh of seed {seed}: {services:#?} {routers:#?}\n{ask:?}\n  envoy {envoy:?}\n  ours  {ours:?}"
            ));
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            cases,
            taken,
            outside,
            nothing,
            unexplained,
            ..
        } = self;
        write!(
            f,
            "{cases} requests: {taken} take the same route, {outside} go out of the mesh, {nothing} find no route"
        )?;
        for (kind, count) in &self.explained {
            write!(f, "\n{count} explained: {kind}")?;
        }
        write!(f, "\n{unexplained} differ")
    }
}

/// A mesh is long.
const SHOWN: usize = 3;
