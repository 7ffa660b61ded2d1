//! Builders end in the same check as files.

use crate::{
    config::{
        GrpcRetryEvent, HeaderMatcher, HttpRetryEvent, Listener, Mesh, MeshBuilder, RetryPolicy,
        Route, RouteBuilder, RouteMatch, Timeout, VirtualNode, VirtualNodeBuilder, VirtualRouter,
        VirtualService,
    },
    health::HealthCheck,
    limit::ConnectionPool,
    outlier::OutlierDetection,
    unit::{IpPreference, Port, Protocol},
};
use std::time::Duration;

fn node(name: &str) -> VirtualNodeBuilder {
    VirtualNode::builder(name)
        .listener(8080, Protocol::Http)
        .dns(format!("{name}.local"))
}

fn shop(route: RouteBuilder) -> MeshBuilder {
    let router = VirtualRouter::builder("orders").listener(80, Protocol::Http);
    Mesh::builder("shop")
        .virtual_node(node("v1"))
        .virtual_node(node("v2"))
        .virtual_router(router.route(route))
        .virtual_service(VirtualService::builder("orders.local").virtual_router("orders"))
}

fn refused(builder: MeshBuilder, want: &[&str]) {
    let errors = builder.build().expect_err("refused");
    let found: Vec<_> = errors
        .errors()
        .map(|problem| format!("{} {}", problem.path, problem.code))
        .collect();
    assert_eq!(found, want, "{errors}");
}

#[test]
fn every_broken_rule_of_a_route_is_reported_at_once_with_its_path() {
    let nobody = RetryPolicy::new(1, Duration::from_secs(1));
    let route = Route::http("all")
        .prefix("api")
        .priority(1001)
        .header("x y", HeaderMatcher::exact("1"))
        .header("x", HeaderMatcher::range(3..3))
        .target("v3", 101)
        .target_on("v1", 1, 8081)
        .retry(nobody);
    refused(
        shop(route),
        &[
            "virtual_router(orders).route(all).header(x y) bad-header-name",
            "virtual_router(orders).route(all).header(x) empty-range",
            "virtual_router(orders).route(all).path prefix-without-slash",
            "virtual_router(orders).route(all).priority out-of-range",
            "virtual_router(orders).route(all).retry missing-retry-event",
            "virtual_router(orders).route(all).target(v1) missing-listener",
            "virtual_router(orders).route(all).target(v3) missing-target",
            "virtual_router(orders).route(all).target(v3) out-of-range",
        ],
    );
}

#[test]
fn each_rule_of_the_graph_is_refused_by_itself() {
    let good = || shop(Route::http("all").target("v1", 1));
    assert!(good().build().is_ok());
    let rows: [(MeshBuilder, &str); 7] = [
        (
            shop(Route::http("all")),
            "virtual_router(orders).route(all).target no-targets",
        ),
        (
            shop(Route::http("all").target("v1", 0).target("v2", 0)),
            "virtual_router(orders).route(all).target zero-total-weight",
        ),
        (
            good().virtual_node(node("v1")),
            "virtual_node(v1) duplicate-name",
        ),
        (
            good().virtual_node(VirtualNode::builder("v3").listener(1, Protocol::Http)),
            "virtual_node(v3) missing-service-discovery",
        ),
        (
            good().virtual_service(VirtualService::builder("s").virtual_node("v9")),
            "virtual_service(s).provider missing-provider",
        ),
        (
            good().virtual_service(VirtualService::builder("s").virtual_router("r9")),
            "virtual_service(s).provider missing-provider",
        ),
        (
            good().virtual_node(node("v3").listener(8080, Protocol::Tcp)),
            "virtual_node(v3).listener(8080) duplicate-listener",
        ),
    ];
    for (builder, want) in rows {
        refused(builder, &[want]);
    }
}

#[test]
fn warnings_come_with_the_configuration_and_do_not_refuse_it() {
    let retry = RetryPolicy::new(3, Duration::from_secs(1)).on(HttpRetryEvent::StreamError);
    let route = Route::http2("all")
        .target("v1", 1)
        .retry(retry)
        .timeout(Duration::from_secs(2));
    let builder = shop(route).virtual_node(
        VirtualNode::builder("web")
            .backend("orders.local")
            .backend("users.local"),
    );
    let config = builder.build_config().unwrap();
    let codes: Vec<_> = config
        .warnings()
        .iter()
        .map(|problem| problem.code)
        .collect();
    assert_eq!(
        codes,
        [
            "missing-backend",
            "protocol-mismatch",
            "attempt-timeout-not-retried",
            "protocol-mismatch",
            "timeout-below-retries"
        ]
    );
    assert_eq!(config.resources(), 7);
}

/// Each warning as code and message.
fn warnings(builder: MeshBuilder) -> Vec<(&'static str, String)> {
    let config = builder.build_config().unwrap();
    let warnings = config.warnings().iter();
    warnings
        .map(|problem| (problem.code, problem.message.clone()))
        .collect()
}

#[test]
fn weights_of_more_than_100_together_are_warned_of() {
    let shares = |a, b| shop(Route::http("all").target("v1", a).target("v2", b));
    assert_eq!(warnings(shares(50, 50)), []);
    let found = warnings(shares(100, 20));
    assert!(
        matches!(&*found, [("weights-over-100", message)] if message.contains("sum to 120")),
        "{found:?}"
    );
}

#[test]
fn the_limit_of_the_listener_that_a_target_means_is_looked_at() {
    let limit = |seconds| Timeout::new().per_request(Duration::from_secs(seconds));
    let on = |port, seconds| {
        let route = Route::http("all").target_on("v3", 1, port);
        let v3 = VirtualNode::builder("v3")
            .listener_with(Listener::builder(80, Protocol::Http).timeout(limit(60)));
        let v3 = v3
            .listener_with(Listener::builder(81, Protocol::Http).timeout(limit(5)))
            .dns("v3");
        shop(route.timeout(Duration::from_secs(seconds))).virtual_node(v3)
    };
    for (port, seconds) in [(80, 30), (80, 60), (81, 5), (81, 3)] {
        assert_eq!(warnings(on(port, seconds)), [], "{port}, {seconds} s");
    }
    for (port, seconds) in [(80, 61), (81, 30), (81, 10)] {
        let found = warnings(on(port, seconds));
        assert!(
            matches!(&*found, [("listener-timeout-shorter", _)]),
            "{port}, {seconds} s: {found:?}"
        );
    }
}

#[test]
fn services_whose_names_differ_in_case_only_cannot_both_be_called() {
    let service = VirtualService::builder("Orders.local").virtual_router("orders");
    let builder = shop(Route::http("all").target("v1", 1)).virtual_service(service);
    let errors = builder.build().expect_err("refused").to_string();
    assert!(errors.contains("duplicate-name"), "{errors}");
    assert!(
        errors.contains("`Orders.local`") && errors.contains("`orders.local`"),
        "{errors}"
    );
}

#[test]
fn a_host_name_has_no_port() {
    let with = |hostname: &str| {
        let v3 = VirtualNode::builder("v3").listener(80, Protocol::Http);
        shop(Route::http("all").target("v1", 1)).virtual_node(v3.dns(hostname))
    };
    for hostname in ["v3.local", "127.0.0.1", "::1"] {
        assert!(with(hostname).build().is_ok(), "{hostname}");
    }
    for hostname in ["v3.local:80", "v3:", "127.0.0.1:80", "http://v3"] {
        refused(
            with(hostname),
            &["virtual_node(v3).service_discovery bad-hostname"],
        );
    }
}

#[test]
fn of_many_ports_a_message_lists_the_first() {
    let many = || {
        (1..=20).fold(VirtualNode::builder("v3"), |node, port| {
            node.listener(port, Protocol::Http)
        })
    };
    let asked = |route| shop(route).virtual_node(many().dns("v3"));
    let listed = "it listens on 1, 2, 3, 4, 5, 6, 7, 8 and 12 more";
    let errors = asked(Route::http("all").target_on("v3", 1, 99)).build();
    let errors = errors.expect_err("refused").to_string();
    assert!(errors.ends_with(listed), "{errors}");
    let found = warnings(asked(Route::http("all").target("v3", 1)));
    assert!(
        matches!(&*found, [("target-port-missing", message)]
            if message.ends_with(listed) && message.contains("the first that does not speak TCP")),
        "{found:?}"
    );
}

#[test]
fn what_was_said_is_what_the_mesh_holds() {
    let limit = Timeout::new()
        .per_request(Duration::from_secs(3))
        .idle(Duration::ZERO);
    let route = Route::http("all")
        .exact("/a")
        .regex("/b.*")
        .method(&http::Method::GET)
        .port(80)
        .header_not("X-Version", HeaderMatcher::prefix("2"))
        .header_absent("host")
        .query("q", "1")
        .query_present("p")
        .priority(0)
        .target_on("v1", 1, 8080)
        .idle_timeout(Duration::from_secs(9));
    let mesh = shop(route)
        .virtual_node(
            VirtualNode::builder("v3")
                .dns_endpoints("v3")
                .listener_with(Listener::builder(1, Protocol::Grpc).timeout(limit)),
        )
        .build()
        .unwrap();
    let route = &mesh.virtual_router("orders").unwrap().routes[0];
    assert_eq!(route.priority.map(crate::unit::Priority::get), Some(0));
    assert_eq!(route.timeout.idle, Some(Duration::from_secs(9)));
    let RouteMatch::Http(matches) = &route.matches else {
        panic!("{route:?}");
    };
    let headers = matches.headers.iter();
    let headers: Vec<_> = headers.map(|h| (h.invert, h.matcher.is_some())).collect();
    assert_eq!(headers, [(true, true), (true, false)]);
    assert_eq!(matches.query_parameters.len(), 2);
    assert_eq!(mesh.virtual_node("v3").unwrap().listeners[0].timeout, limit);
}

#[test]
fn a_listener_says_what_its_callers_watch_and_what_it_lets_in() {
    let second = Duration::from_secs(1);
    let check = HealthCheck::new(Protocol::Tcp, 5 * second, 2 * second).unwrap();
    let outlier = OutlierDetection::new(5, second, second, 50).unwrap();
    let pool = ConnectionPool::requests(9).unwrap();
    let with = |check: HealthCheck, pool| {
        let listener = Listener::builder(80, Protocol::Grpc).health_check(check);
        let listener = listener.outlier_detection(outlier).connection_pool(pool);
        let v3 = VirtualNode::builder("v3").listener_with(listener);
        let v3 = v3.dns_endpoints("v3").ip_preference(IpPreference::Ipv6Only);
        let all = shop(Route::http("all").target("v1", 1)).virtual_node(v3);
        all.ip_preference(IpPreference::Ipv4Preferred)
    };
    let mesh = with(check.clone(), pool).build().unwrap();
    let v3 = mesh.virtual_node("v3").unwrap();
    assert_eq!(v3.ip_preference, Some(IpPreference::Ipv6Only));
    assert_eq!(mesh.ip_preference(), Some(IpPreference::Ipv4Preferred));
    let listener = &v3.listeners[0];
    assert_eq!(listener.health_check.as_ref(), Some(&check));
    assert_eq!(listener.outlier_detection, Some(outlier));
    assert_eq!(listener.connection_pool, Some(pool));

    let elsewhere = check.clone().port(Port::new(81).unwrap());
    let place = "virtual_node(v3).listener(80).health_check.port health-check-port";
    refused(with(elsewhere, pool), &[place]);
    let found = warnings(with(check, ConnectionPool::tcp(1).unwrap()));
    assert!(
        matches!(&*found, [("pool-protocol-mismatch", _)]),
        "{found:?}"
    );
}

#[test]
fn a_route_for_grpc_says_a_service_a_method_and_metadata() {
    let with = |route| {
        let router = VirtualRouter::builder("orders").listener(80, Protocol::Grpc);
        let v1 = VirtualNode::builder("v1").listener(80, Protocol::Grpc);
        Mesh::builder("shop")
            .virtual_node(v1.dns("v1"))
            .virtual_router(router.route(route))
            .virtual_service(VirtualService::builder("orders.local").virtual_router("orders"))
    };
    let retry = RetryPolicy::new(1, Duration::ZERO).on_grpc(GrpcRetryEvent::Unavailable);
    let route = Route::grpc("place").target("v1", 1).retry(retry.clone());
    let route = route
        .method("shop.Orders", "Place")
        .metadata("a", HeaderMatcher::exact("1"))
        .metadata_not("b", HeaderMatcher::exact("1"))
        .metadata_present("c")
        .metadata_absent("d")
        .timeout(Duration::from_secs(15))
        .port(80);
    let found = warnings(with(route.clone()));
    assert!(
        matches!(&*found, [("inverted-needs-header", _)]),
        "{found:?}"
    );
    let mesh = with(route.clone()).build().unwrap();
    let found = &mesh.virtual_router("orders").unwrap().routes[0];
    assert_eq!(found.retry_policy.as_ref(), Some(&retry));
    let RouteMatch::Grpc(matches) = &found.matches else {
        panic!("{found:?}");
    };
    assert_eq!(matches.method_name.as_deref(), Some("Place"));
    let metadata = matches.metadata.iter();
    let metadata: Vec<_> = metadata.map(|m| (m.invert, m.matcher.is_some())).collect();
    assert_eq!(
        metadata,
        [(false, true), (true, true), (false, false), (true, false)]
    );
    let place = "virtual_router(orders).route(place).service bad-grpc-name";
    refused(with(route.service("/shop.Orders")), &[place]);
}
