mod grpc;
mod sources;

use std::time::Duration;

use http::Method;

use super::*;
use crate::{
    compile::{Target, compile, services},
    config::{
        HttpRetryEvent, Listener, Mesh, RetryPolicy, Route, VirtualNode, VirtualRouter,
        VirtualService,
    },
    defaults::Defaults,
    health::HealthCheck,
    metric::Outcome,
    outlier::OutlierDetection,
    retry::{Budget, Done, Ended, Hint, Policy},
    unit::{Port, Protocol},
};

fn snapshot(defaults: Defaults) -> Snapshot {
    let retry = RetryPolicy::new(4, Duration::from_secs(5)).on(HttpRetryEvent::GatewayError);
    let admin = Route::http("admin")
        .priority(0)
        .prefix("/admin")
        .target("v2", 1);
    let zoo = Route::http("zoo").prefix("/zoo").target("v2", 1);
    let split = Route::http("split")
        .prefix("/")
        .target("v1", 50)
        .target("v2", 50);
    let split = split.retry(retry).timeout(Duration::from_secs(1));
    let router = VirtualRouter::builder("r").listener(80, Protocol::Http);
    let node = |name: &str| {
        VirtualNode::builder(name)
            .listener(8080, Protocol::Http)
            .dns(name)
    };
    let mesh = Mesh::builder("m")
        .virtual_node(node("v1"))
        .virtual_node(node("v2"))
        .virtual_node(
            VirtualNode::builder("web")
                .backend("s.local")
                .backend("direct.local"),
        )
        .virtual_router(router.route(split).route(zoo).route(admin))
        .virtual_service(VirtualService::builder("s.local").virtual_router("r"))
        .virtual_service(VirtualService::builder("direct.local").virtual_node("v1"))
        .build()
        .unwrap();
    compile(&mesh, "web", defaults).unwrap()
}

#[test]
fn retries_stay_in_the_drawn_target() {
    let snapshot = snapshot(Defaults::AppMesh);
    let decision = snapshot.decide(&Head::get("http://s.local/"));
    let mut drawn = std::collections::BTreeMap::new();
    for seed in 0..1_000 {
        let played = decision.play(Seed(seed), [Outcome::Status(503); 9]);
        assert_eq!(
            (played.attempts(), played.done()),
            (5, Some(Done::Exhausted)),
            "seed {seed}"
        );
        // One draw per request: its target is the first thing the seed decides, whatever happens afterwards.
        let calm = decision.play(Seed(seed), [Outcome::Status(200)]);
        assert_eq!(played.target(), calm.target(), "seed {seed}");
        *drawn
            .entry(played.target().unwrap().to_string())
            .or_insert(0) += 1;
    }
    assert_eq!(
        drawn.into_iter().collect::<Vec<_>>(),
        [("v1".to_owned(), 497), ("v2".to_owned(), 503)]
    );
}

#[test]
fn a_play_ends_where_production_would() {
    let snapshot = snapshot(Defaults::AppMesh);
    let get = snapshot.decide(&Head::get("http://direct.local/"));
    let post = snapshot.decide(&Head::post("http://direct.local/"));
    type Row<'a> = (&'a Decision<'a>, &'a [Outcome], u32, Option<Done>, &'a str);
    let rows: [Row<'_>; 5] = [
        (&get, &[Outcome::Status(200)], 1, Some(Done::Answered), "-"),
        (
            &get,
            &[Outcome::ConnectFailed; 3],
            3,
            Some(Done::Exhausted),
            "URX,UF",
        ),
        (&post, &[Outcome::Status(503)], 1, Some(Done::Answered), "-"),
        (&post, &[Outcome::Reset], 1, Some(Done::Failed), "UR"),
        (&get, &[Outcome::Status(503)], 1, None, "-"),
    ];
    for (decision, outcomes, attempts, done, flags) in rows {
        let played = decision.play(Seed(1), outcomes.iter().copied());
        assert_eq!(
            (played.attempts(), played.done()),
            (attempts, done),
            "{outcomes:?}"
        );
        assert_eq!(played.flags().to_string(), flags, "{outcomes:?}");
        assert_eq!(played.outcome(), Some(outcomes[outcomes.len() - 1]));
    }
}

#[test]
fn a_seed_plays_the_same_every_time_and_another_one_differs() {
    let snapshot = snapshot(Defaults::AppMesh);
    let decision = snapshot.decide(&Head::get("http://s.local/"));
    let play = |seed| decision.play(Seed(seed), [Outcome::Status(503); 9]);
    assert_eq!(play(7), play(7));
    assert_ne!(play(7).waits(), play(8).waits());
    assert_eq!(play(7).waits().len(), 4);
    assert!(play(7).waits()[0] < Duration::from_millis(25));
}

#[test]
fn waits_use_up_the_request_limit() {
    let target = Target::dns("orders.internal").timeout(Duration::from_millis(1));
    let port = Port::new(80).unwrap();
    let snapshot = services([("orders", port, target)], Defaults::AppMesh).unwrap();
    let played = snapshot
        .decide(&Head::get("http://orders/"))
        .play(Seed(1), [Outcome::Status(503); 3]);
    assert_eq!(
        played.waits(),
        [Duration::from_millis(1)],
        "cut at the limit"
    );
    assert_eq!(
        (played.attempts(), played.done()),
        (1, Some(Done::OutOfTime)),
        "the limit ends the wait and the request with it"
    );
    assert_eq!(played.flags().to_string(), "UT");
}

#[test]
fn every_wait_leaves_less_of_the_request_limit() {
    let limit = Duration::from_millis(100);
    let target = Target::dns("orders.internal").retry(Policy::idempotent(1_000));
    let port = Port::new(80).unwrap();
    let row = ("orders", port, target.timeout(limit));
    let snapshot = services([row], Defaults::AppMesh).unwrap();
    let decision = snapshot.decide(&Head::get("http://orders/"));
    for seed in 0..50 {
        let played = decision.play(Seed(seed), [Outcome::Status(503); 1_000]);
        let waited: Duration = played.waits().iter().sum();
        assert_eq!(
            (waited, played.done()),
            (limit, Some(Done::OutOfTime)),
            "seed {seed}"
        );
    }
}

#[test]
fn what_is_refused_is_never_attempted() {
    let snapshot = snapshot(Defaults::AppMesh);
    let decision = snapshot.decide(&Head::get("http://nobody.local/"));
    assert!(matches!(
        decision.verdict(),
        Verdict::Refuse(NoRoute::UnknownHost { .. })
    ));
    let played = decision.play(Seed(1), [Outcome::Status(200)]);
    assert_eq!(
        (played.attempts(), played.flags().to_string().as_str()),
        (0, "NR")
    );
    assert_eq!((decision.retries(), decision.shares().len()), (0, 0));
}

#[test]
fn a_decision_names_the_route_and_the_service_if_there_are_any() {
    let snapshot = snapshot(Defaults::AppMesh);
    let rows = [
        ("http://s.local/", Some("s.local"), Some("split")),
        ("http://direct.local/", Some("direct.local"), None),
        ("http://s.local:81/", None, None),
    ];
    for (uri, service, route) in rows {
        let decision = snapshot.decide(&Head::get(uri));
        let named = decision.virtual_service().map(|name| name.as_str());
        assert_eq!(named, service, "{uri}");
        assert_eq!(decision.route().map(|name| name.as_str()), route, "{uri}");
    }
}

#[test]
fn retries_say_what_such_a_request_can_get() {
    let snapshot = snapshot(Defaults::AppMesh);
    assert_eq!(snapshot.decide(&Head::post("http://s.local/")).retries(), 4);
    assert_eq!(
        snapshot
            .decide(&Head::get("http://s.local/admin"))
            .retries(),
        2
    );
}

#[test]
fn the_explanation_names_route_targets_retries_and_limits() {
    let snapshot = snapshot(Defaults::AppMesh);
    let decision = snapshot.decide(&Head::post("http://s.local/x"));
    let expected = "\
POST http://s.local/x
virtual service: s.local (authority s.local; port 80, its only one)
asked before: admin: not: path begins with /admin
asked before: zoo: not: path begins with /zoo
route: split (written in Rust)
targets: v1 50.0 % (weight 50), v2 50.0 % (weight 50)
endpoints of v1:8080: one after the other; plain text (default: App Mesh)
endpoints of v2:8080: one after the other; plain text (default: App Mesh)
retries: 4 retries on 502, 503, 504, reset, failed connect, refused stream; every method (written in Rust)
limit: request 1s (written in Rust), from the end of the request to the end of the response; a longer stream is cut
limit: attempt 5s (written in Rust), without effect, the request limit is not longer
limit: silence 300s (default: App Mesh), while nothing is carried in either direction
limit: connecting 1s (fixed), for each connection
at v1:8080: request 15s (default: App Mesh); silence 300s (default: App Mesh); plain text (default: App Mesh)
at v2:8080: request 15s (default: App Mesh); silence 300s (default: App Mesh); plain text (default: App Mesh)";
    assert_eq!(decision.explain(), expected);
}

#[test]
fn the_explanation_begins_with_all_of_the_request() {
    let snapshot = snapshot(Defaults::AppMesh);
    let decision = snapshot.decide(&Head::post("http://s.local/x/../y?canary=1&b"));
    let first = "POST http://s.local/y?canary=1&b\n";
    assert!(
        decision.explain().starts_with(first),
        "{}",
        decision.explain()
    );
    let json = decision.to_json();
    assert!(
        json.contains(r#""path": "/y", "query": "canary=1&b"}"#),
        "{json}"
    );
    let bare = snapshot.decide(&Head::get("http://s.local/y")).to_json();
    assert!(bare.contains(r#""path": "/y", "query": null}"#), "{bare}");
}

#[test]
fn routes_after_the_one_that_takes_it_are_told_as_not_asked() {
    let snapshot = snapshot(Defaults::AppMesh);
    let text = snapshot
        .decide(&Head::get("http://s.local/admin"))
        .explain();
    assert!(
        text.contains("route: admin (written in Rust)\nnot asked: zoo, split\n"),
        "{text}"
    );
}

#[test]
fn the_explanation_says_where_defaults_act_and_what_is_spared() {
    let snapshot = snapshot(Defaults::Safe);
    let text = snapshot
        .decide(&Head::post("http://direct.local/"))
        .explain();
    assert!(
        text.contains("route: none; one target takes everything"),
        "{text}"
    );
    assert!(text.contains("(default: safe)"), "{text}");
    assert!(
        text.contains("not idempotent: retried only if provably unsent"),
        "{text}"
    );
    assert!(text.contains("to the response head"), "{text}");
}

#[test]
fn the_explanation_names_care_only_where_a_retry_is_spared() {
    let port = Port::new(80).unwrap();
    let target = |policy| Target::dns("a.internal").retry(policy);
    let rows = [
        ("idempotent", target(Policy::idempotent(1))),
        ("never", target(Policy::none())),
        ("bold", target(Policy::idempotent(1).with_unsafe_retries())),
    ];
    let rows = rows.map(|(name, target)| (name, port, target));
    let snapshot = services(rows, Defaults::Safe).unwrap();
    for (method, name, spared) in [
        (Method::POST, "idempotent", true),
        (Method::GET, "idempotent", false),
        (Method::POST, "never", false),
        (Method::POST, "bold", false),
    ] {
        let head = Head::request(&method, &format!("http://{name}/"));
        let text = snapshot.decide(&head).explain();
        assert_eq!(text.contains("is not idempotent"), spared, "{text}");
    }
}

#[test]
fn the_explanation_of_a_refusal_gives_its_reason() {
    let snapshot = snapshot(Defaults::AppMesh);
    let rows = [
        (
            "http://nobody.local/x",
            "no virtual service is called \"nobody.local\"",
        ),
        (
            "http://direct/x",
            "no virtual service is called \"direct\"\nnearest backend: direct.local",
        ),
    ];
    for (uri, reason) in rows {
        let text = snapshot.decide(&Head::get(uri)).explain();
        assert_eq!(text, format!("GET {uri}\nrefused with 404 (NR): {reason}"));
    }
}

#[test]
fn the_explanation_tells_how_endpoints_are_chosen_and_watched() {
    let second = Duration::from_secs(1);
    let check = HealthCheck::new(Protocol::Http, 5 * second, 2 * second).unwrap();
    let outlier = OutlierDetection::new(7, 10 * second, 30 * second, 50).unwrap();
    let listener = Listener::builder(80, Protocol::Http)
        .health_check(check.path("/ping").thresholds(2, 3).unwrap())
        .outlier_detection(outlier);
    let orders = VirtualNode::builder("orders").listener_with(listener);
    let mesh = Mesh::builder("m")
        .virtual_node(orders.dns_endpoints("orders"))
        .virtual_node(VirtualNode::builder("web").backend("s.local"))
        .virtual_service(VirtualService::builder("s.local").virtual_node("orders"))
        .build()
        .unwrap();
    let snapshot = compile(&mesh, "web", Defaults::Safe).unwrap();
    let text = snapshot.decide(&Head::get("http://s.local/")).explain();
    let wanted = "endpoints of orders:80: of two the one with fewer requests; asked over http for /ping every 5s, 2s for an answer, \
                  unwell after 3 bad ones, well after 2 good ones (written in Rust); left out after 7 failures in a row for 30s times its \
                  ejections, looked at every 10s, 50 % of them at most (written in Rust); plain text (default: safe)\n";
    assert!(text.contains(wanted), "{text}");
}

#[test]
fn a_play_shows_what_budget_and_hints_do() {
    let port = Port::new(80).unwrap();
    let target = |policy| Target::dns("orders.internal").retry(policy);
    let policy = Policy::idempotent(3);
    let row = (
        "tight",
        port,
        target(policy.clone().with_budget(Budget::new(100, 1))),
    );
    let snapshot = services([row, ("free", port, target(policy))], Defaults::Safe);
    let snapshot = snapshot.unwrap();
    let tight = snapshot.decide(&Head::get("http://tight/"));
    let played = tight.play(Seed(1), [Outcome::Status(503); 4]);
    assert_eq!(
        (played.attempts(), played.done()),
        (3, Some(Done::OverBudget))
    );
    assert_eq!(played.flags().to_string(), "URB");
    assert!(
        tight
            .explain()
            .contains("at most 100 % of the requests and 1 each second")
    );

    let free = snapshot.decide(&Head::get("http://free/"));
    let asks = |hint| Ended::new(Outcome::Status(503)).with_hint(hint);
    let second = Duration::from_secs(1);
    let played = free.play(
        Seed(1),
        [asks(Hint::After(second)), asks(Hint::After(20 * second))],
    );
    assert_eq!(
        (played.attempts(), played.done()),
        (2, Some(Done::Declined))
    );
    assert!((second..2 * second).contains(&played.waits()[0]));
    let played = free.play(Seed(1), [asks(Hint::Never)]);
    assert_eq!(
        (played.attempts(), played.done()),
        (1, Some(Done::Declined))
    );
    assert!(!free.explain().contains("at most"));
}
