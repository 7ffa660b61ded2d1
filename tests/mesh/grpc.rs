//! gRPC through the mesh: tonic's stubs and servers, unchanged.

mod cancellation;
mod deadlines;
mod echo;
mod fleet;
mod kinds;
mod pair;
mod refusals;
mod spread;
mod tools;

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use futures::{StreamExt, stream};
use http::{HeaderMap, HeaderName, HeaderValue, Request, header::CONTENT_TYPE};
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use mesh_core::{
    Defaults,
    config::{Mesh as Model, VirtualNode, VirtualService},
    unit::Protocol,
};
use mesh_tower::{Body, Client, Error, Mesh, test_util::MemoryNetwork};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    sync::oneshot,
    task::JoinHandle,
    time,
};
use tonic::{Code, service::Routes};
use tonic_health::{
    pb::{HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient},
    server::{HealthReporter, health_reporter},
};

use crate::support::{BoxError, Peer, PeerBody, calling};

/// tonic-health's own server behind one mesh, called through another; the reporter changes what it answers.
struct Greeter {
    reporter: HealthReporter,
    stub: HealthClient<Client>,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<Result<(), Error>>,
}

async fn greeter() -> Greeter {
    let greeter = VirtualNode::builder("greeter")
        .listener(50_051, Protocol::Grpc)
        .dns("greeter.local");
    let model = Model::builder("shop")
        .virtual_node(VirtualNode::builder("web").backend("greeter.local"))
        .virtual_node(greeter)
        .virtual_service(VirtualService::builder("greeter.local").virtual_node("greeter"))
        .build()
        .expect("the model is valid");
    let network = MemoryNetwork::new();
    let start = |node: &str| {
        Mesh::builder()
            .config(model.clone())
            .virtual_node(node)
            .network(&network)
    };
    let server = start("greeter")
        .bind(50_051, "10.0.0.1:50051")
        .start()
        .await
        .expect("the server's mesh starts");
    let web = start("web")
        .endpoint("greeter", "10.0.0.1:50051")
        .start()
        .await
        .expect("the client's mesh starts");

    let (reporter, health) = health_reporter();
    reporter
        .set_service_status("greeter", tonic_health::ServingStatus::Serving)
        .await;
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = tokio::spawn(async move {
        server
            .serve_until(Routes::new(health), async { drop(stopped.await) })
            .await
    });
    let stub = HealthClient::new(web.client_for("greeter.local:50051").expect("a backend"));
    Greeter {
        reporter,
        stub,
        stop,
        serving,
    }
}

fn about(service: &str) -> HealthCheckRequest {
    HealthCheckRequest {
        service: service.into(),
    }
}

#[tokio::test]
async fn a_tonic_server_is_served_and_its_stub_calls_it_through_the_mesh() {
    let Greeter {
        reporter,
        mut stub,
        stop,
        serving,
    } = greeter().await;
    let unary = stub.check(about("greeter")).await.expect("an answer");
    assert_eq!(unary.into_inner().status(), ServingStatus::Serving);
    let unknown = stub
        .check(about("nobody"))
        .await
        .expect_err("an unknown service");
    assert_eq!(
        unknown.code(),
        Code::NotFound,
        "the application's own status comes through"
    );

    let mut watch = stub
        .watch(about("greeter"))
        .await
        .expect("a stream")
        .into_inner();
    assert_eq!(
        watch
            .next()
            .await
            .expect("a message")
            .expect("no error")
            .status(),
        ServingStatus::Serving
    );
    reporter
        .set_service_status("greeter", tonic_health::ServingStatus::NotServing)
        .await;
    assert_eq!(
        watch
            .next()
            .await
            .expect("a message")
            .expect("no error")
            .status(),
        ServingStatus::NotServing
    );
    drop(watch);

    stop.send(()).expect("the server runs");
    serving
        .await
        .expect("the server does not panic")
        .expect("the server drains");
}

#[tokio::test]
async fn a_stub_without_an_origin_of_its_own_takes_the_clients() {
    let (_reporter, health) = health_reporter();
    let listener = TcpListener::bind("127.0.0.1:0")
        .await
        .expect("loopback can be bound");
    let addr = listener
        .local_addr()
        .expect("a bound socket has an address");
    let incoming = tokio_stream::wrappers::TcpListenerStream::new(listener);
    let server = tokio::spawn(
        tonic::transport::Server::builder()
            .add_service(health)
            .serve_with_incoming(incoming),
    );
    let mesh = calling(&["greeter.local"], Protocol::Grpc, addr).await;
    let mut stub = HealthClient::new(mesh.client_for("greeter.local:8080").expect("a backend"));
    let answer = stub
        .check(HealthCheckRequest {
            service: String::new(),
        })
        .await
        .expect("an answer");
    assert_eq!(answer.into_inner().status(), ServingStatus::Serving);
    server.abort();
}

#[tokio::test]
async fn a_refused_call_keeps_its_code() {
    // Nothing listens there: the address was given back.
    let gone = TcpListener::bind("127.0.0.1:0")
        .await
        .expect("loopback can be bound")
        .local_addr();
    let mesh = calling(
        &["greeter.local"],
        Protocol::Grpc,
        gone.expect("an address"),
    )
    .await;
    let mut unavailable = HealthClient::new(mesh.client_for("greeter.local").expect("a backend"));
    let status = unavailable
        .check(HealthCheckRequest::default())
        .await
        .expect_err("nobody is there");
    assert_eq!(status.code(), Code::Unavailable, "{status:?}");
    assert!(
        status.message().contains("greeter.local"),
        "it says who was called: {status:?}"
    );

    let origin = "http://nowhere.local".parse().expect("a URI");
    let mut unrouted = HealthClient::with_origin(mesh.client(), origin);
    let status = unrouted
        .check(HealthCheckRequest::default())
        .await
        .expect_err("no route");
    assert_eq!(status.code(), Code::Unimplemented, "{status:?}");
}

#[tokio::test]
async fn a_bidirectional_stream_whose_client_waits_for_the_head_first_does_not_deadlock() {
    let peer = Peer::start(|request| async move {
        let echo = request.into_body().map_err(BoxError::from);
        let mut response = http::Response::new(PeerBody::new(echo));
        response
            .headers_mut()
            .insert(CONTENT_TYPE, "application/grpc".parse().expect("a value"));
        response
    })
    .await;
    let mesh = calling(&["greeter.local"], Protocol::Grpc, peer.addr).await;
    let client = mesh.client_for("greeter.local").expect("a backend");

    let (first, gate) = oneshot::channel::<()>();
    let messages = stream::once(async move {
        gate.await.map_err(BoxError::from)?;
        Ok::<_, BoxError>(Frame::data(Bytes::from_static(b"after the head")))
    });
    let request = Request::post("/pkg.Echo/Chat")
        .header(CONTENT_TYPE, "application/grpc")
        .body(Body::new(StreamBody::new(messages)))
        .expect("a request");
    let answer = time::timeout(Duration::from_secs(5), client.send(request))
        .await
        .expect("no deadlock");
    first.send(()).expect("the stream waits");
    let echoed = answer
        .expect("a head")
        .into_body()
        .collect()
        .await
        .expect("a body")
        .to_bytes();
    assert_eq!(echoed, "after the head");
}

#[tokio::test]
async fn a_response_that_breaks_while_its_trailers_are_looked_for_is_broken() {
    // Over HTTP/1 an error is told once: whoever looks for trailers must not keep it to itself.
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback");
    let addr = listener.local_addr().expect("bound");
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("a connection");
        let mut head = [0; 1024];
        let _ = stream.read(&mut head).await;
        let broken = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nno length\r\n";
        let _ = stream.write_all(broken).await;
        std::future::pending::<()>().await;
    });
    let mesh = calling(&["orders.local"], Protocol::Http, addr).await;
    let client = mesh.client_for("orders.local").expect("a backend");
    let request = Request::post("/").header(CONTENT_TYPE, "application/grpc");
    let request = request.body(Body::empty()).expect("a request");
    let answer = client.send(request).await.expect("a head");
    if answer.headers().contains_key("grpc-status") {
        return; // It broke before the head was handed on.
    }
    let told = answer
        .into_body()
        .collect()
        .await
        .expect("told in trailers");
    let trailers = told.trailers().expect("no clean end");
    assert_eq!(trailers["grpc-status"], "14");
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_is_cut_tells_the_stub_why() {
    let Greeter { mut stub, .. } = greeter().await;
    let mut watch = stub
        .watch(about("greeter"))
        .await
        .expect("a stream")
        .into_inner();
    watch.next().await.expect("a message").expect("no error");
    // Nothing changes, and nothing moves for as long as the defaults of both ends allow.
    let cut = watch
        .next()
        .await
        .expect("a status")
        .expect_err("the stream is cut");
    assert_eq!(cut.code(), Code::Unavailable, "{cut:?}");
    assert!(cut.message().contains("greeter.local"), "{cut:?}");
}

#[tokio::test]
async fn a_status_in_trailers_that_are_there_already_is_tried_again_where_the_policy_says_so() {
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = asked.clone();
    let peer = Peer::start(move |_request| {
        let code = if counted.fetch_add(1, Ordering::SeqCst) == 0 {
            "14"
        } else {
            "0"
        };
        async move {
            let trailers = HeaderMap::from_iter([(
                HeaderName::from_static("grpc-status"),
                HeaderValue::from_static(code),
            )]);
            let frames = stream::iter([Ok::<_, BoxError>(Frame::trailers(trailers))]);
            let mut response = http::Response::new(PeerBody::new(StreamBody::new(frames)));
            response
                .headers_mut()
                .insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
            response
        }
    })
    .await;
    let model = Model::builder("shop")
        .virtual_node(VirtualNode::builder("web").backend("orders.local"))
        .virtual_node(
            VirtualNode::builder("orders")
                .listener(8080, Protocol::Grpc)
                .dns("orders.local"),
        )
        .virtual_service(VirtualService::builder("orders.local").virtual_node("orders"))
        .build()
        .expect("the model is valid");
    let mesh = Mesh::builder()
        .config(model)
        .virtual_node("web")
        .defaults(Defaults::AppMesh.with_unsafe_retries());
    let mesh = mesh
        .endpoint("orders", peer.addr)
        .start()
        .await
        .expect("the mesh starts");
    let request =
        Request::post("http://orders.local/pkg.Svc/Get").header(CONTENT_TYPE, "application/grpc");
    let answer = mesh
        .client()
        .send(request.body(Body::empty()).expect("a request"))
        .await
        .expect("an answer");
    let told = answer.into_body().collect().await.expect("a body");
    assert_eq!(told.trailers().expect("trailers")["grpc-status"], "0");
    assert_eq!(asked.load(Ordering::SeqCst), 2);
}
