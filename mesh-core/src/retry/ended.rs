//! What is known when an attempt has ended.

use std::time::Duration;

use crate::metric::Outcome;

/// How an attempt ended, what its answer said about another one, and how much time is left.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use mesh_core::{metric::Outcome, retry::{Ended, Hint}};
///
/// let ended = Ended::new(Outcome::Status(503)).with_hint(Hint::After(Duration::from_secs(1)));
/// assert_eq!(ended.outcome, Outcome::Status(503));
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Ended {
    /// How it ended.
    pub outcome: Outcome,
    /// What its answer asked for.
    pub hint: Hint,
    /// What is left of the request's time; `None` while no limit on it runs.
    pub left: Option<Duration>,
}

impl Ended {
    /// An attempt that ended so, without a hint, under no limit.
    #[must_use]
    pub const fn new(outcome: Outcome) -> Self {
        Self {
            outcome,
            hint: Hint::None,
            left: None,
        }
    }

    /// The same, where the answer asked for this.
    #[must_use]
    pub const fn with_hint(self, hint: Hint) -> Self {
        Self { hint, ..self }
    }

    /// The same, with so much of the request's time left.
    #[must_use]
    pub const fn with_left(self, left: Option<Duration>) -> Self {
        Self { left, ..self }
    }
}

impl From<Outcome> for Ended {
    fn from(outcome: Outcome) -> Self {
        Self::new(outcome)
    }
}

/// What an answer says about another attempt.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum Hint {
    /// Nothing.
    #[default]
    None,
    /// Not before so much time has gone by.
    After(Duration),
    /// Never.
    Never,
}

impl Hint {
    /// What `grpc-retry-pushback-ms` says.
    ///
    /// # Units
    /// Milliseconds; a negative number, and whatever is no number, forbids another attempt.
    ///
    /// # Source
    /// gRPC A6, "Pushback".
    ///
    /// # Examples
    /// ```
    /// use std::time::Duration;
    /// use mesh_core::retry::Hint;
    ///
    /// assert_eq!(Hint::pushback(b"250"), Hint::After(Duration::from_millis(250)));
    /// assert_eq!(Hint::pushback(b"-1"), Hint::Never);
    /// ```
    #[must_use]
    pub fn pushback(value: &[u8]) -> Self {
        let millis = std::str::from_utf8(value)
            .ok()
            .and_then(|text| text.parse::<u32>().ok());
        millis.map_or(Self::Never, |millis| {
            Self::After(Duration::from_millis(millis.into()))
        })
    }

    /// What `Retry-After` says in its first form, a number; the other one, a date, needs a calendar.
    ///
    /// # Units
    /// Seconds; a number that is too long to be one says that it will be very long.
    ///
    /// # Source
    /// RFC 9110, section 10.2.3.
    ///
    /// # Examples
    /// ```
    /// use std::time::Duration;
    /// use mesh_core::retry::Hint;
    ///
    /// assert_eq!(Hint::retry_after(b"2"), Some(Hint::After(Duration::from_secs(2))));
    /// assert_eq!(Hint::retry_after(b"Wed, 21 Oct 2015 07:28:00 GMT"), None);
    /// ```
    #[must_use]
    pub fn retry_after(value: &[u8]) -> Option<Self> {
        let digits = !value.is_empty() && value.iter().all(u8::is_ascii_digit);
        let text = std::str::from_utf8(value).ok().filter(|_| digits)?;
        let seconds = text.parse().unwrap_or(u64::MAX);
        Some(Self::After(Duration::from_secs(seconds)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pushback_that_is_no_number_forbids() {
        let millis = |millis| Hint::After(Duration::from_millis(millis));
        let rows: [(&[u8], Hint); 7] = [
            (b"0", millis(0)),
            (b"1500", millis(1_500)),
            (b"4294967295", millis(u32::MAX.into())),
            (b"4294967296", Hint::Never),
            (b"-1", Hint::Never),
            (b"", Hint::Never),
            (b"\xffsoon", Hint::Never),
        ];
        for (value, want) in rows {
            assert_eq!(Hint::pushback(value), want, "{value:?}");
        }
    }

    #[test]
    fn a_retry_after_is_a_number_of_seconds_or_is_not_read_here() {
        let seconds = |seconds| Some(Hint::After(Duration::from_secs(seconds)));
        let rows: [(&[u8], Option<Hint>); 7] = [
            (b"0", seconds(0)),
            (b"120", seconds(120)),
            (b"99999999999999999999999", seconds(u64::MAX)),
            (b"-1", None),
            (b"+1", None),
            (b"", None),
            (b"1.5", None),
        ];
        for (value, want) in rows {
            assert_eq!(Hint::retry_after(value), want, "{value:?}");
        }
    }
}
