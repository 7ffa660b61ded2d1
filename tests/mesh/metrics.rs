//! What a mesh counts, read from the page that a Prometheus server reads.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use axum::{Router, http::StatusCode, routing::get};
use futures::stream;
use mesh_core::{
    Config,
    config::{
        HttpRetryEvent, Mesh as Model, RetryPolicy, Route, VirtualNode, VirtualRouter,
        VirtualService,
    },
    unit::Protocol,
};
use mesh_tower::{Mesh, test_util::MemoryNetwork};
use tokio::time;

use crate::support::served;

/// A page, read as strictly as the format is written: each family is introduced once and its series follow, each once.
#[derive(Debug)]
struct Page(BTreeMap<String, f64>);

impl Page {
    #[track_caller]
    fn of(mesh: &Mesh) -> Self {
        let text = mesh.metrics();
        assert!(text.ends_with('\n'), "the last line ends, too");
        let (mut families, mut series) = (BTreeSet::new(), BTreeMap::new());
        let (mut family, mut kind) = ("", "");
        let mut lines = text.lines();
        while let Some(line) = lines.next() {
            if let Some(help) = line.strip_prefix("# HELP ") {
                let said = lines.next().and_then(|line| line.strip_prefix("# TYPE "));
                (family, kind) = said.and_then(|said| said.split_once(' ')).expect(line);
                let (name, about) = help.split_once(' ').expect(line);
                assert!(name == family && !about.is_empty(), "{line}");
                assert!(["counter", "gauge", "histogram"].contains(&kind), "{line}");
                assert_eq!(kind == "counter", name.ends_with("_total"), "{line}");
                assert!(families.insert(name), "{name} twice");
                continue;
            }
            let (one, value) = line.rsplit_once(' ').expect(line);
            let name = one.split('{').next().unwrap_or(one);
            let suffix = name.strip_prefix(family).expect(line);
            let suffixes: &[_] = match kind {
                "histogram" => &["_bucket", "_sum", "_count"],
                _ => &[""],
            };
            assert!(suffixes.contains(&suffix), "{line}");
            check_labels(one.strip_prefix(name).unwrap_or_default(), line);
            let value = value.parse().expect(line);
            assert!(
                series.insert(one.to_owned(), value).is_none(),
                "{one} twice"
            );
        }
        Self(series)
    }

    /// The value of the series of this name that has these labels, whatever others it has; 0 where there is none.
    #[track_caller]
    fn value(&self, name: &str, labels: &str) -> f64 {
        let has_all = |series: &str| {
            labels
                .split(' ')
                .filter(|label| !label.is_empty())
                .all(|label| {
                    let (key, value) = label.split_once('=').expect("KEY=VALUE");
                    series.contains(&format!("{key}=\"{value}\""))
                })
        };
        let found = self.0.iter().filter(|(series, _)| {
            let (of, rest) = series.split_at(name.len().min(series.len()));
            of == name && (rest.is_empty() || rest.starts_with('{')) && has_all(rest)
        });
        found.map(|(_, value)| value).sum()
    }

    #[track_caller]
    fn assert_values(&self, expected: &[(&str, &str, f64)]) {
        for (name, labels, value) in expected {
            assert_eq!(
                self.value(name, labels),
                *value,
                "{name} {labels}: {self:#?}"
            );
        }
    }
}

/// `{name="value",…}` or nothing; the values of these tests have nothing that would be escaped.
fn check_labels(labels: &str, line: &str) {
    if labels.is_empty() {
        return;
    }
    let inner = labels
        .strip_prefix('{')
        .and_then(|rest| rest.strip_suffix('}'));
    let mut names = BTreeSet::new();
    for label in inner.expect(line).split(',') {
        let (name, value) = label.split_once('=').expect(line);
        let value = value
            .strip_prefix('"')
            .and_then(|rest| rest.strip_suffix('"'));
        assert!(!value.expect(line).contains(['"', '\\']), "{line}");
        assert!(names.insert(name), "{line}");
    }
}

const SECOND: Duration = Duration::from_secs(1);

/// `web` calls `orders.local`, whose route `all` leads to `blue` and `green` in these shares; what `slow` takes has a limit.
fn model(blue: i64, green: i64) -> Model {
    let node = |name: &str| {
        VirtualNode::builder(name)
            .listener(8080, Protocol::Http)
            .dns(name)
    };
    let policy = RetryPolicy::new(2, 60 * SECOND).on(HttpRetryEvent::ServerError);
    let to = |name: &str| Route::http(name).retry(policy.clone());
    let shares = [("blue", blue), ("green", green)];
    let used = shares.into_iter().filter(|(_, share)| *share > 0);
    let all = used.fold(to("all").prefix("/"), |all, (node, share)| {
        all.target(node, share)
    });
    let slow = to("slow").prefix("/slow").target("blue", 1).timeout(SECOND);
    let router = VirtualRouter::builder("orders").listener(8080, Protocol::Http);
    let web = ["orders.local", "none.local"]
        .iter()
        .fold(VirtualNode::builder("web"), |web, name| web.backend(*name));
    Model::builder("shop")
        .virtual_node(web)
        .virtual_node(node("blue"))
        .virtual_node(node("green"))
        .virtual_node(node("none"))
        .virtual_router(router.route(all).route(slow))
        .virtual_service(VirtualService::builder("orders.local").virtual_router("orders"))
        .virtual_service(VirtualService::builder("none.local").virtual_node("none"))
        .build()
        .expect("the model is valid")
}

/// `web`, `blue` and `green`; the two answer alike.
async fn shop(model: &Model) -> [Mesh; 3] {
    let network = MemoryNetwork::new();
    let app = || {
        Router::new()
            .route("/hello", get(async || "hello"))
            .route("/down", get(async || StatusCode::BAD_GATEWAY))
            .route("/slow", get(std::future::pending::<()>))
            .route(
                "/half",
                get(async || time::sleep(20 * Duration::from_millis(1)).await),
            )
    };
    let blue = served(&network, model, "blue", "10.0.0.1:8080", app()).await;
    let green = served(&network, model, "green", "10.0.0.2:8080", app()).await;
    let web = Mesh::builder().config(model.clone()).virtual_node("web");
    let web = web
        .network(&network)
        .endpoint("blue", "10.0.0.1:8080")
        .endpoint("green", "10.0.0.2:8080")
        .discover("none", stream::iter([vec![]]))
        .seed(7);
    [web.start().await.expect("the mesh starts"), blue, green]
}

async fn ask(web: &Mesh, uri: &str) {
    if let Ok(answer) = web
        .client_for("orders.local")
        .expect("a backend")
        .get(uri)
        .send()
        .await
    {
        answer.bytes().await.expect("a body");
    }
}

#[tokio::test(start_paused = true)]
async fn requests_are_counted_by_route_target_and_class_with_their_retries_and_reasons() {
    let [web, blue, green] = shop(&model(1, 0)).await;
    for path in [
        "/hello",
        "/hello",
        "/hello?id=7",
        "/nowhere",
        "/half",
        "/down",
        "/slow",
    ] {
        ask(&web, path).await;
    }
    for uri in [
        "http://none.local/",
        "http://nowhere.local/",
        "http://nowhere.local/x",
    ] {
        ask(&web, uri).await;
    }
    time::sleep(Duration::from_millis(1)).await;
    assert_sent(&Page::of(&web));
    assert_answered(&Page::of(&blue));
    assert_eq!(Page::of(&green).value("mesh_requests_total", ""), 0.0);
}

fn assert_sent(page: &Page) {
    let all = "direction=outbound mesh=shop virtual_node=web virtual_service=orders.local route=all target=blue";
    let slow = "direction=outbound route=slow target=blue";
    let none = "direction=outbound virtual_service=none.local target=none";
    let lost = "direction=outbound virtual_service= route= target=";
    page.assert_values(&[
        ("mesh_requests_total", &with(all, "class=2xx"), 4.0),
        ("mesh_requests_total", &with(all, "class=4xx"), 1.0),
        ("mesh_requests_total", &with(all, "class=5xx"), 1.0),
        ("mesh_requests_total", all, 6.0),
        ("mesh_requests_total", &with(slow, "class=5xx"), 1.0),
        ("mesh_requests_total", &with(none, "class=5xx"), 1.0),
        ("mesh_requests_total", &with(lost, "class=4xx"), 2.0),
        ("mesh_requests_total", "", 10.0),
        ("mesh_retries_total", all, 2.0),
        ("mesh_retries_total", "", 2.0),
        ("mesh_request_flags_total", &with(all, "flag=URX"), 1.0),
        ("mesh_request_flags_total", &with(slow, "flag=UT"), 1.0),
        ("mesh_request_flags_total", &with(none, "flag=UH"), 1.0),
        ("mesh_request_flags_total", &with(lost, "flag=NR"), 2.0),
        ("mesh_request_flags_total", "", 5.0),
        ("mesh_refusals_total", &with(none, "reason=UH"), 1.0),
        ("mesh_refusals_total", &with(lost, "reason=NR"), 2.0),
        ("mesh_refusals_total", "", 3.0),
        ("mesh_request_duration_seconds_count", all, 6.0),
        (
            "mesh_request_duration_seconds_bucket",
            &with(all, "le=0.01"),
            4.0,
        ),
        (
            "mesh_request_duration_seconds_bucket",
            &with(all, "le=0.25"),
            6.0,
        ),
        (
            "mesh_request_duration_seconds_bucket",
            &with(all, "le=+Inf"),
            6.0,
        ),
        (
            "mesh_request_duration_seconds_bucket",
            &with(slow, "le=0.5"),
            0.0,
        ),
        (
            "mesh_request_duration_seconds_bucket",
            &with(slow, "le=1"),
            1.0,
        ),
        ("mesh_request_duration_seconds_sum", slow, 1.0),
        ("mesh_outbound_requests_in_flight", "", 0.0),
    ]);
}

fn assert_answered(page: &Page) {
    let inbound = "direction=inbound mesh=shop virtual_node=blue virtual_service= target=";
    page.assert_values(&[
        ("mesh_requests_total", &with(inbound, "class=2xx"), 4.0),
        ("mesh_requests_total", &with(inbound, "class=4xx"), 1.0),
        ("mesh_requests_total", &with(inbound, "class=5xx"), 3.0),
        ("mesh_requests_total", &with(inbound, "class=none"), 1.0),
        ("mesh_request_flags_total", &with(inbound, "flag=DC"), 1.0),
        ("mesh_requests_total", "", 9.0),
        ("mesh_request_duration_seconds_count", inbound, 9.0),
        ("mesh_inbound_requests_in_flight", "", 0.0),
    ]);
}

fn with(labels: &str, more: &str) -> String {
    format!("{labels} {more}")
}

#[tokio::test(start_paused = true)]
async fn counts_go_on_when_weights_change_and_stay_when_routes_leave() {
    let [web, ..] = shop(&model(1, 1)).await;
    let count = |labels: &str| Page::of(&web).value("mesh_requests_total", labels);
    for _ in 0..20 {
        ask(&web, "/hello").await;
    }
    let (blue, green) = (count("target=blue"), count("target=green"));
    assert!(
        blue > 0.0 && green > 0.0 && blue + green == 20.0,
        "{blue} {green}"
    );

    let apply = async |blue, green| {
        let config = Config::from(model(blue, green));
        web.apply(&config).await.expect("it fits");
    };
    apply(1, 3).await;
    for _ in 0..20 {
        ask(&web, "/hello").await;
    }
    assert!(count("target=blue") > blue && count("target=green") > green);
    assert_eq!(count("route=all"), 40.0);

    apply(1, 0).await;
    let left = count("target=green");
    ask(&web, "/hello").await;
    assert_eq!(
        (count("target=green"), count("route=all")),
        (left, 41.0),
        "it stays readable"
    );
    apply(0, 1).await;
    ask(&web, "/hello").await;
    assert_eq!(
        (count("target=green"), count("route=all")),
        (left + 1.0, 42.0),
        "it goes on where it was"
    );
}

#[tokio::test(start_paused = true)]
async fn a_request_that_began_under_another_configuration_is_counted_where_it_began() {
    let [web, ..] = shop(&model(0, 1)).await;
    let client = web.client_for("orders.local").expect("a backend");
    let running = tokio::spawn(client.get("/half").send());
    time::sleep(Duration::from_millis(1)).await;
    assert_eq!(
        Page::of(&web).value("mesh_outbound_requests_in_flight", ""),
        1.0
    );
    web.apply(&Config::from(model(1, 0)))
        .await
        .expect("it fits");
    let answer = running.await.expect("no panic").expect("an answer");
    answer.bytes().await.expect("a body");
    Page::of(&web).assert_values(&[
        ("mesh_requests_total", "target=green", 1.0),
        ("mesh_requests_total", "target=blue", 0.0),
    ]);
}
