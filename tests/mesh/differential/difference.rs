//! What may differ from Envoy, and why: at most eight kinds, each with what shows it.

use std::time::Duration;

use http::Method;
use mesh_core::unit::Protocol::{Grpc, Http, Http2};

use super::{
    case::{Case, Retry},
    headers, outlier,
    run::run,
    script::{Ending, Step},
    seen::Pair,
};
use crate::envoy;

/// One kind of difference.
pub(super) struct Difference {
    name: &'static str,
    why: &'static str,
    source: &'static str,
    shown: Shown,
}

/// What shows that it is so.
enum Shown {
    /// A case, and what becomes of it through Envoy and through ours: the status, gRPC's if it has one, and the attempts.
    Case(fn() -> Case, [(u16, usize); 2]),
    /// A test of its own.
    Test(
        #[expect(
            dead_code,
            reason = "it runs by itself; that it is there, the compiler sees to"
        )]
        fn(),
    ),
}

const DIFFERENCES: [Difference; 8] = [
    Difference {
        name: "an answer that asks for more time than there is goes to the caller",
        why: "a peer that says when to come again is not asked sooner",
        source: "what was asked for: Retry-After and grpc-retry-pushback-ms are honoured and capped; Envoy ignores both",
        shown: Shown::Case(
            || {
                let busy = Step::Marked(503, "retry-after", "60");
                let case = Case::new(Http, &[busy, Step::Status(200)]);
                case.retry(Retry::on(&["server-error"], 2))
            },
            [(200, 2), (503, 1)],
        ),
    },
    Difference {
        name: "a gRPC status in trailers counts if they are there with the head",
        why: "servers that send an empty answer that way mean the same by it as by trailers alone",
        source: "the design, row Retry: status from headers, and from trailers that are there at the first poll",
        shown: Shown::Case(
            || {
                let case = Case::new(Grpc, &[Step::GrpcAtOnce(14), Step::Grpc(0)]);
                case.retry(Retry::on(&["unavailable"], 1))
            },
            [(14, 1), (0, 2)],
        ),
    },
    Difference {
        name: "the default policy does not send a POST twice that may have been seen",
        why: "a payment must not go out three times",
        source: "the design, row Retry: the invisible default retries unsafe requests only where they are provably unsent",
        shown: Shown::Case(
            || Case::new(Http2, &[Step::Status(503), Step::Status(200)]).method(Method::POST, 4),
            [(200, 2), (503, 1)],
        ),
    },
    Difference {
        name: "a body of more than 64 KiB is not kept for a retry",
        why: "what is kept for each request is memory; Envoy keeps 1 MiB and more",
        source: "the design, row Retry: replay body with a cap of 64 KiB",
        shown: Shown::Case(
            || {
                let case = Case::new(Http, &[Step::Status(503), Step::Status(200)]);
                case.method(Method::PUT, 70_000)
                    .retry(Retry::on(&["server-error"], 1))
            },
            [(200, 2), (503, 1)],
        ),
    },
    Difference {
        name: "a call that is cut is told so in trailers",
        why: "a gRPC client makes an unknown status out of every error of another library",
        source: "the design, row Local refusals: a gRPC request gets a status, and never an error",
        shown: Shown::Case(
            || Case::new(Grpc, &[Step::Half(200, Ending::Close)]),
            [(200, 1), (200, 1)],
        ),
    },
    Difference {
        name: "a deadline that a gRPC caller gives ends its call",
        why: "work for a caller who is gone helps nobody",
        source: "the design, Headers on the wire: `grpc-timeout` is read, spent down and sent on; Envoy was measured to ignore it",
        shown: Shown::Case(
            || {
                let case = Case::new(Grpc, &[Step::Hang]).header("grpc-timeout", "500m");
                case.per_request(Duration::from_secs(2))
            },
            [(14, 1), (4, 1)],
        ),
    },
    Difference {
        name: "an endpoint that takes no connections is dialled by one task, and not by every call",
        why: "a dead endpoint should cost one dial",
        source: "what was asked for: connections are made again without traffic, with a growing wait",
        shown: Shown::Test(
            outlier::an_endpoint_that_takes_no_connections_fails_no_more_calls_than_in_envoy,
        ),
    },
    Difference {
        name: "headers that only a proxy writes, or takes away, are not written and stay",
        why: "there is no proxy; but an attempt that is not the first says so, for the peer may have seen the request",
        source: "the design, Headers on the wire: x-envoy-attempt-count on retries, server and x-envoy-upstream-service-time never",
        shown: Shown::Test(
            headers::the_upstream_is_told_the_same_but_for_what_only_a_proxy_writes_or_takes_away,
        ),
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
    let cases = DIFFERENCES
        .iter()
        .filter_map(|difference| match difference.shown {
            Shown::Case(case, expected) => Some((difference, case(), expected)),
            Shown::Test(_) => None,
        });
    let cases: Vec<_> = cases.collect();
    let asked: Vec<_> = cases.iter().map(|(_, case, _)| case.clone()).collect();
    let pairs = run("differences", &asked).await;
    for ((difference, _, expected), Pair { envoy, ours }) in cases.iter().zip(pairs) {
        let Difference {
            name, why, source, ..
        } = difference;
        println!("{name}: {why} ({source})");
        let found = [&envoy, &ours].map(|seen| (seen.grpc().unwrap_or(seen.status), seen.reached));
        assert_eq!(found, *expected, "{name}:\n{envoy:?}\n{ours:?}");
    }
}
