//! Who is out after which request: Envoy's `/clusters` beside what the mesh tells of its endpoints.

use std::time::Duration;

use mesh_core::unit::Protocol::{self, Grpc, Http, Http2};
use tokio::time;

use super::{
    case::{Case, Outlier, Retry},
    run::Both,
    script::{Ending, Step},
    witness::{out_here, out_there},
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
pub(super) async fn an_endpoint_that_takes_no_connections_fails_no_more_calls_than_in_envoy() {
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
async fn who_is_out_comes_back_at_a_sweep_and_stays_away_for_longer_the_next_time() {
    if !envoy::is_here() {
        return;
    }
    let (bad, second) = (Step::Status(503), Duration::from_secs(1));
    let case = Case {
        outlier: Some(Outlier {
            errors: 2,
            interval: second,
            base: 2 * second,
            percent: 50,
        }),
        ..one_of_three(Http, &[bad, bad, bad, bad, Step::Status(200)])
    };
    let both = Both::start("outlier-return", std::slice::from_ref(&case)).await;
    let found = time::timeout(60 * second, absences(&both, &case)).await;
    // Base, and twice that, each up to the next sweep.
    for absences in found.expect("both put it out twice") {
        let [first, again] = absences[..] else {
            panic!("twice, and not more: {absences:?}");
        };
        assert!(again > first + second / 2, "{absences:?}");
    }
    let played = [&both.envoy.upstreams, &both.ours.upstreams].map(|all| all[0][0].played());
    assert!(played.iter().all(|played| *played >= 4), "{played:?}");
}

/// For how long each of them keeps the endpoint out, which is asked again as soon as it is back: with every sweep that finds
/// it well, the next time gets shorter.
async fn absences(both: &Both, case: &Case) -> [Vec<Duration>; 2] {
    let (mut absences, mut since) = ([Vec::new(), Vec::new()], [None; 2]);
    while absences.iter().any(|of| of.len() < 2) {
        both.ask(case, 0).await;
        time::sleep(TOLD).await;
        let out = [out_there(both, 0).await, out_here(both, 0)];
        for side in 0..2 {
            match since[side] {
                None if !out[side].is_empty() => since[side] = Some(time::Instant::now()),
                Some(begun) if out[side].is_empty() => {
                    absences[side].push(begun.elapsed());
                    since[side] = None;
                }
                _ => {}
            }
        }
    }
    absences
}
