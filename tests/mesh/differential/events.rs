//! Every event alone and some together, against everything an upstream does.

use mesh_core::unit::Protocol::{self, Grpc, Http, Http2};

use super::{
    case::{Case, GRPC_EVENTS, HTTP_EVENTS, Retry, TCP_EVENT},
    run::{ours, same},
    script::{Ending, Step},
};

/// What upstreams of every protocol do.
const ANYWHERE: [Step; 24] = [
    Step::Status(200),
    Step::Status(204),
    Step::Status(304),
    Step::Status(409),
    Step::Status(500),
    Step::Status(503),
    Step::Status(509),
    Step::Status(599),
    Step::Marked(503, "x-envoy-overloaded", "true"),
    Step::Marked(503, "x-envoy-ratelimited", "true"),
    Step::Marked(429, "x-envoy-ratelimited", "true"),
    Step::Marked(503, "grpc-status", "14"),
    Step::Marked(200, "grpc-status", "99"),
    Step::Marked(200, "grpc-status", "soon"),
    Step::Grpc(14),
    Step::Interim,
    Step::Close,
    Step::Abort,
    Step::HalfHead,
    Step::Garbage,
    Step::Half(200, Ending::Close),
    Step::Half(200, Ending::Abort),
    Step::Half(503, Ending::Close),
    Step::Refused,
];

/// What only HTTP/2 has.
const STREAMS: [Step; 16] = [
    Step::Rst(10),
    Step::Half(200, Ending::Rst(8)),
    Step::Rst(0),
    Step::Rst(1),
    Step::Rst(2),
    Step::Rst(7),
    Step::Rst(8),
    Step::Rst(11),
    Step::Rst(13),
    Step::GoAway(0),
    Step::GoAway(1),
    Step::GoAway(11),
    Step::LastAnswer(200),
    Step::LastAnswer(503),
    Step::Half(200, Ending::Rst(2)),
    Step::Half(200, Ending::Rst(0)),
];

/// What only gRPC has.
const CALLS: [Step; 10] = [
    Step::Grpc(0),
    Step::Grpc(1),
    Step::Grpc(4),
    Step::Grpc(5),
    Step::Grpc(8),
    Step::Grpc(13),
    Step::GrpcTrailers(0),
    Step::GrpcTrailers(14),
    Step::GrpcBare(13),
    Step::GrpcBare(14),
];

#[tokio::test]
async fn every_event_covers_what_it_covers_in_envoy_over_http1() {
    let events = HTTP_EVENTS.into_iter().chain([TCP_EVENT]);
    let cases: Vec<_> = events
        .flat_map(|event| against(Http, &[event], &ANYWHERE))
        .collect();
    same("http1-events", &cases).await;
}

#[tokio::test]
async fn every_event_covers_what_it_covers_in_envoy_over_http2() {
    let events = HTTP_EVENTS.into_iter().chain([TCP_EVENT]);
    let steps = [&ANYWHERE[..], &STREAMS].concat();
    let cases: Vec<_> = events
        .flat_map(|event| against(Http2, &[event], &steps))
        .collect();
    same("http2-events", &cases).await;
}

#[tokio::test]
async fn every_event_covers_what_it_covers_in_envoy_for_grpc() {
    let steps = [&ANYWHERE[..], &STREAMS, &CALLS].concat();
    let halves = GRPC_EVENTS.split_at(3);
    let together = [
        halves.0,
        halves.1,
        &["gateway-error"],
        &["unavailable", TCP_EVENT, "stream-error"],
    ];
    let cases: Vec<_> = together
        .into_iter()
        .flat_map(|events| against(Grpc, events, &steps))
        .collect();
    same("grpc-events", &cases).await;
}

/// Each step as all that ever happens, with no retry and with one; and once, before what is well, with two.
fn against(protocol: Protocol, events: &[&'static str], steps: &[Step]) -> Vec<Case> {
    let well = match protocol {
        Grpc => Step::Grpc(0),
        _ => Step::Status(200),
    };
    let each = steps.iter().flat_map(|&step| {
        let scripts = match step {
            Step::Refused => [
                vec![step],
                vec![Step::Status(503), step],
                vec![Step::Close, step],
            ],
            _ => [vec![step], vec![step], vec![step, well]],
        };
        let scripts = scripts.into_iter().zip(0..);
        scripts
            .map(|(script, retries)| Case::new(protocol, &script).retry(Retry::on(events, retries)))
    });
    each.collect()
}

#[tokio::test]
async fn the_default_policy_is_app_meshs_for_what_may_be_sent_twice() {
    let cases = |protocol: Protocol, steps: &[Step]| -> Vec<_> {
        let cases = steps.iter().flat_map(|&step| {
            let again = match step {
                Step::Refused => vec![Step::Status(503), step],
                _ => vec![step, step, Step::Status(200)],
            };
            [Case::new(protocol, &[step]), Case::new(protocol, &again)]
        });
        cases.collect()
    };
    let http2 = [&ANYWHERE[..], &STREAMS].concat();
    same(
        "defaults",
        &[cases(Http, &ANYWHERE), cases(Http2, &http2)].concat(),
    )
    .await;
}

#[tokio::test]
async fn a_stream_that_is_reset_without_an_error_is_no_whole_response() {
    // The HTTP library takes it for one; this holds also where there is no Envoy to say otherwise.
    let cut = Case::new(Http2, &[Step::Half(200, Ending::Rst(0))]);
    assert_eq!(ours(&cut).await, (200, None));
    let whole = Case::new(Http2, &[Step::Status(200)]);
    assert_eq!(ours(&whole).await, (200, Some("attempt 1".to_owned())));
}

#[tokio::test]
async fn a_host_that_does_not_answer_a_connect_is_tried_as_often() {
    let mut cases = Vec::new();
    for protocol in [Http, Http2, Grpc] {
        for event in ["server-error", "client-error", TCP_EVENT] {
            for retries in [0, 2] {
                let case = Case::new(protocol, &[Step::Unreachable]);
                cases.push(case.retry(Retry::on(&[event], retries)));
            }
        }
    }
    same("unreachable", &cases).await;
}

#[tokio::test]
async fn hosts_that_are_none_and_spellings_of_those_that_are_get_the_same_answer() {
    let same_service = ["case-0.local", "CASE-1.Local", "case-2.local:8080"];
    let none = [
        "case-0.local:9090",
        "case-0.local.",
        "case-0",
        "nowhere.local",
        "10.0.0.1:8080",
    ];
    let mut cases = Vec::new();
    // The first of them are those that are meant.
    for host in same_service.into_iter().chain(none) {
        cases.push(Case::new(Http, &[Step::Status(200)]).host(host));
    }
    for protocol in [Http2, Grpc] {
        cases.extend(none.map(|host| Case::new(protocol, &[Step::Status(200)]).host(host)));
    }
    same("hosts", &cases).await;
}
