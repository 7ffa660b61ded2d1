//! Random requests to random meshes, by nodes and gateways.

use std::env;

use super::{
    compare::run, draw::Draw, gateway, mesh, mesh::CALLER, requests, role::Role, tally::Tally,
};
use crate::envoy;

/// How many requests, and from which seed on the meshes are, unless the variables `MESH_DIFF` and `MESH_DIFF_SEED` say.
const CASES: u64 = 5_000;
const ENTERING: u64 = 1_500;
const SEED: u64 = 1_000;
/// Requests to each mesh, and meshes in each Envoy.
const REQUESTS: u64 = 100;
const MESHES: usize = 50;

#[tokio::test]
async fn random_requests_are_routed_as_envoy_routes_them() {
    let of_caller = |seed| Role::node(mesh::random(seed), CALLER);
    compared("routing", CASES, of_caller).await;
}

#[tokio::test]
async fn random_requests_enter_by_gateways_as_they_enter_by_envoy() {
    compared("routing-gateways", ENTERING, gateway::random).await;
}

async fn compared(name: &str, cases: u64, role: fn(u64) -> Role) {
    if !envoy::is_here() {
        return;
    }
    let said = |name: &str| env::var(name).ok().and_then(|said| said.parse().ok());
    let cases = said("MESH_DIFF").unwrap_or(cases);
    let seed = said("MESH_DIFF_SEED").unwrap_or(SEED);
    println!("{name}: {cases} requests to the meshes of the seeds from {seed} on");
    let seeds: Vec<_> = (seed..seed + cases.div_ceil(REQUESTS)).collect();
    let mut tally = Tally::default();
    for seeds in seeds.chunks(MESHES) {
        let roles: Vec<_> = seeds.iter().map(|seed| role(*seed)).collect();
        let snapshots = roles.iter().map(Role::compiled);
        let snapshots: Vec<_> = snapshots.collect::<Result<_, _>>().expect("it was checked");
        let asks = roles.iter().enumerate().flat_map(|(number, role)| {
            let draw = &mut Draw::new(!seeds[number]);
            let asks = (0..REQUESTS).map(|_| (number, requests::random(draw, role)));
            asks.collect::<Vec<_>>()
        });
        let left = usize::try_from(cases).expect("it fits") - tally.cases;
        let asks = asks.take(left).collect();
        for pair in run(name, &roles, asks).await {
            let of = format!("mesh of seed {}", seeds[pair.mesh]);
            tally.add(&of, &roles[pair.mesh], &snapshots[pair.mesh], &pair);
        }
    }
    println!("{tally}");
    tally.check();
    assert!(
        tally.taken * 4 > tally.cases,
        "many find a route, or little was compared"
    );
}
