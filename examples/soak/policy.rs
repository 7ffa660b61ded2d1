//! The configurations of the mesh that calls: one after the other, none like the one before.

use std::time::Duration;

use futures::StreamExt;
use mesh_core::config::{
    ForGrpc, ForRequests, GrpcRetryEvent, HttpRetryEvent, Mesh as Model, RetryPolicy, Route,
    RouteBuilder, TcpRetryEvent, VirtualNode, VirtualRouter, VirtualService,
};
use mesh_examples::{Error, endpoint::Place, fleet::Discovery, kind::Kind};
use mesh_tower::MeshBuilder;

/// The listeners that are called; both kinds of gRPC calls go to one.
const KINDS: [Kind; 3] = [Kind::Http1, Kind::Http2, Kind::Unary];

/// How a client names the service of a kind.
pub(crate) fn service(kind: Kind) -> String {
    format!("{}:{}", kind.host(), kind.port())
}

/// The configuration of this generation: shares, limits and retries change, and with them plans and policies.
pub(crate) fn generation(number: u64) -> Result<Model, Error> {
    let caller = VirtualNode::builder("caller");
    let caller = KINDS
        .iter()
        .fold(caller, |caller, kind| caller.backend(kind.host()));
    let model = Model::builder("soak").virtual_node(caller);
    let model = KINDS.into_iter().fold(model, |model, kind| {
        let node = |half| {
            let name = node(kind, half);
            VirtualNode::builder(&*name)
                .listener(kind.port(), kind.protocol())
                .dns(name)
        };
        let router = VirtualRouter::builder(kind.host()).listener(kind.port(), kind.protocol());
        let router = match kind {
            Kind::Http1 => router.route(route(Route::http("all").prefix("/"), kind, number)),
            Kind::Http2 => router.route(route(Route::http2("all").prefix("/"), kind, number)),
            _ => router.route(grpc_route(kind, number)),
        };
        model
            .virtual_node(node('a'))
            .virtual_node(node('b'))
            .virtual_router(router)
            .virtual_service(VirtualService::builder(kind.host()).virtual_router(kind.host()))
    });
    Ok(model.build()?)
}

/// Gives each node its half of the endpoints, whatever the configuration of the day.
pub(crate) fn discovered(mesh: MeshBuilder, discovery: &Discovery) -> MeshBuilder {
    KINDS.into_iter().fold(mesh, |mesh, kind| {
        ['a', 'b'].into_iter().fold(mesh, |mesh, half| {
            let addrs = discovery.updates().map(move |places| {
                let of_half = half_of(&places, half).iter();
                of_half.map(|place| place.of(kind)).collect()
            });
            mesh.discover(node(kind, half), addrs)
        })
    })
}

fn half_of(places: &[Place], half: char) -> &[Place] {
    let (first, second) = places.split_at(places.len() / 2);
    if half == 'a' { first } else { second }
}

fn node(kind: Kind, half: char) -> String {
    format!("{}-{half}", kind.host())
}

fn route<K: ForRequests>(route: RouteBuilder<K>, kind: Kind, number: u64) -> RouteBuilder<K> {
    shared(route, kind, number).retry(
        retries(number)
            .on(HttpRetryEvent::GatewayError)
            .on_tcp(TcpRetryEvent::ConnectionError),
    )
}

fn grpc_route(kind: Kind, number: u64) -> RouteBuilder<ForGrpc> {
    let route = Route::grpc("all").service("mesh.example.Echo");
    shared(route, kind, number).retry(retries(number).on_grpc(GrpcRetryEvent::Unavailable))
}

fn shared<K: ForRequests>(route: RouteBuilder<K>, kind: Kind, number: u64) -> RouteBuilder<K> {
    let share = [50, 90, 10][(number % 3) as usize];
    route
        .target(node(kind, 'a'), share)
        .target(node(kind, 'b'), 100 - share)
        .timeout(Duration::from_secs(10 + number % 5))
}

fn retries(number: u64) -> RetryPolicy {
    let times = u32::try_from(number % 2).unwrap_or_default();
    RetryPolicy::new(1 + times, Duration::from_secs(5))
}
