//! The same requests to an Envoy and to `Snapshot`, and what each makes of them.

use std::collections::BTreeMap;

use futures::{StreamExt, stream};
use mesh_core::{
    Head, Snapshot,
    snapshot::{Entered, Plan, Verdict},
    unit::Port,
};

use super::{
    ask::Ask,
    envoy_config,
    envoy_gateway::{GATEWAY, SEEN},
    envoy_host::{OUTSIDE, ROUTE},
    role::Role,
    sidecar::joined,
    wire::{Connections, Dialled},
};
use crate::envoy::Envoy;

/// What becomes of a request.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Answer {
    /// A route takes it: service, route and targets; or it goes out of the mesh.
    /// By a gateway, what was made of the request as well.
    Taken(String),
    /// This gateway route takes it, and no route behind.
    Entered(String),
    /// No route does.
    Nothing,
    /// It is refused before it is routed, with this status; 0: without one.
    Refused(u16),
    /// It cannot be written as an `http::Request`.
    NoRequest,
}

impl Answer {
    /// Of Envoy: where no route takes a request it says 404, and to gRPC 12 (not implemented).
    pub(super) fn of(status: u16, line: impl Fn(&str) -> Option<String>) -> Self {
        let grpc = line("grpc-status");
        match (line(ROUTE), line(GATEWAY), status, grpc.as_deref()) {
            (Some(route), None, ..) => Self::Taken(route),
            (Some(route), Some(gateway), ..) => {
                let seen = line(SEEN).unwrap_or_default();
                Self::Taken(format!("{gateway} {seen} {route}"))
            }
            (None, Some(gateway), 404, _) | (None, Some(gateway), 200, Some("12")) => {
                Self::Entered(gateway)
            }
            (None, None, 404, _) | (None, None, 200, Some("12")) => Self::Nothing,
            // A 400, as gRPC is told.
            (None, _, 200, Some("13")) => Self::Refused(400),
            (None, _, status, _) => Self::Refused(status),
        }
    }

    pub(super) fn ours(snapshot: &Snapshot, ask: &Ask) -> Self {
        let by_gateway = snapshot.gateway().is_some();
        let request = match by_gateway {
            true => ask.received(),
            false => ask.request(),
        };
        let Ok(request) = request else {
            return Self::NoRequest;
        };
        if by_gateway {
            let head = Head::received(request.method(), request.uri(), request.headers());
            let port = Port::new(ask.dialled.into()).expect("a port");
            let entered = snapshot.enter(&head, port);
            return entered.map_or(Self::Nothing, |entered| {
                Self::entered(snapshot, ask, &entered)
            });
        }
        match snapshot.route(&Head::from(&request)) {
            Verdict::Route(plan) => Self::Taken(told(snapshot, plan)),
            Verdict::PassThrough(_) => Self::Taken(OUTSIDE.to_owned()),
            Verdict::Refuse(_) => Self::Nothing,
        }
    }

    /// The gateway route that took it.
    pub(super) fn gateway_route(&self) -> Option<&str> {
        match self {
            Self::Taken(told) => told.split(' ').next(),
            Self::Entered(route) => Some(route),
            _ => None,
        }
    }

    fn entered(snapshot: &Snapshot, ask: &Ask, entered: &Entered<'_, '_>) -> Self {
        let gateway = &entered.route.gateway_route;
        let Verdict::Route(plan) = &entered.verdict else {
            return Self::Entered(gateway.to_string());
        };
        assert_eq!(entered.virtual_service, Some(&plan.virtual_service));
        let (path, host) = (entered.head.path_and_query(), entered.head.authority());
        let original = match entered.original_path {
            Some(path) => path.to_owned(),
            // A caller's own goes on.
            None => joined(ask, "x-envoy-original-path", ","),
        };
        let called = entered.original_host.unwrap_or_default();
        let told = told(snapshot, plan);
        Self::Taken(format!(
            "{gateway} {path} {host} {original} {called} | {told}"
        ))
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

/// Requests, each to the mesh of that number, through an Envoy that has all the meshes and through a snapshot of each.
pub(super) async fn run(name: &str, roles: &[Role], asks: Vec<(usize, Ask)>) -> Vec<Pair> {
    let compiled = roles.iter().map(Role::compiled);
    let snapshots: Vec<_> = compiled.collect::<Result<_, _>>().expect("it was checked");
    let envoy = Envoy::start(name, |addr, _| envoy_config::envoy(roles, addr)).await;
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
