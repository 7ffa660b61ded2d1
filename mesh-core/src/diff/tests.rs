use std::time::Duration;

use super::*;
use crate::{
    Config, Defaults,
    balance::Algorithm,
    config::{
        EgressFilter, GatewayRoute, HeaderMatcher, HttpRetryEvent, Listener, Mesh, MeshBuilder,
        RetryPolicy, Route, RouteBuilder, Timeout, VirtualGateway, VirtualNode, VirtualNodeBuilder,
        VirtualRouter, VirtualService,
    },
    limit::ConnectionPool,
    mode::Mode,
    unit::Protocol,
};

const SECOND: Duration = Duration::from_secs(1);

fn node(name: &str) -> VirtualNodeBuilder {
    let listener = Listener::builder(8080, Protocol::Http);
    VirtualNode::builder(name).listener_with(listener).dns(name)
}

fn web() -> VirtualNodeBuilder {
    node("web").backend("orders.local")
}

fn mesh(routes: impl IntoIterator<Item = RouteBuilder>, web: VirtualNodeBuilder) -> MeshBuilder {
    let router = VirtualRouter::builder("orders").listener(80, Protocol::Http);
    let router = routes
        .into_iter()
        .fold(router, |router, route| router.route(route));
    Mesh::builder("shop")
        .virtual_node(node("v1"))
        .virtual_node(node("v2"))
        .virtual_node(web)
        .virtual_router(router)
        .virtual_service(VirtualService::builder("orders.local").virtual_router("orders"))
        .virtual_service(VirtualService::builder("stock.local").virtual_node("v2"))
}

fn compiled(mesh: MeshBuilder) -> Snapshot {
    let config = Config::from(mesh.build().unwrap());
    config.node("web").unwrap().compile().unwrap()
}

fn split(v1: u8, v2: u8) -> RouteBuilder {
    Route::http("split").target("v1", v1).target("v2", v2)
}

#[track_caller]
fn told(old: MeshBuilder, new: MeshBuilder, expected: &[&str]) {
    let diff = Diff::between(&compiled(old), &compiled(new));
    let lines: Vec<_> = diff.changes().iter().map(ToString::to_string).collect();
    assert_eq!(lines, expected);
}

#[test]
fn what_stays_is_no_change() {
    let shop = || compiled(mesh([split(90, 10)], web()));
    let diff = Diff::between(&shop(), &shop());
    assert!(diff.is_empty());
    assert_eq!(
        (diff.to_string().as_str(), diff.kept()),
        ("nothing changes", 2)
    );
}

#[test]
fn weights_are_told_as_shares() {
    let old = || mesh([split(90, 10)], web());
    let moved = "orders.local:80, route split: weights v1 90 % -> 50 %, v2 10 % -> 50 %";
    told(old(), mesh([split(1, 1)], web()), &[moved]);
    told(old(), mesh([split(9, 1)], web()), &[]);
    let one = Route::http("split").target("v1", 1);
    let gone = [
        "orders.local:80, route split: weights v1 90 % -> 100 %, v2 10 % (gone)",
        "endpoints of v2:8080: retired (http, every address of v2, plain text)",
    ];
    told(old(), mesh([one], web()), &gone);
}

#[test]
fn policies_of_a_route_are_told_with_old_and_new() {
    let retry = RetryPolicy::new(1, 2 * SECOND).on(HttpRetryEvent::GatewayError);
    let other = split(90, 10)
        .timeout(3 * SECOND)
        .retry(retry)
        .prefix("/v2")
        .priority(4);
    let subject = "orders.local:80, route split";
    let default = Defaults::Safe.retry();
    let expected = [
        format!("{subject}: conditions path begins with / -> path begins with /v2"),
        format!("{subject}: priority none -> 4"),
        format!(
            "{subject}: retries {default} -> 1 retry on 502, 503, 504, reset, failed connect, refused stream; every method"
        ),
        format!("{subject}: request limit 15s -> 3s"),
        format!("{subject}: limit of each attempt unlimited -> 2s"),
    ];
    let expected = expected.each_ref().map(String::as_str);
    told(
        mesh([split(90, 10)], web()),
        mesh([other], web()),
        &expected,
    );
}

#[test]
fn services_and_routes_come_and_go() {
    let canary = Route::http("canary")
        .header("x-canary", HeaderMatcher::exact("1"))
        .target("v2", 1);
    let old = || mesh([split(1, 0)], web());
    let new = || mesh([split(1, 0), canary.clone()], web().backend("stock.local"));
    told(
        old(),
        new(),
        &[
            "orders.local:80, route canary: new, to v2 100 %",
            "virtual service stock.local: new",
        ],
    );
    told(
        new(),
        old(),
        &[
            "orders.local:80, route canary: gone",
            "virtual service stock.local: gone",
        ],
    );
}

#[test]
fn listeners_egress_and_endpoints_are_told() {
    let pool = ConnectionPool::http(10, Some(5)).unwrap();
    let limited = Listener::builder(8080, Protocol::Http)
        .timeout(Timeout::new().per_request(SECOND))
        .connection_pool(pool);
    let limited = VirtualNode::builder("web").listener_with(limited);
    let limited = limited
        .listener(9090, Protocol::Grpc)
        .dns("web")
        .backend("orders.local");
    let limit = pool.limit().unwrap();
    let new = mesh([split(1, 1)], limited).egress_filter(EgressFilter::AllowAll);
    let expected = [
        "this: egress filter DROP_ALL -> ALLOW_ALL".to_owned(),
        "listener 8080: request limit 15s -> 1s".to_owned(),
        format!("listener 8080: connection pool none -> {limit}"),
        "listener 9090: opened for grpc".to_owned(),
    ];
    let expected = expected.each_ref().map(String::as_str);
    told(mesh([split(1, 1)], web()), new, &expected);

    let old = compiled(mesh([split(1, 1)], web()));
    let mut new = old.clone();
    new.set_balance("v1", Algorithm::RoundRobin);
    let diff = Diff::between(&old, &new);
    let expected = "endpoints of v1:8080: chosen of two the one with fewer requests -> one after the other\n\
                    endpoints: 2 kept, 0 new, 0 retired";
    assert_eq!(diff.to_string(), expected);
}

#[test]
fn what_a_shadow_would_do_is_compared_and_not_what_it_does() {
    let shadowed = |v1, v2| compiled(mesh([split(v1, v2)], web())).in_mode(Mode::Shadow);
    let diff = Diff::between(&shadowed(90, 10), &shadowed(80, 20));
    assert_eq!(diff.changes().len(), 1, "{diff}");
}

#[test]
fn gateway_routes_are_told_with_what_they_make_of_host_and_path() {
    let gateway = |route| {
        let gateway = VirtualGateway::builder("in").listener(80, Protocol::Http);
        let mesh = mesh([split(1, 1)], web()).virtual_gateway(gateway.route(route));
        let config = Config::from(mesh.build().unwrap());
        config.gateway("in").unwrap().compile().unwrap()
    };
    let shop = || {
        GatewayRoute::http("shop")
            .prefix("/shop")
            .to("orders.local")
    };
    let old = gateway(shop());
    let new = shop().default_target_hostname(false).rewrite_prefix("/v2/");
    let subject = "gateway route shop on 80 for *";
    let expected = [
        format!("{subject}: conditions path begins with /shop/ -> path begins with /shop"),
        format!("{subject}: path /shop/ becomes / -> /shop becomes /v2/"),
        format!("{subject}: host rewritten -> kept"),
    ];
    let diff = Diff::between(&old, &gateway(new));
    let lines: Vec<_> = diff.changes().iter().map(ToString::to_string).collect();
    assert_eq!(lines, expected);
    let moved = Diff::between(&old, &gateway(shop().hostname("shop.example")));
    let kinds: Vec<_> = moved.changes().iter().map(|change| change.kind).collect();
    assert_eq!(kinds, [Kind::Added, Kind::Removed]);
}
