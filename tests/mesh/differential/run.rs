//! Cases through both, and what was seen of them.

use std::{collections::BTreeMap, net::SocketAddr, path::Path, time::Duration};

use bytes::Bytes;
use futures::{StreamExt, future::join_all, stream};
use http::{HeaderMap, Request, Response, Version};
use http_body::Body as HttpBody;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use mesh_core::{Config, Defaults, unit::Protocol};
use mesh_tower::{Body, Mesh};
use tokio::{net::TcpStream, time};
use tower::ServiceExt;

use super::{case::Case, config, difference, script::Upstream};
use crate::{
    envoy::{self, Envoy},
    support::{BoxError, Log},
};

/// What became of one request.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Seen {
    /// How many attempts reached the upstream, and how many were made.
    pub(super) reached: usize,
    pub(super) attempts: usize,
    pub(super) status: u16,
    /// Header lines that are not each proxy's own.
    pub(super) headers: Vec<String>,
    /// The body and the trailers; `None` where the response was cut.
    pub(super) body: Option<(String, Vec<String>)>,
    /// What the log says of the request, of its status and flags and bytes, and of its caller and upstream.
    pub(super) line: String,
}

impl Seen {
    /// What gRPC's status is, in the head or in trailers.
    pub(super) fn grpc(&self) -> Option<u16> {
        let trailers = self.body.iter().flat_map(|(_, trailers)| trailers);
        let mut lines = self.headers.iter().chain(trailers);
        lines.find_map(|line| line.strip_prefix("grpc-status: ")?.parse().ok())
    }
}

/// What both made of each case.
#[derive(Debug)]
pub(super) struct Pair {
    pub(super) envoy: Seen,
    pub(super) ours: Seen,
}

/// An Envoy and a mesh that have the same cases, each with upstreams of its own.
pub(super) struct Both {
    pub(super) envoy: Side<Envoy>,
    pub(super) ours: Side<Mesh>,
    /// Where Envoy tells what it knows.
    pub(super) admin: SocketAddr,
    log: Log,
}

/// One of them, and the upstreams of each case: its endpoints.
pub(super) struct Side<P> {
    pub(super) proxy: P,
    pub(super) upstreams: Vec<Vec<Upstream>>,
}

impl Both {
    pub(super) async fn start(name: &str, cases: &[Case]) -> Self {
        let (theirs, ours) = (upstreams(cases).await, upstreams(cases).await);
        let addressed = cases.iter().zip(&theirs);
        let addrs = |peers: &[Upstream]| peers.iter().map(|peer| peer.addr).collect();
        let addressed = addressed.map(|(case, peers)| (case.clone(), addrs(peers)));
        let (addressed, admin): (Vec<_>, _) = (addressed.collect(), envoy::unused());
        let config = |addr: SocketAddr, log: &Path| config::envoy(&addressed, addr, admin, log);
        let envoy = Envoy::start(name, config).await;
        let (mesh, log) = start(cases, &ours).await;
        Self {
            envoy: Side {
                proxy: envoy,
                upstreams: theirs,
            },
            ours: Side {
                proxy: mesh,
                upstreams: ours,
            },
            admin,
            log,
        }
    }

    async fn asked(&self, case: &Case, number: usize) -> (Told, Told) {
        let theirs = through_envoy(self.envoy.proxy.addr, case, number);
        let ours = through_mesh(&self.ours.proxy, case, number);
        let both = async { tokio::join!(theirs, ours) };
        let both = time::timeout(PATIENCE, both).await;
        both.unwrap_or_else(|_| panic!("case {number} never ends: {case:?}"))
    }

    /// The statuses that both answered with.
    pub(super) async fn ask(&self, case: &Case, number: usize) -> (u16, u16) {
        let (theirs, ours) = self.asked(case, number).await;
        (theirs.status, ours.status)
    }
}

impl<P> Side<P> {
    fn reached(&self, number: usize) -> usize {
        self.upstreams[number].iter().map(Upstream::played).sum()
    }
}

/// Through an Envoy and through a mesh, both of which have all the cases in one configuration.
pub(super) async fn run(name: &str, cases: &[Case]) -> Vec<Pair> {
    let both = Both::start(name, cases).await;
    let asked = cases
        .iter()
        .enumerate()
        .map(|(number, case)| both.asked(case, number));
    let told: Vec<_> = stream::iter(asked).buffered(AT_ONCE).collect().await;
    let their_lines = by_number(both.envoy.proxy.lines(cases.len()).await);
    let our_lines = by_number(both.log.lines(&both.ours.proxy).await);
    let metrics = both.ours.proxy.metrics();
    let pair = |(number, (theirs, ours)): (usize, (Told, Told))| {
        let line = |lines: &BTreeMap<usize, String>| {
            let line = lines.get(&number).cloned();
            line.unwrap_or_else(|| panic!("no line of case {number}"))
        };
        let retries = retries(&metrics, &config::node(number));
        let (their_line, our_line) = (line(&their_lines), line(&our_lines));
        Pair {
            envoy: theirs.seen(
                both.envoy.reached(number),
                attempts(&their_line),
                &their_line,
            ),
            ours: ours.seen(both.ours.reached(number), retries + 1, &our_line),
        }
    };
    told.into_iter().enumerate().map(pair).collect()
}

/// The status and the body, `None` where it was cut, through a mesh alone.
pub(super) async fn ours(case: &Case) -> (u16, Option<String>) {
    let cases = std::slice::from_ref(case);
    let upstreams = upstreams(cases).await;
    let (mesh, _log) = start(cases, &upstreams).await;
    let told = through_mesh(&mesh, case, 0).await;
    (told.status, told.body.map(|(text, _)| text))
}

/// All of them the same through both, or the test fails with what is not.
pub(super) async fn same(name: &str, cases: &[Case]) {
    if !envoy::is_here() {
        return;
    }
    let pairs = run(name, cases).await;
    let pairs = cases.iter().zip(pairs).enumerate();
    let differing = pairs.filter(|(_, (_, pair))| pair.envoy != pair.ours);
    let differing: Vec<_> = differing
        .map(|(number, (case, Pair { envoy, ours }))| {
            format!("{number}: {case:?}\n  envoy {envoy:?}\n  ours  {ours:?}")
        })
        .collect();
    assert!(
        differing.is_empty(),
        "{} of {} cases differ\n{}",
        differing.len(),
        cases.len(),
        differing.join("\n")
    );
    println!("{} cases are the same through both", cases.len());
}

/// So many cases at a time: more would make a small machine miss their limits.
const AT_ONCE: usize = 24;
const PATIENCE: Duration = Duration::from_secs(60);

async fn upstreams(cases: &[Case]) -> Vec<Vec<Upstream>> {
    let starting = cases.iter().map(|case| {
        let scripts = std::iter::once(&case.script).chain(&case.others);
        join_all(scripts.map(|script| Upstream::start(case.protocol, script)))
    });
    join_all(starting).await
}

async fn start(cases: &[Case], upstreams: &[Vec<Upstream>]) -> (Mesh, Log) {
    let template = config::template(cases);
    let config = Config::parse("cases.json", &template);
    let config = config.unwrap_or_else(|errors| panic!("{errors}"));
    let log = Log::default();
    let builder = Mesh::builder()
        .config(config)
        .virtual_node("web")
        .defaults(Defaults::AppMesh)
        .access_log(log.clone())
        .seed(7);
    let peers = upstreams.iter().enumerate();
    let peers = peers.flat_map(|(number, peers)| peers.iter().map(move |peer| (number, peer)));
    let builder = peers.fold(builder, |builder, (number, peer)| {
        builder.endpoint(config::node(number), peer.addr)
    });
    (builder.start().await.expect("the mesh starts"), log)
}

/// What a caller was told.
struct Told {
    status: u16,
    headers: Vec<String>,
    body: Option<(String, Vec<String>)>,
}

impl Told {
    fn seen(self, reached: usize, attempts: usize, line: &str) -> Seen {
        let Self {
            status,
            headers,
            body,
        } = self;
        let whole = body.is_some();
        Seen {
            reached,
            attempts,
            status,
            headers,
            body,
            line: comparable(line, whole, reached > 0),
        }
    }
}

async fn through_envoy(envoy: SocketAddr, case: &Case, number: usize) -> Told {
    let stream = TcpStream::connect(envoy).await.expect("envoy accepts");
    let io = TokioIo::new(stream);
    let request = request(case, number);
    if request.version() == Version::HTTP_11 {
        let (mut send, driver) = http1::handshake(io).await.expect("a handshake");
        tokio::spawn(driver);
        told(send.send_request(request).await.expect("an answer")).await
    } else {
        let (mut send, driver) = http2::handshake(TokioExecutor::new(), io)
            .await
            .expect("a handshake");
        tokio::spawn(driver);
        told(send.send_request(request).await.expect("an answer")).await
    }
}

async fn through_mesh(mesh: &Mesh, case: &Case, number: usize) -> Told {
    let proxy = mesh.client().as_proxy();
    // As from a stub: a stream that says nothing of its length.
    let request = request(case, number).map(|whole| match case.body {
        0 => Body::empty(),
        _ => Body::new(whole.map_frame(|frame| frame)),
    });
    let answer = proxy.oneshot(request).await;
    let mut told = told(answer.unwrap_or_else(|never| match never {})).await;
    // One of the differences.
    told.body = told
        .body
        .filter(|(_, trailers)| !difference::is_cut_in_trailers(trailers));
    told
}

fn request(case: &Case, number: usize) -> Request<Full<Bytes>> {
    let (version, path) = match case.protocol {
        Protocol::Http => (Version::HTTP_11, format!("/case-{number}?b=c")),
        Protocol::Http2 => (Version::HTTP_2, format!("/case-{number}?b=c")),
        _ => (Version::HTTP_2, format!("/shop.Orders/case-{number}")),
    };
    let host = case
        .host
        .map_or_else(|| config::host(number), ToOwned::to_owned);
    let uri = format!("http://{host}{path}");
    let mut request = Request::builder().method(&case.method).uri(match version {
        Version::HTTP_11 => path,
        _ => uri,
    });
    request = request.version(version);
    if version == Version::HTTP_11 {
        request = request.header("host", host);
    }
    if case.is_grpc() {
        request = request
            .header("content-type", "application/grpc")
            .header("te", "trailers");
    }
    for (name, value) in &case.headers {
        request = request.header(*name, *value);
    }
    // An empty gRPC message begins with five bytes of zero.
    let body = Full::new(Bytes::from(vec![0; case.body]));
    request.body(body).expect("a request")
}

async fn told<B>(response: Response<B>) -> Told
where
    B: HttpBody<Data = Bytes>,
    B::Error: Into<BoxError>,
{
    let (head, body) = response.into_parts();
    let body = body.collect().await.ok().map(|body| {
        let trailers = body.trailers().map(lines).unwrap_or_default();
        let text = String::from_utf8_lossy(&body.to_bytes()).into_owned();
        (text, trailers)
    });
    Told {
        status: head.status.as_u16(),
        headers: lines(&head.headers),
        body,
    }
}

/// Sorted, and without those that are never written by ours or belong to one connection.
///
/// # Source
/// The design: `server` and `x-envoy-upstream-service-time` are never written.
fn lines(headers: &HeaderMap) -> Vec<String> {
    let own = [
        "server",
        "x-envoy-upstream-service-time",
        "date",
        "content-length",
        "transfer-encoding",
        "connection",
    ];
    let lines = headers
        .iter()
        .filter(|(name, _)| !own.contains(&name.as_str()));
    let mut lines: Vec<_> = lines
        .map(|(name, value)| format!("{name}: {}", String::from_utf8_lossy(value.as_bytes())))
        .collect();
    lines.sort();
    lines
}

/// The path says which case a line is of.
fn by_number(lines: Vec<String>) -> BTreeMap<usize, String> {
    let number = |line: &str| {
        let rest = line.split("case-").nth(1)?;
        rest.split(['?', ' ']).next()?.parse().ok()
    };
    let lines = lines.into_iter().map(|line| {
        let number = number(&line).unwrap_or_else(|| panic!("no case: {line}"));
        (number, line)
    });
    lines.collect()
}

/// What can be the same: not times, ids and ports. Of a response that was cut not how much of it was sent; and of a request
/// that no upstream saw not how much of it had come when that was known.
fn comparable(line: &str, whole: bool, seen: bool) -> String {
    let quoted: Vec<_> = line.split('"').collect();
    let numbers: Vec<_> = quoted[2].split_whitespace().collect();
    let [status, flags, received, sent, _, upstream] = numbers[..] else {
        panic!("six numbers: {line}");
    };
    let there = |what: &str| if what == "-" { "none" } else { "some" };
    format!(
        "{} {status} {flags} {} {} {} {} {} {} {}",
        quoted[1],
        if seen { received } else { "?" },
        if whole { sent } else { "?" },
        there(upstream),
        quoted[3],
        quoted[5],
        quoted[9],
        there(quoted[11]),
    )
}

/// As Envoy's line ends with it; none and one are the same here.
fn attempts(line: &str) -> usize {
    let count = line.split(" attempts=").nth(1);
    let count = count.and_then(|rest| rest.split(' ').next()?.parse().ok());
    let count: usize = count.unwrap_or_else(|| panic!("a count of attempts: {line}"));
    count.max(1)
}

fn retries(metrics: &str, node: &str) -> usize {
    let target = format!("target=\"{node}\"");
    let lines = metrics
        .lines()
        .filter(|line| line.starts_with("mesh_retries_total{") && line.contains(&target));
    lines
        .filter_map(|line| line.rsplit(' ').next()?.parse::<usize>().ok())
        .sum()
}
