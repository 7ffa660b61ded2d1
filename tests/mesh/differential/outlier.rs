//! Who is out after which request: Envoy's `/clusters` beside what the mesh tells of its endpoints.

use std::{net::SocketAddr, time::Duration};

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Empty};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use mesh_core::unit::Protocol::{self, Grpc, Http, Http2};
use serde_json::Value;
use tokio::{net::TcpStream, time};

use super::{
    case::{Case, Outlier, Retry},
    config::node,
    run::Both,
    script::{Ending, Step, Upstream},
};
use crate::envoy;

/// Time enough for a worker of Envoy's to hear who is out.
const TOLD: Duration = Duration::from_millis(25);

const DETECTION: Outlier = Outlier {
    errors: 3,
    interval: Duration::from_secs(60),
    base: Duration::from_secs(60),
    percent: 50,
};

/// An endpoint that does this, beside two that are well.
fn one_of_three(protocol: Protocol, script: &[Step]) -> Case {
    let well = match protocol {
        Grpc => Step::Grpc(0),
        _ => Step::Status(200),
    };
    let case = Case::new(protocol, script);
    Case {
        others: vec![vec![well]; 2],
        outlier: Some(DETECTION),
        ..case.retry(Retry::on(&["client-error"], 0).each(Duration::from_millis(500)))
    }
}

#[tokio::test]
async fn an_endpoint_goes_out_at_the_same_failure_and_for_the_same_reasons() {
    if !envoy::is_here() {
        return;
    }
    let (bad, well) = (Step::Status(503), Step::Status(404));
    let interrupted = [bad, bad, well, bad, bad, well, bad, bad, bad];
    let cases = [
        one_of_three(Http, &[Step::Status(500)]),
        one_of_three(Http, &[Step::Status(599)]),
        one_of_three(Http, &[Step::Status(409)]),
        one_of_three(Http, &[Step::Marked(429, "x-envoy-ratelimited", "true")]),
        one_of_three(Http, &[Step::Marked(503, "x-envoy-ratelimited", "true")]),
        one_of_three(Http, &interrupted),
        one_of_three(Http, &[bad, Step::Close, Step::Garbage]),
        one_of_three(Http, &[Step::Hang]),
        one_of_three(Http, &[Step::Half(200, Ending::Close)]),
        one_of_three(Http2, &[Step::Rst(7)]),
        one_of_three(Http2, &[Step::Rst(8)]),
        one_of_three(Http2, &[Step::GoAway(0)]),
        one_of_three(Http2, &[Step::Half(200, Ending::Rst(2))]),
        one_of_three(Grpc, &[Step::Grpc(14)]),
        one_of_three(Grpc, &[Step::Grpc(2), Step::Grpc(13), Step::Grpc(15)]),
        one_of_three(Grpc, &[Step::Grpc(8)]),
        one_of_three(Grpc, &[Step::GrpcTrailers(14)]),
        one_of_three(Grpc, &[Step::Marked(503, "grpc-status", "0")]),
    ];
    let both = Both::start("outliers", &cases).await;
    let found = cases.iter().enumerate().map(async |(number, case)| {
        let mut out_at = [None; 2];
        for _ in 0..40 {
            both.ask(case, number).await;
            time::sleep(TOLD).await;
            let out = [out_there(&both, number).await, out_here(&both, number)];
            let played =
                [&both.envoy.upstreams, &both.ours.upstreams].map(|all| all[number][0].played());
            for side in 0..2 {
                assert!(
                    out[side].iter().all(|index| *index == 0),
                    "only the one: {case:?}"
                );
                if !out[side].is_empty() {
                    out_at[side].get_or_insert(played[side]);
                }
            }
        }
        let played =
            [&both.envoy.upstreams, &both.ours.upstreams].map(|all| all[number][0].played());
        (case, out_at, played)
    });
    for (case, [theirs, ours], played) in futures::future::join_all(found).await {
        assert_eq!(theirs, ours, "{case:?}");
        if let Some(at) = ours {
            assert_eq!(played, [at; 2], "who is out is asked no more: {case:?}");
        }
    }
}

#[tokio::test]
async fn an_endpoint_that_takes_no_connections_fails_no_more_calls_than_in_envoy() {
    if !envoy::is_here() {
        return;
    }
    // A difference: one task connects again, with a growing wait, and until it has succeeded no call goes there. Envoy lets
    // calls find out, until they are enough to put the endpoint out.
    let case = one_of_three(Http, &[Step::Refused]);
    let both = Both::start("outlier-refused", std::slice::from_ref(&case)).await;
    let mut failed = (0, 0);
    for _ in 0..40 {
        let (theirs, ours) = both.ask(&case, 0).await;
        failed.0 += u32::from(theirs != 200);
        failed.1 += u32::from(ours != 200);
        time::sleep(TOLD).await;
    }
    assert_eq!(failed.0, DETECTION.errors);
    assert!((1..=failed.0).contains(&failed.1), "{failed:?}");
}

#[tokio::test]
async fn as_many_are_out_at_a_time_and_what_is_left_takes_the_traffic() {
    if !envoy::is_here() {
        return;
    }
    let row = |endpoints: usize, percent| Case {
        others: vec![vec![Step::Status(503)]; endpoints - 1],
        outlier: Some(Outlier {
            percent,
            ..DETECTION
        }),
        ..Case::new(Http, &[Step::Status(503)]).retry(Retry::on(&["client-error"], 0))
    };
    let fives = [0, 10, 19, 20, 39, 40, 50, 59, 60, 99, 100].map(|percent| row(5, percent));
    let few = [
        (1, 50),
        (1, 100),
        (2, 49),
        (2, 50),
        (3, 33),
        (3, 34),
        (3, 67),
    ];
    let few = few.map(|(endpoints, percent)| row(endpoints, percent));
    let cases = [&fives[..], &few].concat();
    let both = Both::start("outlier-share", &cases).await;
    let found = cases.iter().enumerate().map(async |(number, case)| {
        for _ in 0..60 {
            // Whoever is out: too few are left then, and all are asked.
            assert_eq!(both.ask(case, number).await, (503, 503), "{case:?}");
            time::sleep(TOLD / 5).await;
        }
        time::sleep(TOLD).await;
        (
            case,
            out_there(&both, number).await.len(),
            out_here(&both, number).len(),
        )
    });
    for (case, theirs, ours) in futures::future::join_all(found).await {
        let percent = case.outlier.map(|outlier| outlier.percent);
        assert_eq!(theirs, ours, "{percent:?} % of {}", case.others.len() + 1);
    }
}

#[tokio::test]
async fn who_is_out_comes_back_at_a_sweep_and_is_put_out_again_at_its_next_row() {
    if !envoy::is_here() {
        return;
    }
    let (bad, second) = (Step::Status(503), Duration::from_secs(1));
    let case = Case {
        outlier: Some(Outlier {
            errors: 2,
            interval: second,
            base: second,
            percent: 50,
        }),
        ..one_of_three(Http, &[bad, bad, bad, bad, Step::Status(200)])
    };
    let both = Both::start("outlier-return", std::slice::from_ref(&case)).await;
    for (round, failures) in [(1, 2), (2, 4)] {
        let out = async |failures| {
            loop {
                both.ask(&case, 0).await;
                time::sleep(TOLD).await;
                let played =
                    [&both.envoy.upstreams, &both.ours.upstreams].map(|all| all[0][0].played());
                if played == [failures; 2] {
                    return;
                }
                assert!(
                    played.iter().all(|played| *played <= failures),
                    "round {round}: {played:?}"
                );
            }
        };
        time::timeout(30 * second, out(failures))
            .await
            .expect("both go out");
        let back = async {
            while !(out_there(&both, 0).await.is_empty() && out_here(&both, 0).is_empty()) {
                time::sleep(TOLD).await;
            }
        };
        time::timeout(30 * second, back)
            .await
            .expect("both come back");
    }
}

/// The endpoints that Envoy has put out, by their place in the case.
async fn out_there(both: &Both, number: usize) -> Vec<usize> {
    let text = ask_admin(both.admin).await;
    let all: Value = serde_json::from_str(&text).expect("JSON");
    let clusters = all["cluster_statuses"].as_array().expect("clusters");
    let name = node(number);
    let cluster = clusters
        .iter()
        .find(|cluster| cluster["name"] == name.as_str());
    let hosts = cluster.expect("the case's")["host_statuses"]
        .as_array()
        .cloned();
    let hosts = hosts.unwrap_or_default();
    let out = hosts
        .iter()
        .filter(|host| host["health_status"]["failed_outlier_check"] == true);
    let addrs = out.filter_map(|host| {
        let addr = &host["address"]["socket_address"];
        let port = u16::try_from(addr["port_value"].as_u64()?).ok()?;
        Some(SocketAddr::new(
            addr["address"].as_str()?.parse().ok()?,
            port,
        ))
    });
    places(&both.envoy.upstreams[number], addrs)
}

fn out_here(both: &Both, number: usize) -> Vec<usize> {
    let endpoints = both.ours.proxy.endpoints(&node(number));
    let out = endpoints
        .iter()
        .filter(|endpoint| endpoint.ejected.is_some());
    places(
        &both.ours.upstreams[number],
        out.map(|endpoint| endpoint.addr),
    )
}

fn places(upstreams: &[Upstream], addrs: impl Iterator<Item = SocketAddr>) -> Vec<usize> {
    let place = |addr| upstreams.iter().position(|peer| peer.addr == addr);
    let mut places: Vec<_> = addrs.filter_map(place).collect();
    places.sort_unstable();
    places
}

async fn ask_admin(admin: SocketAddr) -> String {
    let stream = TcpStream::connect(admin).await.expect("connected");
    let handshake = http1::handshake(TokioIo::new(stream)).await;
    let (mut send, driver) = handshake.expect("a handshake");
    tokio::spawn(driver);
    let request = Request::get("/clusters?format=json").header("host", "admin");
    let request = request.body(Empty::<Bytes>::new()).expect("a request");
    let answer = send.send_request(request).await.expect("an answer");
    let body = answer.into_body().collect().await.expect("a body");
    String::from_utf8(body.to_bytes().to_vec()).expect("text")
}
