//! The template that the project began with: a router beside a service that goes straight to its node.

use super::at;
use crate::{
    config::{Config, EgressFilter, HttpRetryEvent, Mesh, Origin, RetryPolicy, Route},
    config::{VirtualNode, VirtualRouter, VirtualService},
    unit::Protocol,
};
use std::time::Duration;

pub(super) const TEMPLATE: &str = include_str!("seed.yaml");

#[test]
fn it_loads_with_its_warnings_and_no_others() {
    let config = Config::parse("mesh.yaml", TEMPLATE).unwrap();
    assert_eq!((config.origin(), config.resources()), (Origin::AppMesh, 6));
    let found: Vec<_> = config
        .warnings()
        .iter()
        .map(|problem| (problem.code, at(problem.location.as_ref())))
        .collect();
    let ref_is_arn = |line, column| ("ref-is-arn", (line, column));
    assert_eq!(
        found,
        [
            ref_is_arn(13, 17),
            ref_is_arn(29, 17),
            ref_is_arn(42, 17),
            ref_is_arn(47, 30),
            ref_is_arn(51, 17),
            ("router-never-used", (52, 26)),
            ref_is_arn(61, 17),
            ref_is_arn(62, 26),
            ref_is_arn(70, 30),
        ]
    );
}

#[test]
fn the_unused_router_is_explained() {
    let config = Config::parse("mesh.yaml", TEMPLATE).unwrap();
    let unused = config
        .warnings()
        .iter()
        .find(|p| p.code == "router-never-used")
        .unwrap();
    assert_eq!(
        unused.to_string(),
        "mesh.yaml:52:26: warning[router-never-used]: no virtual service has the router `service-b-router` as its provider, \
         so it is never used: the provider of the virtual service `service-b.default.svc.cluster.local` is the node \
         `service-b` itself, so the retry policy of the router's routes never acts; make the router the provider"
    );
}

#[test]
fn the_builder_makes_the_same_mesh() {
    let service_b = "service-b.default.svc.cluster.local";
    let retry = RetryPolicy::new(3, Duration::from_secs(2)).on(HttpRetryEvent::ServerError);
    let route = Route::http("service-b-route")
        .prefix("/")
        .target("service-b", 100)
        .retry(retry);
    let node = |name: &str| {
        VirtualNode::builder(name)
            .listener(8080, Protocol::Http)
            .dns(format!("{name}.default.svc.cluster.local"))
    };
    let router = VirtualRouter::builder("service-b-router")
        .listener(8080, Protocol::Http)
        .route(route);
    let built = Mesh::builder("my-app-mesh")
        .egress_filter(EgressFilter::AllowAll)
        .virtual_node(node("service-a").backend(service_b))
        .virtual_node(node("service-b"))
        .virtual_router(router)
        .virtual_service(VirtualService::builder(service_b).virtual_node("service-b"))
        .build_config()
        .unwrap();
    let read = Config::parse("mesh.yaml", TEMPLATE).unwrap();
    assert_eq!(read.mesh(), built.mesh());
    assert_eq!(built.resources(), read.resources());
    let codes: Vec<_> = built
        .warnings()
        .iter()
        .map(|problem| problem.code)
        .collect();
    assert_eq!(codes, ["router-never-used"]);
}
