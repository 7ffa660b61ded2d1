//! Requests to meshes that others wrote, with the words of their own routes.

use mesh_core::config::{Config, Mesh, VirtualGateway, VirtualNode};

use super::{compare::run, draw::Draw, requests, role::Role, tally::Tally};
use crate::{corpus, envoy};

/// Requests to each node and gateway, and how many of these are in one Envoy.
const REQUESTS: usize = 25;
const ROLES: usize = 50;

#[tokio::test]
async fn requests_to_meshes_of_a_corpus_are_routed_as_envoy_routes_them() {
    let (Some(folder), true) = (corpus::folder(), envoy::is_here()) else {
        return;
    };
    let configs = corpus::configs(&folder);
    let of_meshes: Vec<_> = configs.iter().map(roles).collect();
    let meshes = of_meshes.iter().filter(|roles| !roles.is_empty()).count();
    let mut roles: Vec<_> = of_meshes.into_iter().flatten().collect();
    let mut tally = Tally::default();
    while !roles.is_empty() {
        let (files, some): (Vec<_>, Vec<_>) = roles.drain(..ROLES.min(roles.len())).unzip();
        compared(&files, &some, &mut tally).await;
    }
    let cases = tally.cases;
    println!("routing: {cases} requests to {meshes} corpus meshes, {tally}");
    tally.check();
    assert!(meshes > 0, "the corpus has no mesh in which somebody calls");
    assert!(tally.taken * 4 > cases, "little was compared");
}

/// Who calls or takes requests in a configuration, and in which file it is.
fn roles((file, config): &(String, Config)) -> Vec<(String, Role)> {
    let mesh = config.mesh();
    let has_routes = |gateway: &&VirtualGateway| !gateway.routes.is_empty();
    let nodes = mesh.virtual_nodes().filter(|node| calls(mesh, node));
    let nodes = nodes.map(|node| Role::node(mesh.clone(), node.name.as_str()));
    let gateways = mesh.virtual_gateways().filter(has_routes);
    let gateways = gateways.map(|gateway| Role::gateway(mesh.clone(), gateway.name.as_str()));
    let roles = nodes.chain(gateways);
    roles.map(|role| (file.clone(), role)).collect()
}

fn calls(mesh: &Mesh, node: &VirtualNode) -> bool {
    let mut backends = node.backends.iter();
    backends.any(|backend| {
        mesh.virtual_service(backend.virtual_service.as_str())
            .is_some()
    })
}

async fn compared(files: &[String], roles: &[Role], tally: &mut Tally) {
    let snapshots = roles.iter().map(Role::compiled);
    let snapshots: Vec<_> = snapshots.collect::<Result<_, _>>().expect("it was checked");
    let asks = roles.iter().enumerate().flat_map(|(number, role)| {
        let draw = &mut Draw::new(number as u64);
        let asks = (0..REQUESTS).map(|_| (number, requests::random(draw, role)));
        asks.collect::<Vec<_>>()
    });
    for pair in run("routing-corpus", roles, asks.collect()).await {
        let number = pair.mesh;
        tally.add(&files[number], &roles[number], &snapshots[number], &pair);
    }
}
