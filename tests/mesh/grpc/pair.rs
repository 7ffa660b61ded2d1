//! One server of the echo and one caller, in memory, so that time can stand still.

use std::{future::pending, time::Duration};

use mesh_core::{
    Defaults,
    config::{
        GrpcRetryEvent, Listener, ListenerBuilder, Mesh as Model, RetryPolicy, Route, VirtualNode,
        VirtualRouter, VirtualService,
    },
    unit::Protocol,
};
use mesh_tower::{Mesh, test_util::MemoryNetwork};
use tonic::service::Routes;

use super::echo::{Echo, EchoClient};
use crate::support::Abort;

/// A router that takes the echo's calls, within two seconds each, and those of no other service.
pub(super) fn model() -> Model {
    model_of(Listener::builder(50_051, Protocol::Grpc))
}

/// The same, for an echo that listens so.
pub(super) fn model_of(listener: ListenerBuilder) -> Model {
    let echo = VirtualNode::builder("echo").listener_with(listener);
    let route = Route::grpc("echo")
        .service("mesh.test.Echo")
        .metadata_absent("x-refused")
        .target("echo", 1)
        .timeout(Duration::from_secs(2))
        .retry(RetryPolicy::new(2, Duration::ZERO).on_grpc(GrpcRetryEvent::Unavailable));
    let router = VirtualRouter::builder("echo").listener(50_051, Protocol::Grpc);
    Model::builder("shop")
        .virtual_node(VirtualNode::builder("web").backend("echo.local"))
        .virtual_node(echo.dns("echo.local"))
        .virtual_router(router.route(route))
        .virtual_service(VirtualService::builder("echo.local").virtual_router("echo"))
        .build()
        .expect("the model is valid")
}

pub(super) struct Pair {
    pub(super) server: Mesh,
    pub(super) web: Mesh,
    pub(super) echo: Echo,
    _serving: Abort,
}

impl Pair {
    pub(super) async fn start() -> Self {
        Self::of(model()).await
    }

    pub(super) async fn of(model: Model) -> Self {
        let network = MemoryNetwork::new();
        let start = |node: &str| {
            let mesh = Mesh::builder().config(model.clone()).virtual_node(node);
            mesh.network(&network).defaults(Defaults::AppMesh)
        };
        let server = start("echo").bind(50_051, "10.0.0.1:50051").start().await;
        let server = server.expect("the mesh starts");
        let web = start("web").endpoint("echo", "10.0.0.1:50051");
        let web = web.start().await;
        let serving = server.clone();
        let echo = Echo::new("0");
        let routes = Routes::new(echo.clone());
        let _serving = Abort(tokio::spawn(async move {
            serving.serve_until(routes, pending()).await
        }));
        Self {
            server,
            web: web.expect("the mesh starts"),
            echo,
            _serving,
        }
    }

    pub(super) fn stub(&self) -> EchoClient {
        let client = self.web.client_for("echo.local:50051");
        EchoClient::new(client.expect("a backend"))
    }
}
