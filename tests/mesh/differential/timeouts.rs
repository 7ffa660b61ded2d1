//! Limits of time, before the head and after it.

use std::time::Duration;

use mesh_core::unit::Protocol::{Grpc, Http, Http2};

use super::{
    case::{Case, Retry, TCP_EVENT},
    run::same,
    script::{Ending, Step},
};

const SECOND: Duration = Duration::from_secs(1);
const HALF: Duration = Duration::from_millis(500);

#[tokio::test]
async fn limits_end_a_request_as_they_do_in_envoy() {
    let mut cases = Vec::new();
    for protocol in [Http, Http2, Grpc] {
        let case = |step| Case::new(protocol, &[step]);
        let (hang, half) = (case(Step::Hang), case(Step::Half(200, Ending::Hang)));
        let tried = |events: &[&'static str], retries| Retry::on(events, retries).each(SECOND);
        cases.extend([
            // The request's own.
            hang.clone().per_request(SECOND),
            half.clone().per_request(SECOND),
            case(Step::Slow(HALF)).per_request(2 * SECOND),
            case(Step::Unreachable).per_request(HALF),
            hang.clone()
                .per_request(SECOND)
                .retry(Retry::on(&["server-error"], 2)),
            // Each try's.
            hang.clone().retry(tried(&["server-error"], 0)),
            hang.clone().retry(tried(&["server-error"], 2)),
            hang.clone()
                .retry(tried(&["gateway-error", "client-error"], 1)),
            hang.clone().retry(tried(&["client-error"], 2)),
            hang.clone().retry(tried(&["stream-error"], 2)),
            hang.clone().retry(tried(&[TCP_EVENT], 2)),
            half.clone()
                .retry(tried(&["server-error"], 2))
                .per_request(2 * SECOND),
            case(Step::Slow(2 * SECOND)).retry(tried(&["server-error"], 1)),
            // Both.
            hang.clone()
                .retry(tried(&["server-error"], 3))
                .per_request(3 * HALF),
            hang.clone()
                .retry(tried(&["server-error"], 3))
                .per_request(SECOND),
            hang.clone()
                .retry(tried(&["server-error"], 3))
                .per_request(HALF),
            hang.clone()
                .retry(tried(&["server-error"], 1))
                .per_request(Duration::ZERO),
            hang.clone()
                .retry(Retry::on(&["server-error"], 1).each(Duration::ZERO))
                .per_request(SECOND),
            // Silence.
            hang.clone().idle(SECOND),
            half.clone().idle(SECOND),
            hang.clone().idle(HALF).retry(tried(&["server-error"], 2)),
            hang.clone()
                .idle(3 * HALF)
                .retry(tried(&["server-error"], 3)),
            hang.clone().idle(SECOND).per_request(HALF),
            hang.clone().idle(HALF).per_request(SECOND),
            half.idle(HALF).per_request(2 * SECOND),
            case(Step::Slow(SECOND)).idle(Duration::ZERO),
            case(Step::Unreachable).idle(HALF),
        ]);
        let later = Case::new(protocol, &[Step::Hang, Step::Status(200)]);
        cases.push(later.retry(tried(&["server-error"], 2)));
    }
    same("timeouts", &cases).await;
}
