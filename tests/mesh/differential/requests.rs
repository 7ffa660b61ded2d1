//! What a request is and says of itself: methods, bodies that stall, content types, and wishes that no sidecar grants.

use std::time::Duration;

use http::Method;
use mesh_core::unit::Protocol::{Grpc, Http, Http2};

use super::{
    case::{Case, LONG, Retry},
    run::same,
    script::{Ending, Step},
};

const HALF: Duration = Duration::from_millis(500);

#[tokio::test]
async fn methods_and_bodies_change_nothing_where_a_policy_is_written() {
    let purge = Method::from_bytes(b"PURGE").expect("a method");
    let requests = [
        (Method::GET, 100),
        (Method::HEAD, 0),
        (Method::POST, 1),
        (Method::POST, 60_000),
        (Method::PUT, 20_000),
        (Method::DELETE, 0),
        (Method::DELETE, 10),
        (Method::PATCH, 100),
        (Method::OPTIONS, 0),
        (purge, 0),
    ];
    let steps = [
        Step::Status(200),
        Step::Status(204),
        Step::Status(304),
        Step::Status(503),
        Step::Interim,
        Step::Close,
        Step::Half(200, Ending::Close),
    ];
    let mut cases = Vec::new();
    for protocol in [Http, Http2] {
        for (method, body) in &requests {
            // A HEAD has no body that could break off.
            let steps = steps
                .iter()
                .filter(|step| *method != Method::HEAD || !matches!(step, Step::Half(..)));
            cases.extend(steps.map(|&step| {
                let case = Case::new(protocol, &[step, Step::Status(200)]);
                let case = case.method(method.clone(), *body);
                case.retry(Retry::on(&["server-error"], 1))
            }));
        }
    }
    same("methods", &cases).await;
}

#[tokio::test]
async fn what_a_caller_wishes_of_a_sidecar_is_not_granted() {
    let wishes = [
        ("x-envoy-retry-on", "5xx,reset"),
        ("x-envoy-retry-grpc-on", "unavailable"),
        ("x-envoy-max-retries", "5"),
        ("x-envoy-upstream-rq-timeout-ms", "100"),
        ("x-envoy-upstream-rq-per-try-timeout-ms", "100"),
        ("x-envoy-expected-rq-timeout-ms", "100"),
        ("x-envoy-hedge-on-per-try-timeout", "true"),
        ("x-envoy-retriable-status-codes", "404"),
        ("x-envoy-attempt-count", "7"),
        ("x-envoy-internal", "true"),
    ];
    let mut cases = Vec::new();
    for (name, value) in wishes {
        for protocol in [Http, Http2, Grpc] {
            let case = |steps: &[Step]| Case::new(protocol, steps).header(name, value);
            let none = Retry::on(&["client-error"], 0);
            cases.extend([
                case(&[Step::Status(404), Step::Status(200)]).retry(none.clone()),
                case(&[Step::Status(503), Step::Status(200)]).retry(none.clone()),
                case(&[Step::Close, Step::Status(200)]).retry(none.clone()),
                case(&[Step::Slow(HALF)]).retry(none),
            ]);
        }
        cases.push(Case::new(Http, &[Step::Status(503)]).header(name, value));
    }
    same("wishes", &cases).await;
}

#[tokio::test]
async fn a_content_type_of_grpc_gets_its_refusals_whatever_the_route_and_others_get_those_of_http()
{
    let types = [
        "application/grpc",
        "application/grpc+proto",
        "application/grpc-web",
        "application/grpc-web+proto",
        "application/grpcx",
        "application/json",
    ];
    let steps = [
        Step::Status(200),
        Step::Status(503),
        Step::Grpc(14),
        Step::Close,
        Step::Refused,
        Step::Hang,
    ];
    let mut cases = Vec::new();
    for content_type in types {
        for protocol in [Http, Http2] {
            for step in steps {
                let case = Case::new(protocol, &[step]).header("content-type", content_type);
                let case = case.method(Method::POST, 5).per_request(2 * HALF);
                cases.push(case.retry(Retry::on(&["gateway-error"], 1)));
            }
        }
    }
    for step in steps {
        let case = Case::new(Grpc, &[step]).header("content-type", "application/grpc+proto");
        let case = case.per_request(2 * HALF);
        cases.push(case.retry(Retry::on(&["gateway-error", "unavailable"], 1)));
    }
    same("content-types", &cases).await;
}

#[tokio::test]
async fn an_upload_that_stays_incomplete_is_cut_by_silence_alone_and_told_so() {
    let mut cases = Vec::new();
    for protocol in [Http, Http2, Grpc] {
        let case = || {
            let case = Case::new(protocol, &[Step::Hang])
                .method(Method::POST, 4)
                .stalls();
            case.retry(Retry::on(&["server-error"], 2).each(LONG))
        };
        cases.extend([
            case().idle(HALF),
            case().idle(2 * HALF).per_request(HALF),
            Case {
                retry: Some(Retry::on(&["server-error"], 2).each(HALF)),
                ..case().idle(3 * HALF)
            },
        ]);
    }
    same("incomplete", &cases).await;
}
