//! What a line tells beside how the request ended, and where lines go.

use std::{
    convert::Infallible,
    fs,
    future::pending,
    io::{self, Write},
    path::{Path, PathBuf},
    sync::mpsc,
    time::Duration,
};

use bytes::Bytes;
use futures::stream;
use http::{Method, Request, Response, StatusCode};
use http_body::Frame;
use http_body_util::{Full, StreamBody};
use mesh_core::{
    Config,
    unit::Protocol::{Http, Http2},
};
use mesh_tower::{Body, ErrorKind, Mesh, MeshBuilder, test_util::MemoryNetwork};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time,
};
use tower::{Layer, ServiceExt, service_fn};

use super::{
    assert_lines, fits,
    shop::{Shop, tunnel},
};
use crate::support::{BoxError, Log, two_nodes};

#[tokio::test(start_paused = true)]
async fn both_nodes_count_the_bytes_that_bodies_really_had() {
    type Row = (Method, &'static str, fn() -> Body, &'static str);
    let rows: [Row; 8] = [
        (Method::GET, "/hello", Body::empty, "200 - 0 5"),
        (Method::HEAD, "/hello", Body::empty, "200 - 0 0"),
        (Method::GET, "/empty", Body::empty, "204 - 0 0"),
        (Method::POST, "/echo", Body::empty, "200 - 0 0"),
        (Method::POST, "/echo", whole, "200 - 12 12"),
        (Method::POST, "/echo", in_pieces, "200 - 12 12"),
        (Method::PUT, "/again/echo", whole, "200 - 12 12"),
        (Method::PUT, "/again/echo", in_pieces, "200 - 12 12"),
    ];
    for protocol in [Http, Http2] {
        let shop = Shop::open(protocol).await;
        for (method, path, body, counted) in rows.clone() {
            let mut request = Request::new(body());
            (*request.method_mut(), *request.uri_mut()) =
                (method.clone(), path.parse().expect("a path"));
            shop.send_body(request).await;
            let (sent, answered) = shop.lines().await;
            for line in sent.iter().chain(&answered) {
                let told = line.split('"').nth(2).expect("numbers");
                assert!(
                    told.starts_with(&format!(" {counted} ")),
                    "{protocol:?} {method} {path}: {line}"
                );
            }
            assert_eq!((sent.len(), answered.len()), (1, 1), "{method} {path}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_that_is_sent_again_is_counted_once_by_its_caller() {
    for body in [whole, in_pieces] {
        let shop = Shop::open(Http).await;
        let mut request = Request::new(body());
        (*request.method_mut(), *request.uri_mut()) =
            (Method::PUT, "/again/flaky-echo".parse().expect("a path"));
        shop.send_body(request).await;
        let (sent, answered) = shop.lines().await;
        let tail = r#""-" "-" "ID" "orders.local""#;
        let line = |end: &str| format!(r#""PUT /again/flaky-echo HTTP/1.1" {end}"#);
        assert_lines(
            "sent",
            &sent,
            &[&line(&format!(r#"200 - 12 12 ~ 0 {tail} "10.0.0.1:8080""#))],
        );
        let answers =
            ["503 - 12 0", "200 - 12 12"].map(|told| line(&format!(r#"{told} 0 0 {tail} "-""#)));
        assert_lines(
            "answered",
            &answered,
            &answers.each_ref().map(String::as_str),
        );
    }
}

#[tokio::test(start_paused = true)]
async fn what_the_caller_says_of_itself_is_told_by_both_nodes() {
    for (protocol, spoken) in [(Http, "HTTP/1.1"), (Http2, "HTTP/2")] {
        let shop = Shop::open(protocol).await;
        let request = Request::get("/hello?id=7&name=%C3%A9")
            .header("host", "orders.local:8080")
            .header("x-request-id", "the-callers-own")
            .header("user-agent", "curl/8.5.0")
            .header("x-forwarded-for", "203.0.113.7, 10.0.0.4");
        shop.send(request).await;
        let (sent, answered) = shop.lines().await;
        let told = r#""203.0.113.7, 10.0.0.4" "curl/8.5.0" "the-callers-own" "orders.local:8080""#;
        let asked = "GET /hello?id=7&name=%C3%A9";
        let line = |spoken: &str, upstream: &str| {
            format!(r#""{asked} {spoken}" 200 - 0 5 0 0 {told} "{upstream}""#)
        };
        assert_lines("sent", &sent, &[&line("HTTP/1.1", "10.0.0.1:8080")]);
        assert_lines("answered", &answered, &[&line(spoken, "-")]);
    }
}

#[tokio::test]
async fn a_mesh_that_has_stopped_writes_a_line_of_what_it_refuses() {
    let log = Log::default();
    let mesh = orders().without_listeners().access_log(log.clone());
    let mesh = mesh.start().await.expect("the mesh starts");
    let app = service_fn(async |_: Request<Body>| {
        Ok::<_, Infallible>(Response::new(Full::new(Bytes::new())))
    });
    let app = mesh.inbound().layer(app);
    mesh.stop(Duration::ZERO).await;
    let refused = app.oneshot(Request::new(Body::empty())).await;
    let Ok(refused) = refused;
    assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
    drop(refused);
    let lines = log.lines(&mesh).await;
    let expected = r#""GET / HTTP/1.1" 503 LR 0 0 0 0 "-" "-" "ID" "-" "-""#;
    assert_lines("refused", &lines, &[expected]);
}

#[tokio::test]
async fn a_tunnel_that_comes_in_leaves_its_line_when_it_closes() {
    let log = Log::default();
    let mesh = Mesh::builder().config(two_nodes()).virtual_node("orders");
    let mesh = mesh.bind(8080, "127.0.0.1:0").access_log(log.clone());
    let mesh = mesh.start().await.expect("the mesh starts");
    let echo = service_fn(async |request| Ok::<_, Infallible>(tunnel(request, StatusCode::OK)));
    let server = mesh.clone();
    let serving = tokio::spawn(async move { server.serve_until(echo, pending()).await });
    let mut peer = TcpStream::connect(mesh.addrs()[&8080])
        .await
        .expect("connected");
    let ask = b"CONNECT db:5432 HTTP/1.1\r\nhost: db:5432\r\n\r\n";
    peer.write_all(ask).await.expect("sent");
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        peer.read_buf(&mut answer).await.expect("a head");
    }
    assert!(answer.starts_with(b"HTTP/1.1 200 OK"));
    assert!(log.lines(&mesh).await.is_empty(), "it is still open");
    drop(peer);
    while mesh.in_flight().1 > 0 {
        time::sleep(Duration::from_millis(1)).await;
    }
    let expected = r#""CONNECT - HTTP/1.1" 200 - 0 0 ~ ~ "-" "-" "ID" "db:5432" "-""#;
    assert_lines("tunnel", &log.lines(&mesh).await, &[expected]);
    serving.abort();
}

#[tokio::test]
async fn a_log_that_cannot_be_written_costs_its_lines_and_no_request() {
    struct Full;
    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mesh = orders().access_log(Full).start().await;
    let mesh = mesh.expect("the mesh starts");
    refuse(&mesh, 3).await;
    mesh.flush().await;
    assert_eq!(dropped(&mesh), 3);
}

#[tokio::test]
async fn a_log_that_blocks_costs_lines_that_are_counted_and_no_request() {
    let (release, released) = mpsc::channel();
    let log = Log::default();
    let blocking = Blocking {
        released,
        log: log.clone(),
    };
    let mesh = orders().access_log(blocking).start().await;
    let mesh = mesh.expect("the mesh starts");
    const MANY: usize = 4000;
    refuse(&mesh, MANY).await;
    let lost = dropped(&mesh);
    assert!(lost > 0, "no more than so many wait");
    drop(release);
    assert_eq!(log.lines(&mesh).await.len(), MANY - lost);
    assert_eq!(dropped(&mesh), lost);
    refuse(&mesh, 1).await;
    assert_eq!(log.lines(&mesh).await.len(), 1, "it goes on");
}

#[tokio::test]
async fn a_log_that_panics_costs_lines_and_nobody_waits_for_it() {
    struct Panics;
    impl Write for Panics {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            panic!("a log of a test")
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mesh = orders().access_log(Panics).start().await;
    let mesh = mesh.expect("the mesh starts");
    let start = time::Instant::now();
    refuse(&mesh, 1).await;
    for _ in 0..10 {
        mesh.flush().await;
    }
    assert!(start.elapsed() < Duration::from_secs(1));
    refuse(&mesh, 1).await;
    assert_eq!(dropped(&mesh), 2);
}

#[tokio::test]
async fn a_stop_does_not_wait_for_a_log_that_blocks() {
    let (release, released) = mpsc::channel();
    let blocking = Blocking {
        released,
        log: Log::default(),
    };
    let mesh = orders().access_log(blocking).start().await;
    let mesh = mesh.expect("the mesh starts");
    refuse(&mesh, 1).await;
    mesh.stop(Duration::ZERO).await;
    drop(release);
}

#[tokio::test]
async fn the_file_that_the_configuration_names_is_appended_to() {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("access.log");
    fs::write(&path, "what was there\n").expect("written");
    let mesh = from_template(&path).start().await.expect("the mesh starts");
    refuse(&mesh, 2).await;
    mesh.flush().await;
    let text = fs::read_to_string(&path).expect("read");
    let lines: Vec<_> = text.lines().collect();
    assert_eq!((lines[0], lines.len()), ("what was there", 3));
    let expected = r#""GET /x HTTP/1.1" 404 NR 0 0 0 - "-" "-" "ID" "nowhere.local" "-""#;
    assert!(lines[1..].iter().all(|line| fits(line, expected)), "{text}");

    let (log, before) = (Log::default(), text);
    let mesh = from_template(&path).access_log(log.clone()).start().await;
    let mesh = mesh.expect("the mesh starts");
    refuse(&mesh, 1).await;
    assert_eq!(
        log.lines(&mesh).await.len(),
        1,
        "the builder's own beats the file"
    );
    assert_eq!(fs::read_to_string(&path).expect("read"), before);
}

#[tokio::test]
async fn a_file_that_cannot_be_opened_is_an_error_that_says_what_to_do() {
    let path = Path::new("/no/such/directory/access.log");
    let error = from_template(path).start().await.expect_err("no directory");
    assert_eq!(error.kind(), ErrorKind::Config);
    let said = format!("{error:?}");
    for part in [
        "/no/such/directory/access.log",
        "cannot be opened",
        ".access_log(",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
}

#[tokio::test]
async fn what_was_not_written_yet_is_written_when_the_mesh_ends() {
    let log = Log::default();
    let mesh = orders().access_log(log.clone()).start().await;
    let mesh = mesh.expect("the mesh starts");
    refuse(&mesh, 1).await;
    mesh.stop(Duration::ZERO).await;
    assert_eq!(log.lines(&mesh).await.len(), 1);
}

fn whole() -> Body {
    Body::from("twelve bytes")
}

fn in_pieces() -> Body {
    let pieces = ["twe", "lve ", "bytes"].map(|piece| Ok::<_, BoxError>(Frame::data(piece.into())));
    Body::new(StreamBody::new(stream::iter(pieces)))
}

fn orders() -> MeshBuilder {
    let builder = Mesh::builder().config(two_nodes()).virtual_node("orders");
    builder.network(&MemoryNetwork::new())
}

/// Makes requests that go nowhere.
async fn refuse(mesh: &Mesh, times: usize) {
    for _ in 0..times {
        let refused = mesh.client().get("http://nowhere.local/x").send().await;
        assert_eq!(refused.expect_err("no route").kind(), ErrorKind::NoRoute);
    }
}

fn dropped(mesh: &Mesh) -> usize {
    let page = mesh.metrics();
    let line = page
        .lines()
        .find_map(|line| line.strip_prefix("mesh_records_dropped_total "));
    line.expect("a counter").parse().expect("a number")
}

/// Writes nothing until the other end of its channel is dropped.
struct Blocking {
    released: mpsc::Receiver<Infallible>,
    log: Log,
}

impl Write for Blocking {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let _ = self.released.recv();
        self.log.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A node whose template names a file for its access log.
fn from_template(path: &Path) -> MeshBuilder {
    let template = format!(
        "
Resources:
  Shop: {{ Type: AWS::AppMesh::Mesh, Properties: {{ MeshName: shop }} }}
  Orders:
    Type: AWS::AppMesh::VirtualNode
    Properties:
      MeshName: shop
      VirtualNodeName: orders
      Spec:
        Logging: {{ AccessLog: {{ File: {{ Path: {path:?} }} }} }}
"
    );
    let config = Config::parse("template.yaml", &template).expect("a template");
    Mesh::builder()
        .config(config)
        .virtual_node("orders")
        .network(&MemoryNetwork::new())
}
