//! What may differ from Envoy, and why; each row with a test that shows it.

use std::time::Duration;

use http::Method;
use mesh_core::unit::Protocol::{Grpc, Http, Http2};

use super::{
    case::{Case, Retry},
    run::{Pair, run},
    script::{Ending, Step},
};
use crate::envoy;

/// One kind of difference.
pub(super) struct Difference {
    name: &'static str,
    why: &'static str,
    source: &'static str,
    case: fn() -> Case,
    /// The status, gRPC's if it has one, and the attempts: through Envoy, through ours.
    expected: [(u16, usize); 2],
}

const DIFFERENCES: [Difference; 5] = [
    Difference {
        name: "an answer that asks for more time than there is goes to the caller",
        why: "a peer that says when to come again is not asked sooner",
        source: "what was asked for: Retry-After and grpc-retry-pushback-ms are honoured and capped; Envoy ignores both",
        case: || {
            let busy = Step::Marked(503, "retry-after", "60");
            let case = Case::new(Http, &[busy, Step::Status(200)]);
            case.retry(Retry::on(&["server-error"], 2))
        },
        expected: [(200, 2), (503, 1)],
    },
    Difference {
        name: "a gRPC status in trailers counts if they are there with the head",
        why: "servers that send an empty answer that way mean the same by it as by trailers alone",
        source: "the design, row Retry: status from headers, and from trailers that are there at the first poll",
        case: || {
            let case = Case::new(Grpc, &[Step::GrpcAtOnce(14), Step::Grpc(0)]);
            case.retry(Retry::on(&["unavailable"], 1))
        },
        expected: [(14, 1), (0, 2)],
    },
    Difference {
        name: "the default policy does not send a POST twice that may have been seen",
        why: "a payment must not go out three times",
        source: "the design, row Retry: the invisible default retries unsafe requests only where they are provably unsent",
        case: || Case::new(Http2, &[Step::Status(503), Step::Status(200)]).method(Method::POST, 4),
        expected: [(200, 2), (503, 1)],
    },
    Difference {
        name: "a body of more than 64 KiB is not kept for a retry",
        why: "what is kept for each request is memory; Envoy keeps 1 MiB and more",
        source: "the design, row Retry: replay body with a cap of 64 KiB",
        case: || {
            let case = Case::new(Http, &[Step::Status(503), Step::Status(200)]);
            case.method(Method::PUT, 70_000)
                .retry(Retry::on(&["server-error"], 1))
        },
        expected: [(200, 2), (503, 1)],
    },
    Difference {
        name: "a call that is cut is told so in trailers",
        why: "a gRPC client makes an unknown status out of every error of another library",
        source: "the design, row Local refusals: a gRPC request gets a status, and never an error",
        case: || Case::new(Grpc, &[Step::Half(200, Ending::Close)]),
        expected: [(200, 1), (200, 1)],
    },
];

/// Whether these are the trailers of a call that ours has cut.
pub(super) fn is_cut_in_trailers(trailers: &[String]) -> bool {
    let ours = |line: &String| line.starts_with("grpc-message: ") && line.contains(", calling ");
    trailers.iter().any(ours)
}

#[tokio::test]
async fn each_difference_is_what_it_is_said_to_be() {
    if !envoy::is_here() {
        return;
    }
    let cases: Vec<_> = DIFFERENCES
        .iter()
        .map(|difference| (difference.case)())
        .collect();
    let pairs = run("differences", &cases).await;
    for (
        Difference {
            name,
            why,
            source,
            expected,
            ..
        },
        Pair { envoy, ours },
    ) in DIFFERENCES.iter().zip(pairs)
    {
        println!("{name}: {why} ({source})");
        let found = [&envoy, &ours].map(|seen| (seen.grpc().unwrap_or(seen.status), seen.reached));
        assert_eq!(found, *expected, "{name}:\n{envoy:?}\n{ours:?}");
    }
}

#[tokio::test]
async fn a_deadline_that_a_grpc_caller_gives_ends_its_call_and_in_envoy_it_does_not() {
    if !envoy::is_here() {
        return;
    }
    // The design, "Headers on the wire": `grpc-timeout` is read, spent down and sent on. Envoy was measured to ignore it.
    let case = Case::new(Grpc, &[Step::Hang]).header("grpc-timeout", "500m");
    let case = case.per_request(Duration::from_secs(2));
    let pairs = run("grpc-timeout", &[case]).await;
    let told = |line: &str| line.split(' ').nth(4).map(ToOwned::to_owned);
    assert_eq!(pairs[0].envoy.grpc(), Some(14), "upstream request timeout");
    assert_eq!(told(&pairs[0].envoy.line).as_deref(), Some("UT"));
    assert_eq!(pairs[0].ours.grpc(), Some(4), "deadline exceeded");
}
