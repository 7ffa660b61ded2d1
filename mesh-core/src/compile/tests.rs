mod gateway;
mod tls;

use std::{sync::Arc, time::Duration};

use super::*;
use crate::{
    config::{
        AccessLog, Config, FilePath, HttpRetryEvent, RetryPolicy, Route, Timeout, VirtualNode,
        VirtualNodeBuilder, VirtualRouter, VirtualService,
    },
    name::VirtualNodeName,
    retry::{Event, Policy},
    route::{Head, Mismatch, NoRoute},
    snapshot::{ClusterSpec, Discovery, Plan, Source, Verdict},
    timeout::RequestEnds,
    unit::{Port, Protocol},
};

const SECOND: Duration = Duration::from_secs(1);

/// A web shop: `orders` behind a router, `stock` a node of its own, `bank` for TCP, `later` not there yet.
fn shop() -> Mesh {
    let retry = RetryPolicy::new(3, SECOND).on(HttpRetryEvent::GatewayError);
    let canary = Route::http("canary")
        .header_present("x-canary")
        .target("orders-v2", 1);
    let all = Route::http("all")
        .target("orders-v1", 90)
        .target("orders-v2", 10);
    let all = all
        .retry(retry)
        .timeout(2 * SECOND)
        .idle_timeout(Duration::ZERO);
    let router = VirtualRouter::builder("orders").listener(80, Protocol::Http);
    let web = [
        "orders.local",
        "stock.local",
        "bank.local",
        "later.local",
        "bare.local",
    ];
    let web = web
        .into_iter()
        .fold(VirtualNode::builder("web"), VirtualNodeBuilder::backend);
    Mesh::builder("shop")
        .virtual_node(node("orders-v1", 8080))
        .virtual_node(node("orders-v2", 8080))
        .virtual_node(node("stock", 9090))
        .virtual_node(
            VirtualNode::builder("bank")
                .listener(5432, Protocol::Tcp)
                .dns("bank.internal"),
        )
        .virtual_node(web.listener(8000, Protocol::Http).dns("web.internal"))
        .virtual_router(router.route(all).route(canary))
        .virtual_service(VirtualService::builder("orders.local").virtual_router("orders"))
        .virtual_service(VirtualService::builder("stock.local").virtual_node("stock"))
        .virtual_service(VirtualService::builder("bank.local").virtual_node("bank"))
        .virtual_service(VirtualService::builder("bare.local"))
        .virtual_service(VirtualService::builder("hidden.local").virtual_node("stock"))
        .build()
        .unwrap()
}

fn node(name: &str, port: i64) -> VirtualNodeBuilder {
    VirtualNode::builder(name)
        .listener(port, Protocol::Http)
        .dns(format!("{name}.internal"))
}

fn plan<'a>(snapshot: &'a Snapshot, head: &Head<'_>) -> &'a Plan {
    match snapshot.route(head) {
        Verdict::Route(plan) => plan,
        other => panic!("{other:?}"),
    }
}

#[test]
fn only_backends_that_exist_and_speak_http_can_be_called() {
    let snapshot = compile(&shop(), "web", Defaults::AppMesh).unwrap();
    let names: Vec<_> = snapshot
        .virtual_services()
        .map(|name| name.as_str())
        .collect();
    assert_eq!(names, ["bare.local", "orders.local", "stock.local"]);
    let unknown = snapshot.route(&Head::get("http://hidden.local/"));
    assert!(
        matches!(unknown, Verdict::Refuse(NoRoute::UnknownHost { .. })),
        "{unknown:?}"
    );
    let bare = snapshot.route(&Head::get("http://bare.local/"));
    assert!(
        matches!(bare, Verdict::Refuse(NoRoute::NoMatch { .. })),
        "{bare:?}"
    );
}

#[test]
fn an_open_egress_filter_lets_unknown_hosts_through_but_not_unmatched_requests() {
    let mesh = Mesh {
        egress_filter: EgressFilter::AllowAll,
        ..shop()
    };
    let snapshot = compile(&mesh, "web", Defaults::AppMesh).unwrap();
    let rows = [
        ("http://elsewhere.example/", true),
        ("http://orders.local:81/", true),
        ("http://hidden.local/", true),
        ("http://bare.local/", false),
    ];
    for (uri, through) in rows {
        let verdict = snapshot.route(&Head::get(uri));
        assert_eq!(
            matches!(verdict, Verdict::PassThrough(_)),
            through,
            "{uri}: {verdict:?}"
        );
    }
}

#[test]
fn a_closed_egress_filter_keeps_everything_in_but_calls_to_aws() {
    let snapshot = compile(&shop(), "web", Defaults::AppMesh).unwrap();
    let rows = [
        ("http://elsewhere.example/", false),
        ("http://evilamazonaws.com/", false),
        ("http://SQS.eu-central-1.amazonaws.com/", true),
        ("http://sqs.eu-central-1.amazonaws.com:8080/", true),
    ];
    for (uri, through) in rows {
        let verdict = snapshot.route(&Head::get(uri));
        assert_eq!(
            matches!(verdict, Verdict::PassThrough(_)),
            through,
            "{uri}: {verdict:?}"
        );
    }
    let tls = snapshot.route(&Head::get("https://sqs.eu-central-1.amazonaws.com/"));
    assert!(
        matches!(tls, Verdict::Refuse(NoRoute::NeedsTls { .. })),
        "{tls:?}"
    );
}

#[test]
fn a_cluster_is_one_however_many_routes_lead_to_it() {
    let snapshot = compile(&shop(), "web", Defaults::AppMesh).unwrap();
    let nodes: Vec<_> = snapshot
        .clusters()
        .iter()
        .map(|cluster| cluster.virtual_node.as_str())
        .collect();
    assert_eq!(nodes, ["orders-v1", "orders-v2", "stock"]);
}

#[test]
fn a_plan_is_found_again_at_its_id_in_an_order_that_stays() {
    let snapshot = compile(&shop(), "web", Defaults::AppMesh).unwrap();
    let names = |plan: &Arc<Plan>| {
        let route = plan.route.as_ref().map(ToString::to_string);
        (plan.virtual_service.to_string(), route)
    };
    let expected = [
        ("orders.local", Some("all")),
        ("orders.local", Some("canary")),
        ("stock.local", None),
    ]
    .map(|(service, route)| (service.to_owned(), route.map(str::to_owned)));
    assert_eq!(
        snapshot.plans().iter().map(names).collect::<Vec<_>>(),
        expected
    );
    for (index, plan) in snapshot.plans().iter().enumerate() {
        assert_eq!(plan.id.index(), index);
    }
    let canary = Head::get("http://orders.local/").header("x-canary", "1");
    for head in [canary, Head::get("http://stock.local:9090/")] {
        let routed = plan(&snapshot, &head);
        let listed = &snapshot.plans()[routed.id.index()];
        assert!(std::ptr::eq(routed, Arc::as_ptr(listed)));
    }
}

#[test]
fn a_route_gets_what_it_wrote_and_nothing_is_merged_into_it() {
    let snapshot = compile(&shop(), "web", Defaults::AppMesh).unwrap();
    let plan = plan(&snapshot, &Head::get("http://orders.local/"));
    assert_eq!(plan.route.as_ref().map(|name| name.as_str()), Some("all"));
    assert_eq!(plan.retry, Policy::on_events(3, [Event::GatewayError]));
    assert_eq!(plan.timeouts.per_try, Some(SECOND));
    assert_eq!(plan.timeouts.request, Some(2 * SECOND));
    assert_eq!(plan.timeouts.idle, None, "zero switches a limit off");
    assert_eq!(plan.sources.retry, Source::Built);
    let shares: Vec<_> = plan.targets.shares().map(|(_, share)| share).collect();
    assert_eq!(shares, [0.9, 0.1]);
}

#[test]
fn a_node_as_provider_and_a_silent_route_get_the_defaults() {
    let snapshot = compile(&shop(), "web", Defaults::AppMesh).unwrap();
    let canary = Head::get("http://orders.local/").header("x-canary", "1");
    for (head, route) in [
        (Head::get("http://stock.local:9090/x"), None),
        (canary, Some("canary")),
    ] {
        let plan = plan(&snapshot, &head);
        assert_eq!(plan.route.as_ref().map(|name| name.as_str()), route);
        assert_eq!(plan.retry, Policy::idempotent(2));
        assert_eq!(plan.timeouts, Defaults::AppMesh.timeouts());
        assert_eq!(
            (&plan.sources.retry, &plan.sources.request),
            (&Source::Defaults, &Source::Defaults)
        );
    }
}

#[test]
fn a_zero_per_retry_timeout_is_no_limit() {
    let retry = RetryPolicy::new(1, Duration::ZERO).on(HttpRetryEvent::ServerError);
    let router = VirtualRouter::builder("r").listener(80, Protocol::Http);
    let mesh = Mesh::builder("m")
        .virtual_node(node("n", 8080))
        .virtual_node(VirtualNode::builder("caller").backend("s"))
        .virtual_router(router.route(Route::http("all").target("n", 1).retry(retry)))
        .virtual_service(VirtualService::builder("s").virtual_router("r"))
        .build()
        .unwrap();
    let snapshot = compile(&mesh, "caller", Defaults::Safe).unwrap();
    assert_eq!(
        plan(&snapshot, &Head::get("http://s/")).timeouts.per_try,
        None
    );
}

#[test]
fn safe_defaults_end_a_request_limit_at_the_head_also_a_written_one() {
    let snapshot = compile(&shop(), "web", Defaults::Safe).unwrap();
    let plan = plan(&snapshot, &Head::get("http://orders.local/"));
    assert_eq!(
        (plan.timeouts.request, plan.timeouts.request_ends),
        (Some(2 * SECOND), RequestEnds::Head)
    );
}

#[test]
fn safe_defaults_use_every_address_of_a_dns_answer() {
    for (defaults, expected) in [(Defaults::AppMesh, false), (Defaults::Safe, true)] {
        let snapshot = compile(&shop(), "web", defaults).unwrap();
        let all =
            |cluster: &ClusterSpec| matches!(cluster.discovery, Discovery::Dns { all: true, .. });
        assert!(
            snapshot
                .clusters()
                .iter()
                .all(|cluster| all(cluster) == expected),
            "{defaults}"
        );
    }
}

#[test]
fn listeners_keep_their_limits_and_fall_back_to_fifteen_seconds() {
    let snapshot = compile(&shop(), "web", Defaults::AppMesh).unwrap();
    let [listener] = snapshot.listeners() else {
        panic!("{:?}", snapshot.listeners())
    };
    assert_eq!(
        (listener.port.get(), listener.timeouts.request),
        (8000, Some(15 * SECOND))
    );
    let written = Timeout {
        per_request: Some(20 * SECOND),
        idle: None,
    };
    let timeouts = timeouts::of_listener(&written, Defaults::AppMesh);
    assert_eq!(
        (timeouts.request, timeouts.idle),
        (Some(20 * SECOND), Some(300 * SECOND))
    );
}

#[test]
fn a_router_for_tcp_alone_cannot_be_called() {
    let mesh = Mesh::builder("m")
        .virtual_node(VirtualNode::builder("caller").backend("bank").backend("s"))
        .virtual_node(node("n", 8080))
        .virtual_router(VirtualRouter::builder("tcp").listener(5432, Protocol::Tcp))
        .virtual_router(VirtualRouter::builder("http").listener(80, Protocol::Http))
        .virtual_service(VirtualService::builder("bank").virtual_router("tcp"))
        .virtual_service(VirtualService::builder("s").virtual_router("http"))
        .build()
        .unwrap();
    let snapshot = compile(&mesh, "caller", Defaults::Safe).unwrap();
    let names: Vec<_> = snapshot.virtual_services().map(|s| s.as_str()).collect();
    assert_eq!(names, ["s"]);
}

#[test]
fn a_role_has_the_defaults_of_its_origin_until_it_is_given_others() {
    let built = Config::from(
        Mesh::builder("m")
            .virtual_node(node("n", 80))
            .build()
            .unwrap(),
    );
    let template = "
Resources:
  M: {Type: AWS::AppMesh::Mesh, Properties: {MeshName: m}}
  N: {Type: AWS::AppMesh::VirtualNode, Properties: {MeshName: m, VirtualNodeName: n, Spec: {}}}
";
    let read = Config::parse("mesh.yaml", template).unwrap();
    for (config, defaults) in [(built, Defaults::Safe), (read, Defaults::AppMesh)] {
        let role = config.node("n").unwrap();
        assert_eq!(role.compile().unwrap().defaults(), defaults);
        let other = Defaults::AppMeshUnsafeRetries;
        let compiled = role.defaults(other).compile().unwrap();
        assert_eq!(compiled.defaults(), other);
    }
}

#[test]
fn a_node_logs_where_it_was_told_to() {
    let mesh = Mesh::builder("m")
        .virtual_node(
            node("loud", 80).access_log(AccessLog::new(FilePath::new("/dev/stdout").unwrap())),
        )
        .virtual_node(node("silent", 80))
        .build()
        .unwrap();
    let log = |node| {
        let snapshot = compile(&mesh, node, Defaults::AppMesh).unwrap();
        snapshot.access_log().map(str::to_owned)
    };
    assert_eq!(log("loud").as_deref(), Some("/dev/stdout"));
    assert_eq!(log("silent"), None);
}

#[test]
fn a_route_with_a_port_lives_on_that_listener_only() {
    let router = VirtualRouter::builder("r")
        .listener(80, Protocol::Http)
        .listener(81, Protocol::Http);
    let router = router.route(Route::http("both").target("n", 1)).route(
        Route::http("admin")
            .prefix("/admin")
            .port(81)
            .target("n", 1),
    );
    let mesh = Mesh::builder("m")
        .virtual_node(node("n", 8080))
        .virtual_node(VirtualNode::builder("caller").backend("s"))
        .virtual_router(router)
        .virtual_service(VirtualService::builder("s").virtual_router("r"))
        .build()
        .unwrap();
    let snapshot = compile(&mesh, "caller", Defaults::Safe).unwrap();
    for (uri, route) in [
        ("http://s:80/admin", "both"),
        ("http://s:81/admin", "admin"),
        ("http://s:81/", "both"),
    ] {
        let plan = plan(&snapshot, &Head::get(uri));
        assert_eq!(
            plan.route.as_ref().map(|name| name.as_str()),
            Some(route),
            "{uri}"
        );
    }
}

#[test]
fn an_unknown_node_is_told_with_the_nearest_one() {
    let error = compile(&shop(), "stok", Defaults::AppMesh).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the mesh has no virtual node \"stok\"; did you mean `stock`?"
    );
    let CompileError::UnknownNode { known, .. } = error else {
        panic!("{error:?}")
    };
    assert_eq!(known.len(), 5);
}

#[test]
fn an_unchecked_mesh_is_an_error_and_not_a_panic() {
    let mut mesh = shop();
    mesh.virtual_nodes.remove("stock");
    assert!(matches!(
        compile(&mesh, "web", Defaults::Safe),
        Err(CompileError::NoProvider { .. })
    ));
    let mut mesh = shop();
    mesh.virtual_nodes.remove("orders-v2");
    assert!(matches!(
        compile(&mesh, "web", Defaults::Safe),
        Err(CompileError::NoTarget { .. })
    ));
}

#[test]
fn a_node_that_cannot_be_a_target_is_told_with_the_port_that_was_named() {
    let said = |port: Option<i64>| {
        let error = CompileError::NoTarget {
            virtual_node: VirtualNodeName::new("n").unwrap(),
            port: port.map(|port| Port::new(port).unwrap()),
        };
        error.to_string()
    };
    assert!(said(None).starts_with("virtual node n cannot be a target: "));
    assert!(said(Some(81)).starts_with("virtual node n cannot be a target on port 81: "));
}

#[test]
#[cfg_attr(miri, ignore = "so many routes take hours")]
fn services_that_share_a_router_cannot_multiply_its_routes_without_end() {
    let shared = |services: usize| {
        let routes = (0..400).map(|i| {
            Route::http(format!("r{i}"))
                .regex(format!("/{i}/[a-z]+"))
                .target("a", 1)
        });
        let router = VirtualRouter::builder("r").listener(80, Protocol::Http);
        let mut mesh = Mesh::builder("m")
            .virtual_router(routes.fold(router, |router, route| router.route(route)));
        let mut caller = node("a", 80);
        for name in (0..services).map(|i| format!("s{i}")) {
            caller = caller.backend(name.as_str());
            mesh = mesh.virtual_service(VirtualService::builder(name).virtual_router("r"));
        }
        mesh.virtual_node(caller).build().unwrap()
    };
    assert!(compile(&shared(2), "a", Defaults::AppMesh).is_ok());
    let error = compile(&shared(251), "a", Defaults::AppMesh).unwrap_err();
    assert!(
        matches!(error, CompileError::TooManyRoutes { .. }),
        "{error}"
    );
}

#[test]
fn services_that_share_a_router_share_its_conditions() {
    let router = VirtualRouter::builder("r")
        .listener(80, Protocol::Http)
        .listener(81, Protocol::Http)
        .route(Route::http("a").regex("/a/[a-z]+").target("a", 1));
    let caller = node("a", 80).backend("s").backend("t");
    let mesh = Mesh::builder("m")
        .virtual_router(router)
        .virtual_node(caller)
        .virtual_service(VirtualService::builder("s").virtual_router("r"))
        .virtual_service(VirtualService::builder("t").virtual_router("r"))
        .build()
        .unwrap();
    let snapshot = compile(&mesh, "a", Defaults::AppMesh).unwrap();
    let path = |uri| {
        let head = Head::get(uri);
        let rules = snapshot.routes.virtual_host(&head).unwrap().rules(&head);
        match rules.unwrap()[0].check(&head) {
            Err(Mismatch::Path(path)) => std::ptr::from_ref(path),
            other => panic!("{other:?}"),
        }
    };
    let first = path("http://s:80/");
    for uri in ["http://s:81/", "http://t:80/", "http://t:81/"] {
        assert_eq!(first, path(uri), "{uri}");
    }
}

#[test]
fn a_bypass_leaves_each_port_one_target_and_one_attempt_and_reaches_no_further() {
    let snapshot = compile(&shop(), "web", Defaults::AppMesh).unwrap();
    let bypassed = snapshot.clone().in_mode(Mode::Bypass);
    let rows = [
        ("http://orders.local/", true),
        ("http://bare.local/", false),
        ("http://elsewhere.example/", false),
    ];
    for (uri, routed) in rows {
        let verdict = bypassed.route(&Head::get(uri));
        assert_eq!(
            matches!(verdict, Verdict::Route(_)),
            routed,
            "{uri}: {verdict:?}"
        );
    }
    for (index, plan) in bypassed.plans().iter().enumerate() {
        assert_eq!((plan.id.index(), plan.retry.max_retries()), (index, 0));
        assert_eq!((plan.targets.iter().count(), &plan.route), (1, &None));
    }
    assert_eq!(bypassed.clusters(), snapshot.clusters());
    assert!(bypassed.shadow().is_none());
    let shadowed = snapshot.clone().in_mode(Mode::Shadow);
    assert_eq!(shadowed.plans(), bypassed.plans());
    let decided = shadowed.shadow().map(Snapshot::plans);
    assert_eq!(decided, Some(snapshot.plans()));
    let explained = shadowed
        .decide(&Head::get("http://orders.local/"))
        .explain();
    assert!(explained.contains("mode: shadowed"), "{explained}");
}
