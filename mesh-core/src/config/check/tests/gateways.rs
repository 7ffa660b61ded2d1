use super::{node, refused, warned};
use crate::{
    config::{
        ForHttp, GatewayListener, GatewayRoute, GatewayRouteBuilder, GatewayRouteMatch,
        HeaderMatcher, HostnameMatch, Mesh, MeshBuilder, PathMatch, PathRewrite, VirtualGateway,
        VirtualGatewayBuilder, VirtualNode, VirtualService,
    },
    health::HealthCheck,
    limit::ConnectionPool,
    unit::{Port, Protocol},
};
use std::time::Duration;

fn entry() -> VirtualGatewayBuilder {
    VirtualGateway::builder("entry").listener(80, Protocol::Http)
}

fn with(gateway: VirtualGatewayBuilder) -> MeshBuilder {
    Mesh::builder("shop")
        .virtual_node(node("v1"))
        .virtual_service(VirtualService::builder("orders.local").virtual_node("v1"))
        .virtual_gateway(gateway)
}

fn routed(routes: impl IntoIterator<Item = GatewayRouteBuilder>) -> MeshBuilder {
    with(
        routes
            .into_iter()
            .fold(entry(), |entry, route| entry.route(route)),
    )
}

fn to_orders(name: &str) -> GatewayRouteBuilder {
    GatewayRoute::http(name).to("orders.local")
}

#[test]
fn what_was_said_is_what_the_gateway_holds() {
    let check = HealthCheck::new(
        Protocol::Http,
        Duration::from_secs(5),
        Duration::from_secs(2),
    );
    let listener = GatewayListener::builder(443, Protocol::Http2)
        .health_check(check.unwrap())
        .connection_pool(ConnectionPool::requests(9).unwrap());
    let http = GatewayRoute::http2("http")
        .prefix("/orders/")
        .hostname("shop.example.com")
        .method(&http::Method::GET)
        .header("a", HeaderMatcher::exact("1"))
        .header_present("b")
        .header_absent("c")
        .query("q", "1")
        .port(443)
        .priority(7)
        .rewrite_prefix("/v2/")
        .default_target_hostname(false)
        .to_port("orders.local", 80);
    let grpc = GatewayRoute::grpc("grpc")
        .service("shop.Orders")
        .hostname_suffix(".example.com")
        .metadata_present("k")
        .port(443)
        .to("orders.local");
    let gateway = VirtualGateway::builder("entry").listener_with(listener);
    let mesh = with(gateway.route(http).route(grpc)).build().unwrap();
    let gateway = mesh.virtual_gateway("entry").unwrap();
    assert!(gateway.listeners[0].health_check.is_some() && gateway.listeners[0].tls.is_none());
    let [grpc, http] = &gateway.routes[..] else {
        panic!("{gateway:?}")
    };
    assert_eq!(http.target.port, Port::new(80).ok());
    assert_eq!(
        http.rewrite.path,
        Some(PathRewrite::Prefix("/v2/".to_owned()))
    );
    assert_eq!(http.rewrite.default_target_hostname, Some(false));
    let GatewayRouteMatch::Http(matches) = &http.matches else {
        panic!("{http:?}")
    };
    assert_eq!(matches.path, Some(PathMatch::Prefix("/orders/".to_owned())));
    assert_eq!(
        (matches.headers.len(), matches.query_parameters.len()),
        (3, 1)
    );
    let suffix = HostnameMatch::Suffix(".example.com".to_owned());
    assert_eq!(grpc.matches.hostname(), Some(&suffix));
    assert_eq!(grpc.matches.port(), Port::new(443).ok());
}

#[test]
fn each_rule_of_a_gateway_is_refused_by_itself() {
    let tcp = VirtualGateway::builder("entry").listener(80, Protocol::Tcp);
    let rows: [(MeshBuilder, &str); 3] = [
        (with(tcp), ".listener(80) unknown-value"),
        (
            with(entry().listener(80, Protocol::Http2)),
            ".listener(80) duplicate-listener",
        ),
        (with(entry()).virtual_gateway(entry()), " duplicate-name"),
    ];
    for (builder, want) in rows {
        refused(builder, &[&format!("virtual_gateway(entry){want}")]);
    }
}

#[test]
fn each_rule_of_a_gateway_route_is_refused_by_itself() {
    let a = || to_orders("a");
    let rows: [(GatewayRouteBuilder, &str); 11] = [
        (GatewayRoute::http("a").prefix("/"), " no-targets"),
        (
            a().prefix("/").to("order.local"),
            ".target missing-virtual-service",
        ),
        (
            a().prefix("/").to_port("orders.local", 81),
            ".target missing-listener",
        ),
        (a().prefix("/").port(81), ".port missing-listener"),
        (
            a().prefix("old/").rewrite_prefix("/new/"),
            ".path prefix-without-slash",
        ),
        (
            a().prefix("/old/").rewrite_prefix("/new"),
            ".rewrite rewrite-prefix-without-slash",
        ),
        (
            a().exact("/old").rewrite_path("new"),
            ".rewrite path-without-slash",
        ),
        (a().prefix("/aws-app-mesh/x"), ".path reserved-path"),
        (
            a().hostname("shop.example.com:80"),
            ".hostname bad-hostname",
        ),
        (a().hostname("x".repeat(254)), ".hostname out-of-range"),
        (a().prefix("/").priority(1001), ".priority out-of-range"),
    ];
    for (route, want) in rows {
        refused(
            routed([route]),
            &[&format!("virtual_gateway(entry).route(a){want}")],
        );
    }
    let twice = "virtual_gateway(entry).route(a) duplicate-name";
    refused(routed([a().prefix("/"), a().prefix("/b")]), &[twice]);
    assert!(routed([a().hostname("x".repeat(253))]).build().is_ok());
    let aws = GatewayRoute::grpc("a")
        .service("aws.app-mesh.Orders")
        .to("orders.local");
    let reserved = "virtual_gateway(entry).route(a).service reserved-service-name";
    refused(with(entry().route(aws)), &[reserved]);
}

#[test]
fn what_a_gateway_does_not_do_as_expected_is_warned_of() {
    let at = |rest: &str| format!("virtual_gateway(entry).route(a){rest}");
    let a = || to_orders("a");
    let two = VirtualNode::builder("two")
        .dns("two")
        .listener(80, Protocol::Http);
    let two = with(entry().route(a().prefix("/").to("two.local")))
        .virtual_node(two.listener(81, Protocol::Http))
        .virtual_service(VirtualService::builder("two.local").virtual_node("two"));
    let ports = entry().listener(81, Protocol::Http).route(a().prefix("/"));
    let mixed = entry().route(GatewayRoute::http2("a").prefix("/").to("orders.local"));
    let rows: [(MeshBuilder, String); 8] = [
        (
            with(entry()),
            "virtual_gateway(entry) gateway-without-routes".to_owned(),
        ),
        (
            routed([a().method(&http::Method::GET)]),
            at(".match match-without-path"),
        ),
        (
            routed([a().hostname_suffix("-shop.example.com")]),
            at(".hostname suffix-without-dot"),
        ),
        (
            routed([a().exact("/a").rewrite_prefix("/b/")]),
            at(".rewrite rewrite-without-prefix"),
        ),
        (two, at(".target target-port-missing")),
        (with(ports), at(".match match-port-missing")),
        (with(mixed), at(" protocol-mismatch")),
        (
            routed([a().prefix("/").header_not("x", HeaderMatcher::exact("1"))]),
            at(".header(x) inverted-needs-header"),
        ),
    ];
    for (builder, want) in rows {
        warned(builder, &[&want]);
    }
}

#[test]
fn a_service_that_a_route_leads_to_has_a_shorter_name_than_others_may() {
    let named = |length| {
        let name = "s".repeat(length);
        let route = GatewayRoute::http("a").prefix("/").to(&name);
        with(entry().route(route)).virtual_service(VirtualService::builder(name).virtual_node("v1"))
    };
    assert!(named(255).build().is_ok());
    let target = "virtual_gateway(entry).route(a).target out-of-range";
    refused(named(256), &[target]);
}

#[test]
fn a_host_of_its_own_hides_other_routes_unless_it_takes_everything() {
    let hides = "virtual_gateway(entry).route(a) host-hides-routes";
    let of_host = |prefix| to_orders("a").prefix(prefix).hostname("shop.example.com");
    let all = || to_orders("b").prefix("/");
    warned(routed([of_host("/a"), all()]), &[hides]);
    warned(routed([of_host("/"), all()]), &[]);
    warned(routed([of_host("/a")]), &[]);
    warned(
        routed([of_host("/a"), all().hostname_suffix(".example.com")]),
        &[hides],
    );
    warned(
        routed([of_host("/a"), all().hostname_suffix(".example.org")]),
        &[],
    );
}

#[test]
fn routes_of_different_hosts_are_not_compared() {
    let route = |name, host: &str| to_orders(name).prefix("/").hostname(host);
    warned(routed([route("a", "a.local"), route("b", "b.local")]), &[]);
    let same = "virtual_gateway(entry).route(b) same-conditions";
    warned(
        routed([route("a", "a.local"), route("b", "A.local")]),
        &[same],
    );
}

#[test]
fn the_builder_of_a_gateway_route_is_that_of_http_where_nothing_else_is_said() {
    let _: GatewayRouteBuilder<ForHttp> = to_orders("a");
}
