//! The same requests to an Envoy and to `Snapshot`, and what each makes of them.

use std::collections::BTreeMap;

use futures::{StreamExt, stream};
use mesh_core::{
    Config, Defaults, Head, Snapshot,
    config::Mesh,
    snapshot::{Plan, Verdict},
};

use super::{
    ask::Ask,
    envoy_config::{self, OUTSIDE},
    mesh::CALLER,
    wire::{Connections, Dialled},
};
use crate::envoy::Envoy;

/// What becomes of a request.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Answer {
    /// A route takes it: service, route and targets; or it goes out of the mesh.
    Taken(String),
    /// No route does.
    Nothing,
    /// It is refused before it is routed, with this status; 0: without one.
    Refused(u16),
    /// It cannot be written as an `http::Request`.
    NoRequest,
}

impl Answer {
    /// Of Envoy: where no route takes a request it says 404, and to gRPC 12 (not implemented).
    pub(super) fn of(status: u16, route: Option<&str>, grpc: Option<&str>) -> Self {
        match (route, status, grpc) {
            (Some(route), ..) => Self::Taken(route.to_owned()),
            (None, 404, _) | (None, 200, Some("12")) => Self::Nothing,
            // A 400, as gRPC is told.
            (None, 200, Some("13")) => Self::Refused(400),
            (None, status, _) => Self::Refused(status),
        }
    }

    pub(super) fn ours(snapshot: &Snapshot, ask: &Ask) -> Self {
        let Ok(request) = ask.request() else {
            return Self::NoRequest;
        };
        match snapshot.route(&Head::from(&request)) {
            Verdict::Route(plan) => Self::Taken(told(snapshot, plan)),
            Verdict::PassThrough(_) => Self::Taken(OUTSIDE.to_owned()),
            Verdict::Refuse(_) => Self::Nothing,
        }
    }
}

/// As the translation writes it for Envoy.
fn told(snapshot: &Snapshot, plan: &Plan) -> String {
    let route = plan.route.as_ref().map_or("-", |route| route.as_str());
    let mut told = format!("{} {route}", plan.virtual_service);
    for (target, share) in plan.targets.shares() {
        let cluster = &snapshot.clusters()[target.index()];
        told.push_str(&format!(
            " {}:{}={share:.3}",
            cluster.virtual_node, cluster.port
        ));
    }
    told
}

/// One request to one of the meshes, and both answers.
#[derive(Debug)]
pub(super) struct Pair {
    pub(super) mesh: usize,
    pub(super) ask: Ask,
    pub(super) envoy: Answer,
    pub(super) ours: Answer,
}

/// The caller's half of a mesh.
pub(super) fn compiled(mesh: &Mesh) -> Snapshot {
    let config = Config::from(mesh.clone());
    let role = config.node(CALLER).expect("every mesh has it");
    role.defaults(Defaults::AppMesh)
        .compile()
        .expect("it was checked")
}

/// Requests, each to the mesh of that number, through an Envoy that has all the meshes and through a snapshot of each.
pub(super) async fn run(name: &str, meshes: &[Mesh], asks: Vec<(usize, Ask)>) -> Vec<Pair> {
    let snapshots: Vec<_> = meshes.iter().map(compiled).collect();
    let envoy = Envoy::start(name, |addr, _| envoy_config::envoy(meshes, addr)).await;
    let mut chains: BTreeMap<(usize, Dialled), Vec<Ask>> = BTreeMap::new();
    for (mesh, ask) in asks {
        let dialled = Dialled {
            address: envoy_config::address(mesh),
            port: ask.dialled,
        };
        chains.entry((mesh, dialled)).or_default().push(ask);
    }
    let asking = chains.into_iter().map(|((mesh, dialled), asks)| {
        let (snapshot, mut connections) = (&snapshots[mesh], Connections::new(envoy.addr, dialled));
        async move {
            let mut pairs = Vec::new();
            for ask in asks {
                pairs.push(Pair {
                    mesh,
                    envoy: connections.ask(&ask).await,
                    ours: Answer::ours(snapshot, &ask),
                    ask,
                });
            }
            pairs
        }
    });
    let pairs: Vec<_> = stream::iter(asking).buffered(AT_ONCE).collect().await;
    pairs.into_iter().flatten().collect()
}

/// So many connections at a time.
const AT_ONCE: usize = 8;
