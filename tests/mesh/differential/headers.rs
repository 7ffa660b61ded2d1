//! What the upstream is told: request lines and headers of each attempt.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
};

use http::{HeaderMap, HeaderName, Method, Request, StatusCode};
use mesh_core::unit::Protocol::{Grpc, Http, Http2};

use super::{
    asked::{through_envoy, through_mesh},
    case::{Case, Retry},
    run::{start_envoy, start_mesh},
};
use crate::{
    envoy,
    support::{Peer, status},
};

/// Refuses each first attempt, and keeps what it was told.
#[derive(Clone, Default)]
struct Witness(Arc<Mutex<Vec<Vec<String>>>>);

impl Witness {
    async fn start(&self) -> Peer {
        let heard = self.clone();
        Peer::start(move |request| {
            let first = heard.hear(&request);
            async move {
                match first {
                    true => status(StatusCode::SERVICE_UNAVAILABLE),
                    false => status(StatusCode::OK),
                }
            }
        })
        .await
    }

    fn hear<B>(&self, request: &Request<B>) -> bool {
        let headers = request.headers();
        let mut lines: Vec<_> = headers
            .keys()
            .filter_map(|name| line(headers, name))
            .collect();
        lines.push(format!(
            "{} {} {:?}",
            request.method(),
            request.uri(),
            request.version()
        ));
        let mut heard = self.0.lock().expect("no panic held it");
        heard.push(lines);
        !heard.len().is_multiple_of(2)
    }

    fn heard(&self) -> Vec<Vec<String>> {
        std::mem::take(&mut *self.0.lock().expect("no panic held it"))
    }
}

/// All values of a header, as Envoy joins those of the names that it knows.
fn line(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    let values = headers.get_all(name).iter();
    let values: Vec<_> = values
        .map(|value| String::from_utf8_lossy(value.as_bytes()))
        .collect();
    let joined = values.join(if name == "cookie" { "; " } else { "," });
    match name.as_str() {
        // Whether the length of a body is told depends on how the test gives it.
        "content-length" | "transfer-encoding" => None,
        // Drawn for each request, or shrinking with the time that goes by.
        "x-amzn-trace-id" => Some(format!("{name}: drawn")),
        "x-request-id" if joined.len() == 36 => Some(format!("{name}: drawn")),
        "x-envoy-expected-rq-timeout-ms" => Some(format!("{name}: {} digits", joined.len())),
        _ => Some(format!("{name}: {joined}")),
    }
}

/// One of the differences, line by line: what only Envoy tells, and what only ours does. A caller's own count is overwritten on
/// the second attempt, and a gRPC peer is told its caller's deadline instead of a limit.
///
/// # Source
/// The design, "Headers on the wire"; traces are ours without a sidecar's daemon, too.
const ONLY_THEIRS: [&str; 3] = [
    "x-envoy-attempt-count: 7",
    "x-envoy-expected-rq-timeout-ms: 5 digits",
    "x-forwarded-proto: http",
];
const ONLY_OURS: [&str; 5] = [
    "x-amzn-trace-id: drawn",
    "x-envoy-attempt-count: 2",
    "x-envoy-internal: true",
    "x-envoy-max-retries: 9",
    "x-envoy-retry-on: 5xx",
];

/// Requests that say all kinds of things, each with a GET and with something to send.
fn cases() -> Vec<Case> {
    let asked: [&[(&str, &str)]; 9] = [
        &[],
        &[("x-request-id", "mine"), ("x-forwarded-proto", "https")],
        &[("x-forwarded-for", "10.0.0.1"), ("user-agent", "a test")],
        &[
            ("connection", "x-hop, keep-alive"),
            ("x-hop", "1"),
            ("keep-alive", "5"),
        ],
        &[
            ("te", "trailers, deflate"),
            ("proxy-connection", "keep-alive"),
        ],
        &[
            ("x-forwarded-client-cert", "By=me"),
            ("x-envoy-attempt-count", "7"),
        ],
        &[("x-envoy-internal", "true"), ("x-envoy-retry-on", "5xx")],
        &[
            ("x-twice", "a"),
            ("x-twice", "b"),
            ("accept", "a"),
            ("accept", "b"),
        ],
        &[
            ("cookie", "a=b"),
            ("cookie", "c=d"),
            ("x-envoy-max-retries", "9"),
        ],
    ];
    let mut cases = Vec::new();
    for protocol in [Http, Http2, Grpc] {
        for lines in asked {
            // What belongs to one connection is no request of HTTP/2.
            let hop = ["connection", "keep-alive", "proxy-connection", "te"];
            let lines = lines
                .iter()
                .filter(|(name, _)| protocol == Http || !hop.contains(name));
            let case = lines.fold(Case::new(protocol, &[]), |case, (name, value)| {
                case.header(name, *value)
            });
            let case = case.retry(Retry::on(&["server-error"], 1));
            let body = case.body;
            cases.extend([case.clone(), case.method(Method::POST, body + 5)]);
        }
    }
    cases
}

#[tokio::test]
pub(super) async fn the_upstream_is_told_the_same_but_for_what_only_a_proxy_writes_or_takes_away() {
    if !envoy::is_here() {
        return;
    }
    let cases = cases();
    let (theirs, ours) = (Witness::default(), Witness::default());
    let (their_peer, our_peer) = (theirs.start().await, ours.start().await);
    let all = |peer: &Peer| vec![vec![peer.addr]; cases.len()];
    let envoy = start_envoy("headers", &cases, &all(&their_peer), envoy::unused()).await;
    let (mesh, _log) = start_mesh(&cases, &all(&our_peer)).await;
    let (mut only_theirs, mut only_ours) = (BTreeSet::new(), BTreeSet::new());
    for (number, case) in cases.iter().enumerate() {
        through_envoy(envoy.addr, case, number).await;
        through_mesh(&mesh, case, number).await;
        let (theirs, ours) = (theirs.heard(), ours.heard());
        assert_eq!((theirs.len(), ours.len()), (2, 2), "{case:?}");
        for (theirs, ours) in theirs.into_iter().zip(ours) {
            let not_in = |other: &[String], line: &String| !other.contains(line);
            only_theirs.extend(theirs.iter().filter(|line| not_in(&ours, line)).cloned());
            only_ours.extend(ours.iter().filter(|line| not_in(&theirs, line)).cloned());
        }
    }
    assert!(only_theirs.iter().eq(&ONLY_THEIRS), "{only_theirs:?}");
    assert!(only_ours.iter().eq(&ONLY_OURS), "{only_ours:?}");
}
