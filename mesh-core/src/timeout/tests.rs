use std::time::{Duration, Instant};

use super::*;

const SECOND: Duration = Duration::from_secs(1);

#[expect(
    clippy::disallowed_methods,
    reason = "any instant will do, and there is no other way to one"
)]
fn start() -> Instant {
    Instant::now()
}

fn limits() -> Timeouts {
    Timeouts::none()
        .with_request(Some(10 * SECOND), RequestEnds::Response)
        .with_per_try(Some(2 * SECOND))
}

fn earliest(deadlines: &Deadlines, start: Instant) -> Option<(Duration, LimitKind)> {
    deadlines
        .earliest()
        .map(|limit| (limit.at - start, limit.kind))
}

#[test]
fn nothing_but_silence_is_limited_before_the_request_has_ended() {
    let start = start();
    let mut deadlines = Deadlines::new(limits(), start);
    deadlines.attempt_started(start);
    assert_eq!(earliest(&deadlines, start), None);
    assert_eq!(deadlines.remaining(start + 60 * SECOND), None);
    let mut deadlines = Deadlines::new(limits().with_idle(Some(5 * SECOND)), start);
    deadlines.moved(start + 3 * SECOND);
    assert_eq!(
        earliest(&deadlines, start),
        Some((8 * SECOND, LimitKind::Idle))
    );
}

#[test]
fn an_attempt_is_limited_from_its_start_or_from_the_end_of_the_request() {
    let start = start();
    let mut deadlines = Deadlines::new(limits(), start);
    deadlines.attempt_started(start);
    deadlines.request_ended(start + 3 * SECOND);
    assert_eq!(
        earliest(&deadlines, start),
        Some((5 * SECOND, LimitKind::PerTry))
    );
    deadlines.attempt_started(start + 6 * SECOND);
    assert_eq!(
        earliest(&deadlines, start),
        Some((8 * SECOND, LimitKind::PerTry))
    );
}

#[test]
fn what_an_attempt_waits_for_its_connection_is_not_of_its_own_time_but_of_the_requests() {
    let start = start();
    let mut deadlines = Deadlines::new(limits(), start);
    assert!(!deadlines.attempt_connected(start), "there is none");
    deadlines.request_ended(start);
    deadlines.attempt_started(start);
    assert!(!deadlines.attempt_connected(start), "it was at hand");
    for _ in 0..2 {
        let news = deadlines.attempt_connected(start + 5 * SECOND);
        let limit = earliest(&deadlines, start);
        assert_eq!(limit, Some((7 * SECOND, LimitKind::PerTry)), "{news}");
    }
    assert!(!deadlines.attempt_connected(start + 4 * SECOND), "not news");
    assert!(deadlines.attempt_connected(start + 9 * SECOND));
    assert_eq!(
        earliest(&deadlines, start),
        Some((10 * SECOND, LimitKind::Request))
    );
}

#[test]
fn the_request_limit_spans_all_attempts() {
    let start = start();
    let mut deadlines = Deadlines::new(limits(), start);
    deadlines.request_ended(start + SECOND);
    deadlines.attempt_started(start + 10 * SECOND);
    assert_eq!(
        earliest(&deadlines, start),
        Some((11 * SECOND, LimitKind::Request))
    );
    assert_eq!(deadlines.remaining(start + 10 * SECOND), Some(SECOND));
    assert_eq!(
        deadlines.remaining(start + 20 * SECOND),
        Some(Duration::ZERO)
    );
}

#[test]
fn after_the_response_head_only_what_spans_the_response_still_runs() {
    let start = start();
    for (ends, expected) in [
        (
            RequestEnds::Response,
            Some((10 * SECOND, LimitKind::Request)),
        ),
        (RequestEnds::Head, None),
    ] {
        let limits = limits().with_request(Some(10 * SECOND), ends);
        let mut deadlines = Deadlines::new(limits, start);
        deadlines.request_ended(start);
        assert_eq!(
            earliest(&deadlines, start),
            Some((10 * SECOND, LimitKind::Request)),
            "before the head, {ends:?}"
        );
        deadlines.attempt_started(start);
        deadlines.head_received(start + SECOND);
        assert_eq!(earliest(&deadlines, start), expected, "{ends:?}");
    }
}

#[test]
fn a_bidirectional_stream_is_limited_once_its_request_ends() {
    let start = start();
    let mut deadlines = Deadlines::new(limits(), start);
    deadlines.attempt_started(start);
    deadlines.head_received(start + SECOND);
    assert_eq!(earliest(&deadlines, start), None);
    deadlines.request_ended(start + 60 * SECOND);
    assert_eq!(
        earliest(&deadlines, start),
        Some((70 * SECOND, LimitKind::Request))
    );
}

#[test]
fn a_per_try_limit_that_is_not_below_the_request_limit_is_ignored() {
    for (per_try, request, effective) in [
        (Some(SECOND), Some(2 * SECOND), Some(SECOND)),
        (Some(2 * SECOND), Some(2 * SECOND), None),
        (Some(3 * SECOND), Some(2 * SECOND), None),
        (Some(3 * SECOND), None, Some(3 * SECOND)),
        (None, Some(SECOND), None),
    ] {
        let limits = Timeouts::none()
            .with_per_try(per_try)
            .with_request(request, RequestEnds::Response);
        assert_eq!(
            limits.effective_per_try(),
            effective,
            "{per_try:?} under {request:?}"
        );
    }
}

#[test]
fn a_callers_limit_shortens_and_never_lengthens() {
    for (own, callers, expected) in [
        (Some(2 * SECOND), Some(SECOND), Some(SECOND)),
        (Some(SECOND), Some(2 * SECOND), Some(SECOND)),
        (Some(SECOND), None, Some(SECOND)),
        (None, Some(SECOND), Some(SECOND)),
        (None, None, None),
    ] {
        let limits = Timeouts::none().with_request(own, RequestEnds::Response);
        assert_eq!(
            limits.shortened(callers).request,
            expected,
            "{own:?} and {callers:?}"
        );
    }
}

#[test]
fn the_end_of_a_request_is_where_it_was_first_told() {
    let start = start();
    let mut deadlines = Deadlines::new(limits(), start);
    deadlines.request_ended(start);
    deadlines.request_ended(start + 5 * SECOND);
    assert_eq!(
        earliest(&deadlines, start),
        Some((10 * SECOND, LimitKind::Request))
    );
}

#[test]
fn a_limit_beyond_the_end_of_time_is_none() {
    let start = start();
    let limits = Timeouts::none().with_request(Some(Duration::MAX), RequestEnds::Response);
    let mut deadlines = Deadlines::new(limits.with_idle(Some(Duration::MAX)), start);
    deadlines.request_ended(start);
    assert_eq!(earliest(&deadlines, start), None);
}

#[test]
fn a_deadline_runs_from_the_first_moment_and_ends_where_its_kind_does() {
    let start = start();
    let at = start + SECOND;
    let rows = [
        (Deadline::of_request(at), RequestEnds::Head, false, None),
        (
            Deadline::of_request(at),
            RequestEnds::Response,
            true,
            Some(at),
        ),
        (Deadline::of_call(at), RequestEnds::Head, true, Some(at)),
        (Deadline::of_call(at), RequestEnds::Response, true, Some(at)),
    ];
    for (deadline, ends, outlives_head, call_ends) in rows {
        let limits = Timeouts::none().with_request(Some(10 * SECOND), ends);
        let mut deadlines = Deadlines::new(limits, start).with_deadline(deadline);
        let limit = Some((SECOND, LimitKind::Deadline));
        assert_eq!(earliest(&deadlines, start), limit, "the body is on its way");
        assert_eq!(deadlines.remaining(start), Some(SECOND));
        deadlines.request_ended(start);
        assert_eq!(earliest(&deadlines, start), limit, "{deadline:?} {ends:?}");
        deadlines.head_received(start);
        let after = earliest(&deadlines, start);
        assert_eq!(after == limit, outlives_head, "{deadline:?} {ends:?}");
        assert_eq!(deadlines.call_ends(), call_ends, "{deadline:?} {ends:?}");
    }
}

#[test]
fn of_the_request_limit_and_the_deadline_the_earlier_one_counts() {
    let start = start();
    for (deadline, kind) in [
        (9, LimitKind::Deadline),
        (10, LimitKind::Request),
        (11, LimitKind::Request),
    ] {
        let deadline = Deadline::of_call(start + deadline * SECOND);
        let mut deadlines = Deadlines::new(limits(), start).with_deadline(deadline);
        deadlines.request_ended(start);
        assert_eq!(deadlines.whole().map(|limit| limit.kind), Some(kind));
    }
}

#[test]
fn an_attempt_is_expected_to_take_the_shorter_of_its_own_limit_and_of_what_is_left() {
    let start = start();
    let mut deadlines = Deadlines::new(limits(), start);
    assert_eq!(deadlines.expected(start), Some(2 * SECOND));
    deadlines.request_ended(start);
    assert_eq!(deadlines.expected(start + 9 * SECOND), Some(SECOND));
    let unlimited = Deadlines::new(Timeouts::none(), start);
    assert_eq!(unlimited.expected(start), None);
    let deadline = Deadline::of_request(start + SECOND);
    let hurried = unlimited.with_deadline(deadline);
    assert_eq!(hurried.expected(start), Some(SECOND));
    let unarmed = Timeouts::none().with_request(Some(5 * SECOND), RequestEnds::Head);
    assert_eq!(
        Deadlines::new(unarmed, start).expected(start),
        Some(5 * SECOND)
    );
    let later = Deadline::of_call(start + 9 * SECOND);
    let unarmed = Deadlines::new(unarmed, start).with_deadline(later);
    assert_eq!(unarmed.expected(start), Some(5 * SECOND));
}
