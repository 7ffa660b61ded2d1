//! What comes in through a gateway: which route takes it, and what is sent on.

use crate::{
    Config, Defaults, Head, Snapshot,
    config::{
        GatewayRoute, GatewayRouteBuilder, HeaderMatcher, Mesh, Route, VirtualGateway, VirtualNode,
        VirtualRouter, VirtualService,
    },
    route::NoRoute,
    snapshot::{Entered, Verdict},
    unit::{Port, Protocol},
};

/// `orders.local` has two routes and port 80, `stock.local` is a node on port 9090.
fn entry(routes: impl IntoIterator<Item = GatewayRouteBuilder>) -> Snapshot {
    let gateway = VirtualGateway::builder("in")
        .listener(8080, Protocol::Http)
        .listener(8081, Protocol::Http);
    let gateway = routes
        .into_iter()
        .fold(gateway, |gateway, route| gateway.route(route.port(8080)));
    let admin = Route::http("admin").prefix("/admin").target("orders", 1);
    let kept = Route::http("kept")
        .priority(1)
        .header(":authority", HeaderMatcher::prefix("shop."))
        .target("orders", 1);
    let router = VirtualRouter::builder("orders").listener(80, Protocol::Http);
    let router = router
        .route(admin)
        .route(kept)
        .route(Route::http("all").target("orders", 1));
    let node = |name: &str, port: u16| {
        VirtualNode::builder(name)
            .listener(port, Protocol::Http)
            .dns(name)
    };
    let mesh = Mesh::builder("shop")
        .virtual_node(node("orders", 8000))
        .virtual_node(node("stock", 9090))
        .virtual_node(node("hidden", 80))
        .virtual_router(router)
        .virtual_service(VirtualService::builder("orders.local").virtual_router("orders"))
        .virtual_service(VirtualService::builder("stock.local").virtual_node("stock"))
        .virtual_service(VirtualService::builder("twin.local").virtual_router("orders"))
        .virtual_service(VirtualService::builder("hidden.local").virtual_node("hidden"))
        .virtual_gateway(gateway)
        .build()
        .unwrap();
    Config::from(mesh).gateway("in").unwrap().compile().unwrap()
}

fn to_orders(name: &str) -> GatewayRouteBuilder {
    GatewayRoute::http(name).to("orders.local")
}

fn port(port: i64) -> Port {
    Port::new(port).unwrap()
}

fn entered<'s: 'h, 'h>(snapshot: &'s Snapshot, head: &'h Head<'_>) -> Entered<'s, 'h> {
    snapshot.enter(head, port(8080)).unwrap()
}

fn taken<'a>(verdict: &Verdict<'a>) -> Option<&'a str> {
    match verdict {
        Verdict::Route(plan) => Some(plan.route.as_ref().map_or("(node)", |name| name.as_str())),
        _ => None,
    }
}

/// Path and query as they came, as they were sent on, and whether that was a rewrite.
type Row<'a> = (&'a str, &'a str, bool);

fn check(route: impl Fn() -> GatewayRouteBuilder, rows: &[Row<'_>]) {
    let snapshot = entry([route()]);
    for (path, sent, is_rewritten) in rows {
        let head = Head::get(&format!("http://shop.example{path}"));
        let entered = entered(&snapshot, &head);
        assert_eq!(
            entered.head.path_and_query(),
            *sent,
            "{path} through {:?}",
            route()
        );
        let original = is_rewritten.then(|| head.path_and_query());
        assert_eq!(
            entered.original_path,
            original,
            "{path} through {:?}",
            route()
        );
        assert_eq!(entered.head.authority(), "orders.local");
        assert_eq!(entered.original_host, Some("shop.example"));
    }
}

#[test]
fn a_prefix_becomes_a_slash_unless_it_is_to_become_something_else() {
    let prefix = |prefix| to_orders("r").prefix(prefix);
    let chapter = [
        ("/chapter/1?q=/", "/1?q=/", true),
        ("/chapter", "/", true),
        ("/chapter?q", "/?q", true),
        ("/chapter1", "/1", true),
        ("/chapter..", "/", true),
        ("/chapter%2F1", "/%2F1", true),
        ("//chapter//1", "/1", true),
    ];
    check(|| prefix("/chapter"), &chapter);
    check(|| prefix("/chapter/"), &[("/chapter/1", "/1", true)]);
    check(|| prefix("/"), &[("/x", "/x", true)]);
    check(
        || prefix("/a").default_prefix(true),
        &[("/a/b", "/b", true)],
    );
    check(
        || prefix("/a").default_prefix(false),
        &[("/a/b?q", "/a/b?q", false)],
    );
    check(
        || prefix("/a/").rewrite_prefix("/v2/"),
        &[("/a/b?q=1", "/v2/b?q=1", true)],
    );
    check(
        || prefix("/nosl").rewrite_prefix("/v2/"),
        &[("/nosl/x", "/v2/x", true)],
    );
}

#[test]
fn another_path_stays_unless_all_of_it_is_to_become_something_else() {
    let exact = || to_orders("r").exact("/exact");
    let regex = || to_orders("r").regex("/[a-z]+");
    check(exact, &[("/exact?q", "/exact?q", false)]);
    check(
        || exact().rewrite_path("/new"),
        &[("/exact?q", "/new?q", true)],
    );
    check(
        || exact().rewrite_path("/new?z=1"),
        &[("/exact?x=1", "/new?z=1?x=1", true)],
    );
    check(regex, &[("/abc", "/abc", false)]);
    check(|| regex().rewrite_path("/d/../n"), &[("/abc", "/n", true)]);
    check(
        || to_orders("r").hostname("shop.example"),
        &[("/x?q", "/x?q", false)],
    );
}

#[test]
fn the_second_pass_routes_what_the_first_one_made() {
    let snapshot = entry([to_orders("r").prefix("/shop")]);
    for (path, route) in [
        ("/shop/admin", "admin"),
        ("/shop", "all"),
        ("/shopadmin", "admin"),
    ] {
        let head = Head::get(&format!("http://shop.example{path}"));
        let entered = entered(&snapshot, &head);
        assert_eq!(taken(&entered.verdict), Some(route), "{path}");
    }
}

#[test]
fn a_kept_host_is_seen_by_the_routes_and_may_name_another_service() {
    let keep = |name| to_orders(name).prefix("/").default_target_hostname(false);
    let others = [("/t", "twin.local"), ("/s", "stock.local")];
    let others = others.map(|(path, service)| GatewayRoute::http(path).prefix(path).to(service));
    let snapshot = entry([keep("keep")].into_iter().chain(others));
    let rows = [
        ("shop.example", "orders.local", "kept"),
        ("shop.example:8080", "orders.local", "kept"),
        ("x.example", "orders.local", "all"),
        ("twin.local", "twin.local", "all"),
        ("TWIN.local:80", "twin.local", "all"),
        ("twin.local:8080", "orders.local", "all"),
        // It is on another port than the gateway route's target.
        ("stock.local", "orders.local", "all"),
        // No gateway route leads to it.
        ("hidden.local", "orders.local", "all"),
    ];
    for (host, service, route) in rows {
        let head = Head::get("/x").header("host", host);
        let entered = entered(&snapshot, &head);
        let called = entered.virtual_service.map(|name| name.as_str());
        assert_eq!(
            (called, taken(&entered.verdict)),
            (Some(service), Some(route)),
            "{host}"
        );
        assert_eq!(
            (entered.head.authority(), entered.original_host),
            (host, None)
        );
    }
}

#[test]
fn a_gateway_reaches_what_its_routes_lead_to_and_nothing_else() {
    let snapshot = entry([to_orders("r").prefix("/")]);
    let names: Vec<_> = snapshot
        .virtual_services()
        .map(|name| name.as_str())
        .collect();
    assert_eq!(names, ["orders.local"]);
    let targets: Vec<_> = snapshot
        .clusters()
        .iter()
        .map(|one| one.virtual_node.as_str())
        .collect();
    assert_eq!(targets, ["orders"]);
    assert_eq!(
        snapshot.gateway().map(|gateway| gateway.name.as_str()),
        Some("in")
    );
}

#[test]
fn gateway_routes_are_asked_by_priority_then_length_and_never_those_of_another_host() {
    let snapshot = entry([
        to_orders("late").prefix("/a"),
        to_orders("longer").prefix("/a/b"),
        to_orders("first")
            .prefix("/")
            .header_present("x-first")
            .priority(0),
        to_orders("hosted").prefix("/only").hostname("shop.example"),
    ]);
    let rows = [
        (Head::get("http://x/a/c"), Some("late")),
        (Head::get("http://x/a/b"), Some("longer")),
        (
            Head::get("http://x/a/b").header("x-first", ""),
            Some("first"),
        ),
        (Head::get("http://shop.example/only"), Some("hosted")),
        (Head::get("http://shop.example/a"), None),
        (Head::get("http://x/"), None),
    ];
    for (head, expected) in rows {
        let found = match snapshot.enter(&head, port(8080)) {
            Ok(entered) => Some(entered.route.gateway_route.as_str().to_owned()),
            Err(NoRoute::NoGatewayRoute { .. }) => None,
            Err(other) => panic!("{other}"),
        };
        assert_eq!(
            found.as_deref(),
            expected,
            "{} {}",
            head.authority(),
            head.path()
        );
    }
}

#[test]
fn a_gateway_route_lives_on_its_port_only() {
    let snapshot = entry([to_orders("r").prefix("/")]);
    let head = Head::get("http://shop.example/");
    for (at, expected) in [(8081, "no gateway route"), (80, "no listener")] {
        match snapshot.enter(&head, port(at)) {
            Err(reason) => {
                assert!(reason.to_string().starts_with(expected), "{reason}");
            }
            Ok(_) => panic!("{at}"),
        }
    }
}

#[test]
fn grpc_keeps_its_path_and_takes_no_other_request() {
    let call = GatewayRoute::grpc("call")
        .service("shop.Orders")
        .to("orders.local");
    let orders = VirtualNode::builder("orders")
        .listener(50051, Protocol::Grpc)
        .dns("orders");
    let gateway = VirtualGateway::builder("in").listener(8080, Protocol::Grpc);
    let mesh = Mesh::builder("shop")
        .virtual_node(orders)
        .virtual_service(VirtualService::builder("orders.local").virtual_node("orders"))
        .virtual_gateway(gateway.route(call))
        .build()
        .unwrap();
    let snapshot = Config::from(mesh).gateway("in").unwrap().compile().unwrap();
    let plain = Head::post("http://shop.example/shop.Orders/Place");
    assert!(snapshot.enter(&plain, port(8080)).is_err());
    let call = plain.header("content-type", "application/grpc");
    let entered = entered(&snapshot, &call);
    assert_eq!(entered.head.path(), "/shop.Orders/Place");
    assert_eq!(
        (entered.original_path, taken(&entered.verdict)),
        (None, Some("(node)"))
    );
}

#[test]
fn a_node_is_no_gateway_and_an_unknown_gateway_is_told_with_the_nearest() {
    let mesh = Mesh::builder("shop")
        .virtual_node(VirtualNode::builder("web"))
        .virtual_gateway(VirtualGateway::builder("entry").listener(80, Protocol::Http))
        .build()
        .unwrap();
    let config = Config::from(mesh);
    let web = config.node("web").unwrap().compile().unwrap();
    let head = Head::get("http://a/");
    let refused = web.enter(&head, port(80));
    assert!(matches!(refused, Err(NoRoute::NoListener { .. })));
    let error = config.gateway("enty").unwrap_err().to_string();
    assert_eq!(
        error,
        "the mesh has no virtual gateway \"enty\"; did you mean `entry`?"
    );
}

#[test]
fn the_explanation_of_a_gateway_shows_both_passes() {
    let snapshot = entry([
        to_orders("admin").prefix("/admin").priority(1),
        to_orders("shop").prefix("/shop"),
        to_orders("rest").prefix("/"),
    ]);
    let text = snapshot
        .decide(&Head::get("http://shop.example/shop/1?q"))
        .explain();
    let expected = "\
GET http://shop.example/shop/1?q
virtual gateway: in, port 8080: host *
listener: http (written in Rust); plain text (default: safe)
asked before: admin: not: path begins with /admin/
asked before: admin: not: path begins with /admin
gateway route: shop (written in Rust)
not asked: rest
sent on: orders.local/1?q
  x-envoy-original-host: shop.example
  x-envoy-original-path: /shop/1?q
virtual service: orders.local (authority orders.local; port 80, its only one)
asked before: kept: not: header :authority begins with \"shop.\"
asked before: admin: not: path begins with /admin
route: all (written in Rust)
";
    assert!(text.starts_with(expected), "{text}");
    let refused = snapshot.decide_at(&Head::get("http://shop.example/"), port(8081));
    let text = refused.explain();
    assert!(
        text.ends_with("no gateway route takes this request for \"shop.example\""),
        "{text}"
    );
    assert_eq!(snapshot.defaults(), Defaults::Safe);
}
