//! How the time that is left is told from hop to hop: `grpc-timeout`, and `x-envoy-expected-rq-timeout-ms` for HTTP.

use std::time::Duration;

/// Reads `grpc-timeout`; `None` for what is none.
///
/// # Shape
/// One to eight digits and a unit: `H`, `M`, `S`, `m` (milliseconds), `u`, `n`. More than 30 days count as 30 days.
///
/// # Source
/// gRPC over HTTP/2, `Timeout`.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use mesh_core::timeout::grpc_timeout;
///
/// assert_eq!(grpc_timeout(b"1500m"), Some(Duration::from_millis(1500)));
/// assert_eq!(grpc_timeout(b"soon"), None);
/// ```
#[must_use]
pub fn grpc_timeout(value: &[u8]) -> Option<Duration> {
    let (unit, digits) = value.split_last()?;
    let count = number(digits).filter(|_| digits.len() <= GRPC_DIGITS)?;
    let timeout = match unit {
        b'H' => Duration::from_secs(count * 3_600),
        b'M' => Duration::from_secs(count * 60),
        b'S' => Duration::from_secs(count),
        b'm' => Duration::from_millis(count),
        b'u' => Duration::from_micros(count),
        b'n' => Duration::from_nanos(count),
        _ => return None,
    };
    Some(timeout.min(LONGEST))
}

/// Reads `x-envoy-expected-rq-timeout-ms`; `None` for what is none, and for zero, which stands for no limit.
///
/// # Shape
/// Digits. More than 30 days count as 30 days.
///
/// # Source
/// Envoy, "Router": the header that its routers send.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use mesh_core::timeout::expected_millis;
///
/// assert_eq!(expected_millis(b"15000"), Some(Duration::from_secs(15)));
/// assert_eq!(expected_millis(b"0"), None);
/// ```
#[must_use]
pub fn expected_millis(value: &[u8]) -> Option<Duration> {
    let millis = number(value).filter(|millis| *millis > 0)?;
    Some(Duration::from_millis(millis).min(LONGEST))
}

/// A number of any length; too long a one is the greatest.
fn number(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let number = digits.iter().fold(0_u64, |number, digit| {
        number
            .saturating_mul(10)
            .saturating_add(u64::from(digit - b'0'))
    });
    Some(number)
}

/// A header's text, made without an allocation.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use mesh_core::timeout::Text;
///
/// assert_eq!(Text::grpc_timeout(Duration::from_millis(1500)).as_bytes(), b"1500m");
/// assert_eq!(Text::expected_millis(Duration::from_micros(1_999)).as_bytes(), b"1");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Text {
    bytes: [u8; MOST],
    from: usize,
}

impl Text {
    /// What a gRPC peer is told, which is never more than what is left.
    ///
    /// # Units
    /// Milliseconds; microseconds below one, hours where the digits do not suffice.
    #[must_use]
    pub fn grpc_timeout(left: Duration) -> Self {
        let (millis, micros) = (left.as_millis(), left.as_micros());
        if millis == 0 {
            Self::new(micros as u64, Some(b'u'))
        } else if millis < MOST_GRPC {
            Self::new(millis as u64, Some(b'm'))
        } else {
            let hours = u128::from(left.as_secs() / 3_600);
            Self::new(hours.min(MOST_GRPC - 1) as u64, Some(b'H'))
        }
    }

    /// What an HTTP peer is told: whole milliseconds, at least one, because zero stands for no limit.
    #[must_use]
    pub fn expected_millis(left: Duration) -> Self {
        let millis = u64::try_from(left.as_millis()).unwrap_or(u64::MAX);
        Self::new(millis.max(1), None)
    }

    /// Digits and a unit: ASCII.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(self.from..).unwrap_or_default()
    }

    /// Written from the end: a number shows its last digit first.
    fn new(mut number: u64, unit: Option<u8>) -> Self {
        let mut text = Self {
            bytes: [0; MOST],
            from: MOST,
        };
        text.put(unit);
        loop {
            // A remainder of ten is one digit.
            text.put(Some(b'0' + (number % 10) as u8));
            number /= 10;
            if number == 0 {
                return text;
            }
        }
    }

    fn put(&mut self, byte: Option<u8>) {
        let Some(byte) = byte else { return };
        self.from = self.from.saturating_sub(1);
        if let Some(place) = self.bytes.get_mut(self.from) {
            *place = byte;
        }
    }
}

/// Twenty digits hold every number, and a unit comes after no more than eight.
const MOST: usize = 20;
const GRPC_DIGITS: usize = 8;
const MOST_GRPC: u128 = 100_000_000;
/// Nobody waits longer, and adding it to now cannot fail.
const LONGEST: Duration = Duration::from_secs(30 * 24 * 3_600);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grpc_timeout_is_eight_digits_and_a_unit_or_nothing() {
        let rows: [(&str, Option<Duration>); 16] = [
            ("1H", Some(Duration::from_secs(3_600))),
            ("2M", Some(Duration::from_secs(120))),
            ("3S", Some(Duration::from_secs(3))),
            ("4m", Some(Duration::from_millis(4))),
            ("5u", Some(Duration::from_micros(5))),
            ("6n", Some(Duration::from_nanos(6))),
            ("0m", Some(Duration::ZERO)),
            ("99999999n", Some(Duration::from_nanos(99_999_999))),
            ("99999999H", Some(LONGEST)),
            ("100000000n", None),
            ("1", None),
            ("m", None),
            ("", None),
            ("-1m", None),
            ("1.5S", None),
            ("1 m", None),
        ];
        for (value, want) in rows {
            assert_eq!(grpc_timeout(value.as_bytes()), want, "{value:?}");
        }
    }

    #[test]
    fn an_expected_timeout_is_a_number_that_is_not_zero() {
        let rows: [(&str, Option<Duration>); 7] = [
            ("1", Some(Duration::from_millis(1))),
            ("15000", Some(Duration::from_secs(15))),
            ("99999999999999999999999999", Some(LONGEST)),
            ("0", None),
            ("", None),
            ("-5", None),
            ("5ms", None),
        ];
        for (value, want) in rows {
            assert_eq!(expected_millis(value.as_bytes()), want, "{value:?}");
        }
    }

    #[test]
    fn what_is_written_is_never_more_than_what_is_left_and_is_read_back() {
        let rows = [
            (Duration::ZERO, "0u", "1"),
            (Duration::from_nanos(999), "0u", "1"),
            (Duration::from_micros(999), "999u", "1"),
            (Duration::from_micros(1_999), "1m", "1"),
            (Duration::from_secs(15), "15000m", "15000"),
            (Duration::from_millis(99_999_999), "99999999m", "99999999"),
            (Duration::from_millis(100_000_000), "27H", "100000000"),
            (Duration::MAX, "99999999H", "18446744073709551615"),
        ];
        for (left, grpc, http) in rows {
            let (text, millis) = (Text::grpc_timeout(left), Text::expected_millis(left));
            assert_eq!(text.as_bytes(), grpc.as_bytes(), "{left:?}");
            assert_eq!(millis.as_bytes(), http.as_bytes(), "{left:?}");
            let read = grpc_timeout(text.as_bytes()).unwrap();
            assert!(read <= left, "{left:?}");
        }
    }
}
