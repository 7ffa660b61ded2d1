use super::*;

/// One row per event, one column per outcome.
#[test]
fn each_event_covers_exactly_its_outcomes() {
    use Event::*;
    let outcomes = [
        Outcome::Status(409),
        Outcome::Status(500),
        Outcome::Status(502),
        Outcome::Status(503),
        Outcome::Status(504),
        Outcome::Status(509),
        Outcome::Status(511),
        Outcome::ConnectFailed,
        Outcome::Unsent,
        Outcome::RefusedStream,
        Outcome::Reset,
        Outcome::ProtocolError,
        Outcome::PerTryTimeout,
        Outcome::Grpc(1),
        Outcome::Grpc(4),
        Outcome::Grpc(8),
        Outcome::Grpc(13),
        Outcome::Grpc(14),
        Outcome::Grpc(2),
        Outcome::Status(200),
        Outcome::Status(404),
        Outcome::Status(429),
        Outcome::RateLimited(429),
        Outcome::RateLimited(503),
    ];
    let rows = [
        (ServerError, ".XXXX.XXXXXXX..........."),
        (GatewayError, "..XXX..XXXXXX..........."),
        (ClientError, "X......................."),
        (StreamError, ".........X.............."),
        (ConnectionError, ".......XX..............."),
        (Cancelled, ".............X.........."),
        (DeadlineExceeded, "..............X........."),
        (ResourceExhausted, "...............X........"),
        (Internal, "................X......."),
        (Unavailable, ".................X......"),
    ];
    for (event, expected) in rows {
        let policy = Policy::on_events(1, [event]);
        let covered: String = outcomes
            .iter()
            .map(|&outcome| {
                if policy.covers(outcome, Safety::Unsafe) {
                    'X'
                } else {
                    '.'
                }
            })
            .collect();
        assert_eq!(covered, expected, "{event:?}");
    }
}

#[test]
fn server_error_covers_every_status_of_its_list_and_no_other() {
    let policy = Policy::on_events(1, [Event::ServerError]);
    let covered = |status: &u16| policy.covers(Outcome::Status(*status), Safety::Idempotent);
    let expected = [500, 501, 502, 503, 504, 505, 506, 507, 508, 510, 511];
    assert_eq!((100..1_000).filter(covered).collect::<Vec<_>>(), expected);
}

#[test]
fn the_default_policy_spares_unsafe_requests_that_may_have_been_seen() {
    let (careful, bold) = (
        Policy::idempotent(2),
        Policy::idempotent(2).with_unsafe_retries(),
    );
    let rows = [
        (Outcome::Status(503), true, false),
        (Outcome::Grpc(14), true, false),
        (Outcome::Reset, true, false),
        (Outcome::ProtocolError, true, false),
        (Outcome::PerTryTimeout, true, false),
        (Outcome::ConnectFailed, true, true),
        (Outcome::Unsent, true, true),
        (Outcome::RefusedStream, true, true),
        (Outcome::Status(502), false, false),
        (Outcome::Status(500), false, false),
    ];
    for (outcome, idempotent, not) in rows {
        assert_eq!(
            careful.covers(outcome, Safety::Idempotent),
            idempotent,
            "{outcome:?}"
        );
        assert_eq!(careful.covers(outcome, Safety::Unsafe), not, "{outcome:?}");
        assert_eq!(
            bold.covers(outcome, Safety::Unsafe),
            idempotent,
            "{outcome:?}"
        );
    }
}

#[test]
fn one_more_status_is_covered_and_the_rest_stays() {
    let policy = Policy::idempotent(2).with_status(425).with_status(503);
    let covered = |status: &u16| policy.covers(Outcome::Status(*status), Safety::Idempotent);
    assert_eq!((100..1_000).filter(covered).collect::<Vec<_>>(), [425, 503]);
    assert_eq!(policy.max_retries(), 2);
}

#[test]
fn nothing_is_covered_by_none() {
    for outcome in [
        Outcome::Status(503),
        Outcome::ConnectFailed,
        Outcome::Unsent,
        Outcome::Reset,
    ] {
        assert!(
            !Policy::none().covers(outcome, Safety::Idempotent),
            "{outcome:?}"
        );
    }
}

#[test]
fn it_reads_as_a_sentence() {
    assert_eq!(Policy::none().to_string(), "no retries");
    assert_eq!(
        Policy::on_events(1, [Event::GatewayError, Event::Unavailable]).to_string(),
        "1 retry on 502, 503, 504, grpc-status 14, reset, failed connect, refused stream; every method"
    );
    assert_eq!(
        Policy::unsent(2).to_string(),
        "2 retries on failed connect, refused stream; POST, PATCH, unknown methods and gRPC only if provably unsent"
    );
}

#[test]
fn a_retry_can_happen_exactly_where_an_outcome_is_covered() {
    use Event::*;
    let outcomes = [
        Outcome::Status(409),
        Outcome::Status(425),
        Outcome::Status(503),
        Outcome::Grpc(1),
        Outcome::Grpc(14),
        Outcome::ConnectFailed,
        Outcome::RefusedStream,
        Outcome::Reset,
    ];
    let events = [
        ServerError,
        GatewayError,
        ClientError,
        StreamError,
        ConnectionError,
        Cancelled,
        Unavailable,
    ];
    let single = events.map(|event| Policy::on_events(1, [event]));
    let others = [
        Policy::none(),
        Policy::none().with_status(425),
        Policy::none().with_status(425).with_unsafe_retries(),
        Policy::unsent(1),
        Policy::idempotent(1),
        Policy::idempotent(1).with_unsafe_retries(),
    ];
    for policy in single.into_iter().chain(others) {
        for safety in [Safety::Idempotent, Safety::Unsafe] {
            let some = outcomes
                .iter()
                .any(|&outcome| policy.covers(outcome, safety));
            assert_eq!(policy.can_cover(safety), some, "{policy:?} {safety:?}");
        }
    }
}
