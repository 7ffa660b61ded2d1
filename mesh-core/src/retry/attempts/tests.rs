use super::*;
use crate::{retry::Event, rng::SplitMix};

fn play(policy: &Policy, safety: Safety, outcomes: &[Outcome]) -> (u32, Next) {
    let (mut attempts, mut rng) = (Attempts::new(safety), SplitMix::new(7));
    for &outcome in outcomes {
        let next = attempts.next(policy, outcome, |_| true, &mut rng);
        if matches!(next, Next::Done(_)) {
            return (attempts.count(), next);
        }
    }
    panic!("outcomes ran out after {} attempts", attempts.count());
}

#[test]
fn retries_end_at_the_first_answer_the_policy_does_not_cover() {
    let policy = Policy::idempotent(2);
    let rows: [(&[Outcome], u32, Done); 6] = [
        (&[Outcome::Status(200)], 1, Done::Answered),
        (&[Outcome::RateLimited(503)], 1, Done::Answered),
        (
            &[Outcome::Status(503), Outcome::Status(404)],
            2,
            Done::Answered,
        ),
        (
            &[Outcome::ConnectFailed, Outcome::Reset, Outcome::Status(200)],
            3,
            Done::Answered,
        ),
        (&[Outcome::Status(503); 3], 3, Done::Exhausted),
        (&[Outcome::ConnectFailed; 3], 3, Done::Exhausted),
    ];
    for (outcomes, made, done) in rows {
        let played = play(&policy, Safety::Idempotent, outcomes);
        assert_eq!(played, (made, Next::Done(done)), "{outcomes:?}");
    }
}

#[test]
fn a_payment_does_not_go_out_twice_by_default() {
    let policy = Policy::idempotent(2);
    let played = play(&policy, Safety::Unsafe, &[Outcome::Reset]);
    assert_eq!(played, (1, Next::Done(Done::Failed)));
    let played = play(
        &policy,
        Safety::Unsafe,
        &[Outcome::ConnectFailed, Outcome::Status(503)],
    );
    assert_eq!(played, (2, Next::Done(Done::Answered)));
}

#[test]
fn zero_retries_is_really_none_and_still_says_exhausted() {
    let policy = Policy::on_events(0, [Event::ServerError]);
    assert!(!Attempts::new(Safety::Idempotent).can_retry(&policy));
    let played = play(&policy, Safety::Idempotent, &[Outcome::Status(500)]);
    assert_eq!(played, (1, Next::Done(Done::Exhausted)));
}

#[test]
fn nothing_is_kept_where_no_retry_can_happen() {
    let unsafe_request = Attempts::new(Safety::Unsafe);
    assert!(!unsafe_request.can_retry(&Policy::none()));
    assert!(!unsafe_request.can_retry(&Policy::on_events(1, [])));
    assert!(unsafe_request.can_retry(&Policy::unsent(1)));
    assert!(unsafe_request.can_retry(&Policy::on_events(1, [Event::ClientError])));
}

#[test]
fn a_wait_is_cut_where_the_request_limit_ends() {
    let policy = Policy::idempotent(2);
    let (mut attempts, mut rng) = (Attempts::new(Safety::Idempotent), SplitMix::new(7));
    let left = Some(Duration::from_nanos(1));
    let mut next = |attempts: &mut Attempts, left| {
        let ended = Ended::new(Outcome::Reset).with_left(left);
        attempts.next(&policy, ended, |_| true, &mut rng)
    };
    let next_left = next(&mut attempts, left);
    assert_eq!(next_left, Next::Wait(Duration::from_nanos(1)));
    let none_left = next(&mut attempts, Some(Duration::ZERO));
    assert_eq!(none_left, Next::Done(Done::OutOfTime));
    assert_eq!(attempts.count(), 1, "no retry ever began");
    let hour = Some(Duration::from_secs(3600));
    assert!(matches!(next(&mut attempts, hour), Next::Wait(_)));
    assert_eq!(attempts.count(), 2);
}

#[test]
fn flags_name_the_last_reason_and_whether_retries_were_used_up() {
    let rows = [
        (Done::Answered, Outcome::Status(200), "-"),
        (Done::Exhausted, Outcome::Status(503), "URX"),
        (Done::Answered, Outcome::RateLimited(503), "-"),
        (Done::Exhausted, Outcome::ConnectFailed, "URX,UF"),
        (Done::Exhausted, Outcome::PerTryTimeout, "URX,UT"),
        (Done::Failed, Outcome::ProtocolError, "UPE"),
        (Done::OutOfTime, Outcome::ConnectFailed, "UT"),
        (Done::Declined, Outcome::Status(503), "-"),
        (Done::OverBudget, Outcome::Status(503), "URB"),
        (Done::OverBudget, Outcome::ConnectFailed, "UF,URB"),
    ];
    for (done, last, flags) in rows {
        assert_eq!(done.flags(last).to_string(), flags, "{done:?} {last:?}");
    }
}

#[test]
fn an_untouched_request_is_replayed_once_and_only_off_a_reused_connection() {
    assert!(replays_unsent(true, false));
    assert!(!replays_unsent(true, true));
    assert!(!replays_unsent(false, false));
}

const MILLI: Duration = Duration::from_millis(1);

/// What follows an answer of 503 with this hint, when so many milliseconds are left.
fn after(hint: Hint, left: Option<u32>) -> Next {
    let ended = Ended::new(Outcome::Status(503))
        .with_hint(hint)
        .with_left(left.map(|left| left * MILLI));
    let mut attempts = Attempts::new(Safety::Idempotent);
    let policy = Policy::idempotent(1);
    let next = attempts.next(&policy, ended, |_| true, &mut SplitMix::new(7));
    let counted = matches!(next, Next::Wait(_)) as u32;
    assert_eq!(attempts.count(), 1 + counted, "{hint:?} {left:?}");
    next
}

#[test]
fn a_wait_that_an_answer_asks_for_is_kept_or_the_answer_is_passed_on() {
    let (asked, declined) = (|millis| Hint::After(millis * MILLI), Done::Declined);
    let rows = [
        (asked(100), None, Ok(100)),
        (asked(100), Some(10_000), Ok(100)),
        (asked(100), Some(102), Ok(100)),
        (asked(100), Some(101), Err(declined)),
        (asked(100), Some(50), Err(declined)),
        (asked(25_000), None, Ok(25_000)),
        (asked(25_001), None, Err(declined)),
        (Hint::After(Duration::MAX), None, Err(declined)),
        (Hint::After(Duration::MAX), Some(u32::MAX), Err(declined)),
        (Hint::Never, None, Err(declined)),
        (Hint::Never, Some(0), Err(Done::OutOfTime)),
    ];
    for (hint, left, want) in rows {
        match (after(hint, left), want) {
            (Next::Wait(wait), Ok(least)) => {
                let least = least * MILLI;
                assert!(
                    (least..least + 25 * MILLI).contains(&wait),
                    "{hint:?} {left:?}"
                );
                let usable = left.map(|left| (left - 1) * MILLI);
                assert!(
                    usable.is_none_or(|usable| wait <= usable),
                    "{hint:?} {left:?}"
                );
            }
            (next, want) => assert_eq!(Err(next), want.map_err(Next::Done), "{hint:?} {left:?}"),
        }
    }
}

#[test]
fn an_attempt_for_which_no_millisecond_would_be_left_is_not_made() {
    let policy = Policy::idempotent(1);
    let wait = match after(Hint::None, None) {
        Next::Wait(wait) => wait,
        other => panic!("{other:?}"),
    };
    for (left, made) in [(wait, 1), (wait + MILLI, 1), (wait + 2 * MILLI, 2)] {
        let mut attempts = Attempts::new(Safety::Idempotent);
        let ended = Ended::new(Outcome::Status(503)).with_left(Some(left));
        let next = attempts.next(&policy, ended, |_| true, &mut SplitMix::new(7));
        let want = if made == 1 { left } else { wait };
        assert_eq!(
            (next, attempts.count()),
            (Next::Wait(want), made),
            "{left:?}"
        );
    }
}

#[test]
fn a_budget_is_asked_only_for_a_retry_that_would_be_made_and_burdens_the_peer() {
    let budget = Budget::new(20, 10);
    let braked = Policy::idempotent(1).with_budget(budget);
    let rows = [
        (&braked, Ended::new(Outcome::Status(503)), 1),
        (&braked, Ended::new(Outcome::PerTryTimeout), 1),
        (&braked, Ended::new(Outcome::Status(200)), 0),
        (&braked, Ended::new(Outcome::ConnectFailed), 0),
        (
            &braked,
            Ended::new(Outcome::Status(503)).with_hint(Hint::Never),
            0,
        ),
        (
            &braked,
            Ended::new(Outcome::Status(503)).with_left(Some(MILLI)),
            0,
        ),
        (&Policy::idempotent(1), Ended::new(Outcome::Status(503)), 0),
    ];
    for (policy, ended, want) in rows {
        for granted in [true, false] {
            let mut asked = 0;
            let mut spend = |of| {
                assert_eq!(of, budget);
                asked += 1;
                granted
            };
            let mut attempts = Attempts::new(Safety::Idempotent);
            let next = attempts.next(policy, ended, &mut spend, &mut SplitMix::new(7));
            if want == 1 && !granted {
                assert_eq!(next, Next::Done(Done::OverBudget));
                assert_eq!(attempts.count(), 1);
            }
            assert_eq!(asked, want, "{ended:?}");
        }
    }
}
