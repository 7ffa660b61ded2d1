use super::{node, refused, shop, warned};
use crate::{
    config::{
        GrpcRetryEvent, HeaderMatcher, HttpRetryEvent, Listener, Mesh, MeshBuilder, RetryPolicy,
        Route, RouteBuilder, TcpRetryEvent, Timeout, VirtualNode, VirtualRouter, VirtualService,
    },
    unit::Protocol,
};
use http::Method;
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

fn v1(name: &str) -> RouteBuilder {
    Route::http(name).target("v1", 1)
}

fn at(route: &str, rest: &str) -> String {
    format!("virtual_router(orders).route({route}){rest}")
}

#[test]
fn a_route_that_an_earlier_one_leaves_nothing_is_warned_of() {
    let (a, b) = (|| v1("a"), || v1("b"));
    let exact = |value| HeaderMatcher::exact(value);
    let reversed = at("b", " priority-reversed");
    let shadowed = at("b", " shadowed-route");
    let same = at("b", " same-conditions");
    let rows: [([RouteBuilder; 2], &[&str]); 14] = [
        ([a(), b()], &[&same]),
        ([a(), b().prefix("/")], &[&same]),
        (
            [a().priority(1), b().prefix("/b").priority(2)],
            &[&reversed],
        ),
        ([a().priority(1), b().prefix("/b")], &[&reversed]),
        (
            [a().priority(1), b().priority(2).header("x", exact("1"))],
            &[&reversed],
        ),
        ([a().prefix("/a"), b().exact("/a")], &[&shadowed]),
        (
            [a().header_present("x"), b().header("x", exact("1"))],
            &[&shadowed],
        ),
        ([a().query_present("q"), b().query("q", "1")], &[&shadowed]),
        (
            [a().prefix("/").priority(1), b().regex("/b.*").priority(2)],
            &[&reversed],
        ),
        ([a().priority(2), b().prefix("/b").priority(1)], &[]),
        ([a(), b().prefix("/b")], &[]),
        (
            [a().prefix("/a").priority(1), b().prefix("/b").priority(2)],
            &[],
        ),
        ([a().method(&Method::GET).priority(1), b().priority(2)], &[]),
        (
            [
                a().header_absent("x").priority(1),
                b().header("x", exact("1")).priority(2),
            ],
            &[],
        ),
    ];
    for (routes, want) in rows {
        let shown = format!("{routes:?}");
        let found = shop(routes).build_config().expect(&shown);
        let found = found
            .warnings()
            .iter()
            .map(|p| format!("{} {}", p.path, p.code));
        assert_eq!(found.collect::<Vec<_>>(), want, "{shown}");
    }
}

#[test]
fn routes_that_only_their_names_put_in_order_are_warned_of() {
    let (a, b) = (|| v1("a").prefix("/a"), || v1("b").prefix("/a"));
    let exact = |value| HeaderMatcher::exact(value);
    let overlapping = at("b", " overlapping-routes");
    let rows: [([RouteBuilder; 2], &[&str]); 12] = [
        ([v1("a").exact("/a"), b()], &[&overlapping]),
        ([v1("a").exact("/a").header_present("x"), b()], &[]),
        ([v1("a").regex("/a"), b()], &[]),
        (
            [a().header("x", exact("1")), b().header("y", exact("1"))],
            &[&overlapping],
        ),
        (
            [a().header("x", exact("1")), b().query("q", "1")],
            &[&overlapping],
        ),
        (
            [a().header("x", exact("1")), b().header("X", exact("2"))],
            &[],
        ),
        (
            [
                a().header("x", exact("12")),
                b().header("x", HeaderMatcher::prefix("2")),
            ],
            &[],
        ),
        (
            [
                a().header("x", HeaderMatcher::range(1..5)),
                b().header("x", HeaderMatcher::range(5..9)),
            ],
            &[],
        ),
        ([a().method(&Method::GET), b().method(&Method::POST)], &[]),
        ([a().query("q", "1"), b().query("q", "2")], &[]),
        ([a().header_present("x"), b().header_absent("x")], &[]),
        (
            [
                a().header("x", exact("1")).priority(1),
                b().header("y", exact("1")).priority(2),
            ],
            &[],
        ),
    ];
    for (routes, want) in rows {
        warned(shop(routes), want);
    }
}

#[test]
#[cfg_attr(miri, ignore = "ten thousand routes take hours")]
fn ten_thousand_routes_are_compared_in_bounded_time() {
    let header = |n: usize| HeaderMatcher::exact(n.to_string());
    let routes = (0..10_000).map(|n| v1(&format!("r{n}")).header("x", header(n)));
    warned(shop(routes), &[]);
}

#[test]
fn limits_of_attempts_that_do_nothing_or_only_harm_are_warned_of() {
    let policy = |attempt, event| RetryPolicy::new(2, attempt).on(event);
    let gateway = |attempt| policy(attempt, HttpRetryEvent::GatewayError);
    let get = || v1("a").method(&Method::GET);
    let unused = at("a", ".timeout attempt-not-below-request");
    let by_default = at("a", ".retry attempt-not-below-request");
    let not_retried = at("a", ".retry attempt-timeout-not-retried");
    let refused_stream = |attempt| policy(attempt, HttpRetryEvent::StreamError);
    let below = at("a", ".retry timeout-below-retries");
    let rows: [(RouteBuilder, &[&str]); 10] = [
        (
            get().retry(gateway(2 * SECOND)).timeout(2 * SECOND),
            &[&unused],
        ),
        (get().retry(gateway(16 * SECOND)), &[&by_default]),
        (get().retry(gateway(15 * SECOND)), &[&by_default]),
        (get().retry(gateway(10 * SECOND)), &[&below]),
        (get().retry(gateway(7 * SECOND)), &[]),
        (get().retry(gateway(SECOND)).timeout(2 * SECOND), &[]),
        (
            get().retry(gateway(SECOND)).timeout(Duration::ZERO),
            &[&at("a", ".timeout listener-timeout-shorter")],
        ),
        (get().retry(refused_stream(SECOND)), &[&not_retried]),
        (get().retry(refused_stream(Duration::ZERO)), &[]),
        (
            get().retry(RetryPolicy::new(0, SECOND).on(HttpRetryEvent::StreamError)),
            &[],
        ),
    ];
    for (route, want) in rows {
        warned(shop([route]), want);
    }
}

#[test]
fn a_policy_that_sends_again_what_was_seen_is_warned_of_once_a_route() {
    let policy = || RetryPolicy::new(2, Duration::ZERO);
    let unsafe_retries = at("a", ".retry unsafe-retries");
    let seen = || {
        policy()
            .on(HttpRetryEvent::ServerError)
            .on(HttpRetryEvent::GatewayError)
    };
    let unseen = || {
        policy()
            .on(HttpRetryEvent::StreamError)
            .on_tcp(TcpRetryEvent::ConnectionError)
    };
    let rows: [(RouteBuilder, &[&str]); 5] = [
        (v1("a").retry(seen()), &[&unsafe_retries]),
        (
            v1("a").retry(seen()).method(&Method::POST),
            &[&unsafe_retries],
        ),
        (v1("a").retry(seen()).method(&Method::PUT), &[]),
        (v1("a").retry(unseen()), &[]),
        (
            v1("a").retry(policy().on(HttpRetryEvent::ClientError)),
            &[&unsafe_retries],
        ),
    ];
    for (route, want) in rows {
        warned(shop([route]), want);
    }
    let grpc_event = v1("a").retry(policy().on_grpc(GrpcRetryEvent::Unavailable));
    refused(
        shop([grpc_event]),
        &[&at("a", ".retry retry-event-mismatch")],
    );
}

#[test]
fn weights_that_were_meant_as_percentages_are_warned_of() {
    let split = |one, two| shop([Route::http("a").target("v1", one).target("v2", two)]);
    let below = at("a", ".target weights-below-100");
    for (one, two) in [(90, 5), (40, 40), (49, 49)] {
        warned(split(one, two), &[&below]);
    }
    let thirds = ["a", "b", "c"].map(node);
    let three = Route::http("t")
        .target("a", 33)
        .target("b", 33)
        .target("c", 33);
    let router = VirtualRouter::builder("r")
        .listener(80, Protocol::Http)
        .route(three);
    let mesh = Mesh::builder("shop")
        .virtual_router(router)
        .virtual_service(VirtualService::builder("s.local").virtual_router("r"));
    warned(
        thirds.into_iter().fold(mesh, MeshBuilder::virtual_node),
        &[],
    );
    for (one, two) in [
        (90, 10),
        (1, 1),
        (1, 3),
        (2, 10),
        (50, 50),
        (10, 10),
        (30, 0),
        (100, 0),
    ] {
        warned(split(one, two), &[]);
    }
}

fn grpc(route: RouteBuilder<crate::config::ForGrpc>) -> MeshBuilder {
    let limit = Timeout::new().per_request(Duration::ZERO);
    let listener = Listener::builder(80, Protocol::Grpc).timeout(limit);
    let router = VirtualRouter::builder("orders").listener(80, Protocol::Grpc);
    Mesh::builder("shop")
        .virtual_node(VirtualNode::builder("v1").listener_with(listener).dns("v1"))
        .virtual_router(router.route(route.target("v1", 1)))
        .virtual_service(VirtualService::builder("orders.local").virtual_router("orders"))
}

#[test]
fn grpc_without_a_limit_of_its_own_has_its_streams_cut() {
    warned(
        grpc(Route::grpc("a")),
        &[&at("a", " stream-ends-by-default")],
    );
    warned(grpc(Route::grpc("a").timeout(Duration::ZERO)), &[]);
    let direct = |protocol| {
        let limit = Timeout::new().per_request(Duration::ZERO);
        let listener = Listener::builder(80, protocol).timeout(limit);
        Mesh::builder("shop")
            .virtual_node(VirtualNode::builder("v1").listener_with(listener).dns("v1"))
            .virtual_service(VirtualService::builder("orders.local").virtual_node("v1"))
    };
    let place = "virtual_service(orders.local) stream-ends-by-default";
    warned(direct(Protocol::Grpc), &[place]);
    warned(direct(Protocol::Http2), &[]);
    let cancelled = RetryPolicy::new(1, Duration::ZERO).on_grpc(GrpcRetryEvent::Cancelled);
    let route = || Route::grpc("a").timeout(Duration::ZERO);
    warned(
        grpc(route().retry(cancelled)),
        &[&at("a", ".retry unsafe-retries")],
    );
    let unavailable = RetryPolicy::new(1, Duration::ZERO).on_grpc(GrpcRetryEvent::Unavailable);
    warned(grpc(route().retry(unavailable)), &[]);
}

#[test]
fn targets_on_different_ports_are_warned_of_unless_the_ports_are_written() {
    let v3 = || {
        VirtualNode::builder("v3")
            .listener(81, Protocol::Http)
            .dns("v3")
    };
    let route = Route::http("a").target("v1", 1).target("v3", 1);
    let differ = at("a", ".target target-ports-differ");
    warned(shop([route]).virtual_node(v3()), &[&differ]);
    let route = Route::http("a")
        .target_on("v1", 1, 80)
        .target_on("v3", 1, 81);
    warned(shop([route]).virtual_node(v3()), &[]);
}

#[test]
fn an_inverted_condition_on_a_value_is_warned_of_unless_presence_is_asked_for() {
    let inverted = || v1("a").header_not("x", HeaderMatcher::exact("1"));
    warned(
        shop([inverted()]),
        &[&at("a", ".header(x) inverted-needs-header")],
    );
    warned(shop([inverted().header_present("X")]), &[]);
    let method = v1("a").header_not(":method", HeaderMatcher::exact("GET"));
    warned(shop([method]), &[]);
}

#[test]
fn backends_of_bytes_need_ports_of_their_own() {
    let tcp = |name: &str, port: i64| {
        let router = VirtualRouter::builder(name).listener(port, Protocol::Tcp);
        router.route(Route::tcp(format!("{name}-all")).target(name, 1))
    };
    let listening = |name: &str| {
        VirtualNode::builder(name)
            .listener(25, Protocol::Tcp)
            .dns(name)
    };
    let mesh = |second| {
        Mesh::builder("shop")
            .virtual_node(listening("a"))
            .virtual_node(listening("b"))
            .virtual_router(tcp("a", 25))
            .virtual_router(tcp("b", second))
            .virtual_service(VirtualService::builder("a.local").virtual_router("a"))
            .virtual_service(VirtualService::builder("b.local").virtual_router("b"))
            .virtual_node(
                VirtualNode::builder("web")
                    .backend("a.local")
                    .backend("b.local"),
            )
    };
    let not_yet = [
        "virtual_node(a).listener(25) not-supported-yet",
        "virtual_node(b).listener(25) not-supported-yet",
    ];
    let shared = "virtual_node(web).backend(b.local) tcp-port-shared";
    warned(mesh(25), &[not_yet[0], not_yet[1], shared]);
    warned(mesh(26), &not_yet);
    let limit = Timeout::new().per_request(SECOND).idle(SECOND);
    let listener = Listener::builder(25, Protocol::Tcp).timeout(limit);
    let config = shop([v1("a")])
        .virtual_node(VirtualNode::builder("c").listener_with(listener).dns("c"))
        .build_config()
        .unwrap();
    let codes = config.warnings().iter().map(|p| p.code);
    assert_eq!(
        codes.collect::<Vec<_>>(),
        ["not-supported-yet", "timeout-protocol-mismatch"]
    );
    let kept = config.mesh().virtual_node("c").unwrap().listeners[0].timeout;
    assert_eq!(kept, Timeout::new().idle(SECOND));
}

#[test]
fn a_service_that_no_host_can_name_is_warned_of() {
    let named = |name: &str| {
        let service = VirtualService::builder(name).virtual_node("v1");
        Mesh::builder("shop")
            .virtual_node(node("v1"))
            .virtual_service(service)
    };
    for name in ["orders", "orders.shop.local", "my_orders-2.shop"] {
        warned(named(name), &[]);
    }
    for name in [
        "http://orders",
        "orders:80",
        "orders/v1",
        "*.local",
        "orders..local",
    ] {
        warned(
            named(name),
            &[&format!("virtual_service({name}) service-name-not-a-host")],
        );
    }
}
