//! What the mesh refuses by itself, as an error to its own caller and as the answer that a sidecar would have given.

use std::time::Duration;

use futures::future::join_all;
use http::{Request, StatusCode};
use http_body_util::BodyExt;
use mesh_core::{
    compile::Target,
    config::{
        CertificateFiles, ClientPolicy, ClientTrust, ClientValidation, Config, EgressFilter,
        FilePath, Listener, ListenerCertificate, ListenerTls, Mesh as Model, TlsMode, VirtualNode,
        VirtualService,
    },
    metric::Flag,
    unit::Protocol,
};
use mesh_tower::{Body, Client, ErrorKind, Mesh, test_util::MemoryNetwork};
use tokio::time::{self, Instant};
use tower::ServiceExt;

fn model(protocol: Protocol, egress: EgressFilter) -> Model {
    Model::builder("shop")
        .egress_filter(egress)
        .virtual_node(VirtualNode::builder("web").backend("orders.local"))
        .virtual_node(
            VirtualNode::builder("orders")
                .listener(8080, protocol)
                .dns("orders.local"),
        )
        .virtual_service(VirtualService::builder("orders.local").virtual_node("orders"))
        .build()
        .expect("the model is valid")
}

/// A mesh that calls an endpoint at which nobody listens, unless somebody is made to.
async fn web(network: &MemoryNetwork, model: Model, max_waiting: usize) -> Mesh {
    let builder = Mesh::builder()
        .config(model)
        .virtual_node("web")
        .network(network)
        .max_waiting(max_waiting);
    builder
        .endpoint("orders", "10.0.0.1:8080")
        .seed(7)
        .start()
        .await
        .expect("the mesh starts")
}

/// Status, body and the header that says whether a limit was the reason.
async fn proxied(client: &Client, uri: &str) -> (StatusCode, String, bool) {
    let request = Request::get(uri).body(Body::empty()).expect("a request");
    let Ok(answer) = client.as_proxy().oneshot(request).await;
    let (status, overloaded) = (
        answer.status(),
        answer.headers().contains_key("x-envoy-overloaded"),
    );
    let body = answer
        .into_body()
        .collect()
        .await
        .expect("a body")
        .to_bytes();
    (
        status,
        String::from_utf8_lossy(&body).into_owned(),
        overloaded,
    )
}

#[tokio::test(start_paused = true)]
async fn each_refusal_has_its_own_kind_flag_and_answer() {
    let network = MemoryNetwork::new();
    let mesh = web(&network, model(Protocol::Http, EgressFilter::DropAll), 1024).await;
    let gone = "upstream connect error or disconnect/reset before headers. retried and the latest reset reason: \
                remote connection failure";
    let rows = [
        (
            "http://nowhere.local/",
            ErrorKind::NoRoute,
            Flag::NoRoute,
            StatusCode::NOT_FOUND,
            "",
        ),
        (
            "http://orders.local:9/",
            ErrorKind::NoRoute,
            Flag::NoRoute,
            StatusCode::NOT_FOUND,
            "",
        ),
        (
            "http://orders.local/",
            ErrorKind::Unavailable,
            Flag::UpstreamConnectionFailure,
            StatusCode::SERVICE_UNAVAILABLE,
            gone,
        ),
    ];
    for (uri, kind, flag, status, body) in rows {
        let error = mesh.client().get(uri).send().await.expect_err(uri);
        assert_eq!(
            (error.kind(), error.flag()),
            (kind, Some(flag)),
            "{uri}: {error}"
        );
        assert_eq!(
            proxied(&mesh.client(), uri).await,
            (status, body.to_owned(), false),
            "{uri}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn requests_beyond_those_that_may_wait_are_shed_at_once() {
    let network = MemoryNetwork::new();
    let model = model(Protocol::Http2, EgressFilter::DropAll);
    // Bound and never served: connections are made, but HTTP/2 does not begin on them.
    let silent = Mesh::builder()
        .config(model.clone())
        .virtual_node("orders")
        .network(&network);
    let _silent = silent
        .bind(8080, "10.0.0.1:8080")
        .start()
        .await
        .expect("the mesh starts");
    let mesh = web(&network, model, 2).await;
    let client = mesh.client_for("orders.local").expect("a backend");

    let waiting: Vec<_> = (0..2)
        .map(|_| tokio::spawn(client.get("/").send()))
        .collect();
    time::sleep(Duration::from_millis(1)).await;
    let start = Instant::now();
    let shed = client.get("/").send().await.expect_err("two wait already");
    assert_eq!(
        (shed.kind(), shed.flag()),
        (ErrorKind::Overflow, Some(Flag::UpstreamOverflow)),
        "{shed}"
    );
    let (status, body, overloaded) = proxied(&client, "/").await;
    assert_eq!(
        (status, overloaded),
        (StatusCode::SERVICE_UNAVAILABLE, true)
    );
    assert!(body.ends_with("reset reason: overflow"), "{body}");
    assert!(start.elapsed().is_zero(), "nobody waited to be told");

    for waited in join_all(waiting).await {
        let error = waited.expect("no panic").expect_err("HTTP/2 never begins");
        assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
    }
    let freed = client
        .get("/")
        .send()
        .await
        .expect_err("HTTP/2 never begins");
    assert_eq!(
        freed.kind(),
        ErrorKind::Unavailable,
        "the places are free again: {freed}"
    );
}

#[tokio::test]
async fn what_cannot_be_sent_is_said_before_anything_is_sent() {
    let mesh = web(
        &MemoryNetwork::new(),
        model(Protocol::Http, EgressFilter::DropAll),
        1024,
    )
    .await;
    let client = mesh.client_for("orders.local").expect("a backend");
    for (request, about) in [
        (client.get("no uri"), "no URI"),
        (client.get("/").header("bad name", "x"), "bad name"),
        (client.get("/").header("x-name", "bad\nvalue"), "x-name"),
    ] {
        let error = request.send().await.expect_err(about);
        assert_eq!(error.kind(), ErrorKind::Request, "{error}");
        assert!(error.to_string().contains(about), "{error}");
    }
}

#[tokio::test]
async fn a_mesh_that_cannot_be_started_says_why() {
    let tcp = Model::builder("shop")
        .virtual_node(
            VirtualNode::builder("db")
                .listener(5432, Protocol::Tcp)
                .dns("db.local"),
        )
        .build()
        .expect("the model is valid");
    let plain = || model(Protocol::Http, EgressFilter::DropAll);
    let web = || Mesh::builder().config(plain()).virtual_node("web");
    let rows = [
        (Mesh::builder().config(tcp).virtual_node("db"), "speaks tcp"),
        (Mesh::builder(), "no configuration was given"),
        (
            Mesh::builder().config(plain()).virtual_node("wbe"),
            "does not fit this node",
        ),
        (web().app_mesh_file("mesh.yaml"), "more than once"),
        (
            web().parameter("Stage", "test"),
            "parameters and readers are for the files",
        ),
        (
            web().endpoint("nobody", "127.0.0.1:1"),
            "no virtual node has that name",
        ),
        (web().endpoint("orders", "localhost"), "ADDRESS:PORT"),
        (web().bind(8080, "127.0.0.1:0"), "has no listener on it"),
    ];
    for (builder, why) in rows {
        let error = builder
            .network(&MemoryNetwork::new())
            .start()
            .await
            .expect_err(why);
        assert_eq!(error.kind(), ErrorKind::Config, "{error:?}");
        assert!(format!("{error:?}").contains(why), "{why}: {error:?}");
    }
}

/// The model's mesh, where `orders` offers TLS in this mode and `web` asks for it or not.
fn with_tls(mode: TlsMode, enforced: bool) -> Model {
    let path = |name: &str| FilePath::new(name).expect("a path");
    let files = CertificateFiles::new(path("/c.pem"), path("/k.pem"));
    let tls = ListenerTls::new(mode, ListenerCertificate::File(files));
    let orders = Listener::builder(8080, Protocol::Http).tls(tls);
    let web = VirtualNode::builder("web").backend("orders.local");
    let trust = ClientTrust::File(path("/ca.pem"));
    let web = match enforced {
        true => web.client_policy(ClientPolicy::new(ClientValidation::new(trust))),
        false => web,
    };
    Model::builder("shop")
        .virtual_node(web)
        .virtual_node(
            VirtualNode::builder("orders")
                .listener_with(orders)
                .dns("orders.local"),
        )
        .virtual_service(VirtualService::builder("orders.local").virtual_node("orders"))
        .build()
        .expect("the model is valid")
}

#[tokio::test]
async fn what_has_to_speak_tls_does_not_start_in_plain_text() {
    use TlsMode::{Disabled, Permissive, Strict};
    let rows = [
        (
            "orders",
            Strict,
            false,
            Some("port 8080 has TLS mode STRICT"),
        ),
        ("orders", Permissive, false, Some("has TLS mode PERMISSIVE")),
        ("orders", Disabled, false, None),
        (
            "web",
            Strict,
            false,
            Some("calls to orders on port 8080 go out with TLS"),
        ),
        ("web", Permissive, false, Some("go out with TLS")),
        ("web", Disabled, true, Some("go out with TLS")),
        ("web", Disabled, false, None),
    ];
    for (node, mode, enforced, why) in rows {
        let network = MemoryNetwork::new();
        let builder = Mesh::builder().config(with_tls(mode, enforced));
        let started = builder.virtual_node(node).network(&network).start().await;
        let row = format!("{node} {mode:?} {enforced}");
        match (started, why) {
            (Ok(_), None) => {}
            (Err(error), Some(why)) => {
                assert_eq!(error.kind(), ErrorKind::Config, "{row}: {error:?}");
                assert!(format!("{error:?}").contains(why), "{row}: {error:?}");
            }
            (started, why) => panic!("{row}: {started:?}, not {why:?}"),
        }
    }
}

#[tokio::test]
async fn a_reload_that_asks_for_tls_leaves_what_was_in_force() {
    let network = MemoryNetwork::new();
    let mesh = web(&network, with_tls(TlsMode::Disabled, false), 8).await;
    let asks = Config::from(with_tls(TlsMode::Strict, false));
    let error = mesh.apply(&asks).await.expect_err("TLS is not spoken");
    assert!(
        format!("{error:?}").contains("go out with TLS"),
        "{error:?}"
    );
    assert!(mesh.client_for("orders.local:8080").is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_target_of_which_discovery_knows_no_endpoint_refuses_at_once() {
    let target = Target::dns("no-such-host.invalid.");
    let mesh = Mesh::builder()
        .service("orders:80", target)
        .network(&MemoryNetwork::new());
    let mesh = mesh.start().await.expect("the mesh starts");
    let start = Instant::now();
    let error = mesh
        .client_for("orders:80")
        .expect("a service")
        .get("/")
        .send()
        .await
        .expect_err("none");
    assert_eq!(error.flag(), Some(Flag::NoHealthyUpstream), "{error}");
    assert!(error.is_safe_to_retry());
    assert!(start.elapsed().is_zero());
}
