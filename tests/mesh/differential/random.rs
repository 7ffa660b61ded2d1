//! Cases that nobody thought of: each follows from a seed, which a failure names.

use std::{env, time::Duration};

use http::Method;
use mesh_core::{
    rng::{Rng, SplitMix},
    unit::Protocol::{self, Grpc, Http, Http2},
};

use super::{
    case::{Case, GRPC_EVENTS, HTTP_EVENTS, LONG, Retry, TCP_EVENT},
    run::same,
    script::{Ending, Step},
};

/// How many, and from which seed on, unless the variables `MESH_DIFFERENTIAL_CASES` and `MESH_DIFFERENTIAL_SEED` say.
const CASES: u64 = 150;
const SEED: u64 = 1_000;

#[tokio::test]
async fn cases_that_nobody_thought_of_are_the_same() {
    let said = |name: &str| env::var(name).ok().and_then(|said| said.parse().ok());
    let (count, seed) = (
        said("MESH_DIFFERENTIAL_CASES").unwrap_or(CASES),
        said("MESH_DIFFERENTIAL_SEED").unwrap_or(SEED),
    );
    println!("cases of the seeds from {seed} on");
    let cases: Vec<_> = (seed..seed + count).map(case).collect();
    // An Envoy and a mesh for each so many.
    for cases in cases.chunks(500) {
        same("random", cases).await;
    }
}

fn case(seed: u64) -> Case {
    let rng = &mut SplitMix::new(seed);
    let protocol = one(rng, &[Http, Http2, Grpc]);
    let script = script(rng, protocol);
    let mut case = Case::new(protocol, &script);
    if protocol != Grpc {
        let method = one(
            rng,
            &[Method::GET, Method::PUT, Method::POST, Method::DELETE],
        );
        let body = match method {
            Method::GET | Method::DELETE => 0,
            _ => one(rng, &[0, 1, 1_000, 40_000]),
        };
        case = case.method(method, body);
    }
    let endless = script.iter().any(|step| step.is_endless());
    // A POST under the default policy is one of the differences.
    if protocol == Grpc || case.method == Method::POST || rng.below(5) > 0 {
        case = case.retry(retry(rng, protocol, endless));
    }
    if endless || rng.below(6) == 0 {
        // Far from any multiple of a try's limit.
        case = case.per_request(Duration::from_millis(2_500));
    }
    if rng.below(8) == 0 {
        case = case.idle(Duration::from_millis(1_500));
    }
    case
}

fn script(rng: &mut SplitMix, protocol: Protocol) -> Vec<Step> {
    let length = 1 + rng.below(4);
    let mut script: Vec<_> = (0..length).map(|_| step(rng, protocol)).collect();
    if rng.below(12) == 0 {
        script.push(Step::Refused);
    }
    script
}

fn step(rng: &mut SplitMix, protocol: Protocol) -> Step {
    let common = [
        Step::Status(200),
        Step::Status(one(rng, &[204, 301, 404, 409, 429])),
        Step::Status(one(
            rng,
            &[500, 501, 502, 503, 504, 505, 507, 508, 509, 510, 511, 599],
        )),
        Step::Status(503),
        Step::Marked(503, "x-envoy-overloaded", "true"),
        Step::Marked(one(rng, &[429, 503]), "x-envoy-ratelimited", "true"),
        Step::Marked(
            one(rng, &[200, 409, 503]),
            "grpc-status",
            one(rng, &["0", "1", "8", "14"]),
        ),
        Step::Slow(Duration::from_millis(200)),
        Step::Interim,
        Step::Hang,
        Step::Close,
        Step::Abort,
        Step::HalfHead,
        Step::Garbage,
        Step::Half(
            one(rng, &[200, 503]),
            one(rng, &[Ending::Close, Ending::Abort, Ending::Hang]),
        ),
    ];
    let codes = [0, 1, 2, 3, 5, 7, 8, 9, 10, 11, 12, 13];
    let streams = [
        Step::Rst(one(rng, &codes)),
        Step::Rst(7),
        Step::GoAway(one(rng, &codes)),
        Step::LastAnswer(one(rng, &[200, 409, 503])),
        Step::Half(200, Ending::Rst(one(rng, &codes))),
    ];
    let code = one(rng, &[0, 1, 2, 3, 4, 5, 8, 10, 12, 13, 14, 15, 16]);
    let calls = [
        Step::Grpc(code),
        Step::Grpc(code),
        Step::GrpcTrailers(code),
        Step::GrpcBare(code),
    ];
    let steps: &[&[Step]] = match protocol {
        Http => &[&common],
        Http2 => &[&common, &streams],
        _ => &[&common, &streams, &calls],
    };
    let steps = one(rng, steps);
    one(rng, steps)
}

fn retry(rng: &mut SplitMix, protocol: Protocol, endless: bool) -> Retry {
    let mut events: Vec<_> = HTTP_EVENTS.into_iter().chain([TCP_EVENT]).collect();
    if protocol == Grpc {
        events.extend(GRPC_EVENTS);
    }
    let mut named: Vec<_> = events
        .iter()
        .copied()
        .filter(|_| rng.below(3) == 0)
        .collect();
    if named.is_empty() {
        named.push(one(rng, &events));
    }
    let retries = u32::try_from(rng.below(4)).expect("a small number");
    let limited = endless || rng.below(4) == 0;
    let each = match limited {
        true => Duration::from_secs(1),
        false => LONG,
    };
    Retry::on(&named, retries).each(each)
}

fn one<T: Clone>(rng: &mut SplitMix, of: &[T]) -> T {
    let index = rng.below(of.len() as u64);
    of[usize::try_from(index).expect("a small number")].clone()
}
