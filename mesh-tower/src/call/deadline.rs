//! By when a call has to be over because its caller says so: read on the way in, spent down, sent on.

use std::time::{Duration, Instant};

use http::{HeaderMap, HeaderName, HeaderValue};
use mesh_core::timeout::{Deadline, Deadlines, Text, expected_millis, grpc_timeout};

use super::{Call, Told};

/// What a request says of the time that its caller has.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct CallersTime {
    /// A moment: a gRPC caller's clock runs from the call's beginning, and so does that of whoever caused the call.
    pub(crate) deadline: Deadline,
    /// A limit: an HTTP caller's clock runs, as a proxy's does, from the end of the request.
    pub(crate) limit: Option<Duration>,
}

impl CallersTime {
    /// Of a request that came in.
    pub(crate) fn of_inbound(told: &Told<'_>, grpc: bool, at: Instant) -> Self {
        if grpc {
            return Self {
                deadline: own_deadline(told, at),
                limit: None,
            };
        }
        let expected = told.expected;
        Self {
            deadline: Deadline::NONE,
            limit: expected.and_then(|value| expected_millis(value.as_bytes())),
        }
    }

    /// Whether it says anything.
    pub(crate) fn is_any(&self) -> bool {
        self.limit.is_some() || self.deadline != Deadline::NONE
    }

    /// As the one who is asked keeps it.
    pub(crate) fn with_grace(self) -> Self {
        Self {
            deadline: self.deadline.later(GRACE),
            limit: self.limit.map(|limit| limit + GRACE),
        }
    }

    /// Of a request that is sent, for one with that deadline: a gRPC client may have written one of its own.
    pub(crate) fn of_outbound(told: &Told<'_>, grpc: bool, at: Instant, of: Deadline) -> Self {
        let own = if grpc {
            own_deadline(told, at)
        } else {
            Deadline::NONE
        };
        Self {
            deadline: own.earlier(of),
            limit: None,
        }
    }
}

fn own_deadline(told: &Told<'_>, at: Instant) -> Deadline {
    let timeout = told.grpc_timeout;
    let timeout = timeout.and_then(|value| grpc_timeout(value.as_bytes()));
    let end = timeout.and_then(|timeout| at.checked_add(timeout));
    end.map_or(Deadline::NONE, Deadline::of_call)
}

impl Call {
    /// By when whoever caused it wants it to be over, as far as that is known: an HTTP caller's time begins when its request
    /// has been read to the end.
    ///
    /// Calls that are made while this one is answered are limited by it.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        self.causes().at()
    }

    /// What ends it when its caller does not.
    ///
    /// The one who asked ends the call itself. Told in whole milliseconds, the one who is asked would often be a moment ahead,
    /// and the records of the two would disagree about who gave up.
    pub(crate) fn callers_time(&self) -> CallersTime {
        let time = self.began.time;
        match self.is_inbound() && time.is_any() {
            true => time.with_grace(),
            false => time,
        }
    }

    /// The deadline of what it causes.
    pub(crate) fn causes(&self) -> Deadline {
        let CallersTime { deadline, limit } = self.began.time;
        let Some(limit) = limit else {
            return deadline;
        };
        let ended = self.request_end().at();
        let at = ended.and_then(|ended| ended.checked_add(limit));
        at.map_or(deadline, Deadline::of_request)
    }
}

/// Tells the peer how long an attempt that begins now is waited for. What a caller has written there, or copied from a
/// request it is answering, is overwritten.
pub(crate) fn tell(headers: &mut HeaderMap, grpc: bool, deadlines: &Deadlines, now: Instant) {
    if grpc {
        // Only a deadline: limits begin when the request has ended, and a stream's may never.
        if let Some(at) = deadlines.call_ends() {
            let left = Text::grpc_timeout(at.saturating_duration_since(now));
            put(headers, GRPC_TIMEOUT, left.as_bytes());
        }
        return;
    }
    match deadlines.expected(now) {
        // App Mesh's default, before anything was spent: most requests.
        Some(DEFAULT) => drop(headers.insert(EXPECTED, DEFAULT_TEXT)),
        Some(left) => put(headers, EXPECTED, Text::expected_millis(left).as_bytes()),
        None => drop(headers.remove(EXPECTED)),
    }
}

fn put(headers: &mut HeaderMap, name: HeaderName, text: &[u8]) {
    // Digits and a letter are what a header can have.
    if let Ok(value) = HeaderValue::from_bytes(text) {
        headers.insert(name, value);
    }
}

const GRPC_TIMEOUT: HeaderName = HeaderName::from_static("grpc-timeout");
const EXPECTED: HeaderName = HeaderName::from_static("x-envoy-expected-rq-timeout-ms");
const GRACE: Duration = Duration::from_millis(10);
const DEFAULT: Duration = Duration::from_secs(15);
const DEFAULT_TEXT: HeaderValue = HeaderValue::from_static("15000");

#[cfg(test)]
mod tests {
    use mesh_core::timeout::{RequestEnds, Timeouts};

    use super::*;
    use crate::runtime::clock;

    const SECOND: Duration = Duration::from_secs(1);

    fn headers(name: &HeaderName, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(name.clone(), HeaderValue::from_static(value))])
    }

    #[test]
    fn what_is_no_timeout_is_not_read_and_the_other_protocols_neither() {
        let now = clock::now();
        for value in ["", "soon", "-1", "1.5"] {
            for (name, grpc) in [(EXPECTED, false), (GRPC_TIMEOUT, true)] {
                let time = CallersTime::of_inbound(&Told::of(&headers(&name, value)), grpc, now);
                assert_eq!(
                    (time.deadline, time.limit),
                    (Deadline::NONE, None),
                    "{value}"
                );
            }
        }
        let time = CallersTime::of_inbound(&Told::of(&headers(&GRPC_TIMEOUT, "1S")), false, now);
        assert_eq!((time.deadline, time.limit), (Deadline::NONE, None));
        let time = CallersTime::of_inbound(&Told::of(&headers(&EXPECTED, "1000")), true, now);
        assert_eq!((time.deadline, time.limit), (Deadline::NONE, None));
    }

    #[test]
    fn a_callers_own_timeout_only_shortens_the_deadline_of_what_caused_the_call() {
        let now = clock::now();
        for (cause, want) in [(5, 3), (1, 1)] {
            let of = Deadline::of_request(now + cause * SECOND);
            let own = headers(&GRPC_TIMEOUT, "3S");
            let time = CallersTime::of_outbound(&Told::of(&own), true, now, of);
            assert_eq!(time.deadline.at(), Some(now + want * SECOND));
        }
    }

    #[test]
    fn a_peer_is_told_what_is_left_and_nothing_where_nothing_limits() {
        let now = clock::now();
        let limited = Timeouts::none().with_request(Some(15 * SECOND), RequestEnds::Response);
        let mut running = Deadlines::new(limited, now);
        running.request_ended(now);
        let deadline = running.with_deadline(Deadline::of_call(now + 2 * SECOND));
        let unlimited = Deadlines::new(Timeouts::none(), now);
        let rows = [
            (running, false, now, Some("15000")),
            (running, false, now + SECOND, Some("14000")),
            (deadline, false, now + SECOND, Some("1000")),
            (deadline, true, now + SECOND, Some("1000m")),
            (running, true, now, Some("copied")),
            (unlimited, true, now, Some("copied")),
            (unlimited, false, now, None),
        ];
        for (deadlines, grpc, at, want) in rows {
            let name = if grpc { GRPC_TIMEOUT } else { EXPECTED };
            let mut headers = headers(&name, "copied");
            tell(&mut headers, grpc, &deadlines, at);
            let told = headers.get(&name).and_then(|value| value.to_str().ok());
            assert_eq!(told, want, "grpc: {grpc}");
        }
    }
}
