//! One line for each request, as Envoy writes it where no format is configured.

use std::{
    fmt,
    io::Write,
    net::SocketAddr,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use http::Version;

use crate::metric::Flags;

/// What an access log tells about a request that has ended.
///
/// It borrows, so that a record is rendered wherever its parts are kept. What is absent is printed as `-`: `None`, an empty
/// method and an empty path (CONNECT has none); a header that is there and empty is printed as nothing.
///
/// # Shape
/// ```text
/// [2026-11-22T18:21:51.123Z] "GET /orders?id=7 HTTP/1.1" 200 - 0 512 13 11 "-" "curl/8.5.0" "cc21d9b0-cf5c-432b-8c7e-98aeb7988cd2" "orders.local" "10.0.2.1:8080"
/// ```
///
/// Start in UTC, to the millisecond; method, path and protocol; status (0: the caller left before there was one); response
/// flags; body bytes received from the caller and sent to it; milliseconds from start to end, and until the response's head
/// came from upstream; `x-forwarded-for`, `user-agent`, `x-request-id` and authority; the upstream's address.
///
/// Values are not escaped, as Envoy's are not: a caller can send a quote or a tab. It cannot end the line: a header value and
/// a path hold no line break, and should one of the control bytes come here by another way, `?` is printed for it.
///
/// # Source
/// Envoy, "Access logging", default format string; App Mesh wrote it for an access log without a `format`. A start before
/// 1970 is printed as the beginning of 1970.
///
/// # Examples
/// ```
/// use std::time::{Duration, UNIX_EPOCH};
/// use mesh_core::{access_log::Record, metric::{Flag, Flags}};
///
/// let mut record = Record::new(UNIX_EPOCH + Duration::from_millis(1_500), b"GET", b"/x", http::Version::HTTP_2);
/// record.status = 503;
/// record.flags = Flags::default().with(Flag::NoHealthyUpstream);
/// record.duration = Duration::from_micros(2_900);
/// record.authority = Some(b"orders.local");
/// let mut line = Vec::new();
/// record.write_line(&mut line);
/// let expected = r#"[1970-01-01T00:00:01.500Z] "GET /x HTTP/2" 503 UH 0 0 2 - "-" "-" "-" "orders.local" "-""#;
/// assert_eq!(String::from_utf8(line)?, format!("{expected}\n"));
/// # Ok::<(), std::string::FromUtf8Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Record<'a> {
    /// When the request's head came.
    pub start: SystemTime,
    /// Its method.
    pub method: &'a [u8],
    /// Its path with the query; the original one if it was rewritten.
    pub path: &'a [u8],
    /// What the caller spoke.
    pub protocol: Version,
    /// The response's status; 0: none was sent.
    pub status: u16,
    /// Why it did not simply succeed.
    pub flags: Flags,
    /// Bytes of the request's body.
    pub bytes_received: u64,
    /// Bytes of the response's body.
    pub bytes_sent: u64,
    /// From the start to the end of the response.
    pub duration: Duration,
    /// How long the upstream took to its response's head, as its own proxy tells or as it was measured.
    pub upstream_service_time: Option<Duration>,
    /// The header `x-forwarded-for`.
    pub forwarded_for: Option<&'a [u8]>,
    /// The header `user-agent`.
    pub user_agent: Option<&'a [u8]>,
    /// The header `x-request-id`.
    pub request_id: Option<&'a [u8]>,
    /// Host and port that were called, after a rewrite.
    pub authority: Option<&'a [u8]>,
    /// The endpoint of the last attempt.
    pub upstream_host: Option<SocketAddr>,
}

impl<'a> Record<'a> {
    /// A request of which nothing is known but its first line: all else is absent or 0.
    #[must_use]
    pub const fn new(
        start: SystemTime,
        method: &'a [u8],
        path: &'a [u8],
        protocol: Version,
    ) -> Self {
        Self {
            start,
            method,
            path,
            protocol,
            status: 0,
            flags: Flags::NONE,
            bytes_received: 0,
            bytes_sent: 0,
            duration: Duration::ZERO,
            upstream_service_time: None,
            forwarded_for: None,
            user_agent: None,
            request_id: None,
            authority: None,
            upstream_host: None,
        }
    }

    /// Appends the line, with its line break; allocates only what `line` grows by.
    pub fn write_line(&self, line: &mut Vec<u8>) {
        self.write_request(line);
        self.write_end(line);
        let headers = [self.forwarded_for, self.user_agent, self.request_id];
        for value in headers.into_iter().chain([self.authority]) {
            quoted(line, value);
        }
        line.extend_from_slice(b" \"");
        match self.upstream_host {
            Some(host) => display(line, host),
            None => line.push(b'-'),
        }
        line.extend_from_slice(b"\"\n");
    }

    /// When it came, and what it asked for.
    fn write_request(&self, line: &mut Vec<u8>) {
        line.push(b'[');
        timestamp(line, self.start);
        line.extend_from_slice(b"] \"");
        text(line, Some(self.method).filter(|method| !method.is_empty()));
        line.push(b' ');
        text(line, Some(self.path).filter(|path| !path.is_empty()));
        line.push(b' ');
        line.extend_from_slice(protocol(self.protocol));
        line.extend_from_slice(b"\" ");
    }

    /// How it ended, how much was moved and how long it took.
    fn write_end(&self, line: &mut Vec<u8>) {
        number(line, self.status.into(), 1);
        line.push(b' ');
        display(line, self.flags);
        for count in [self.bytes_received, self.bytes_sent, millis(self.duration)] {
            line.push(b' ');
            number(line, count, 1);
        }
        line.push(b' ');
        match self.upstream_service_time {
            Some(time) => number(line, millis(time), 1),
            None => line.push(b'-'),
        }
    }
}

fn quoted(line: &mut Vec<u8>, value: Option<&[u8]>) {
    line.extend_from_slice(b" \"");
    text(line, value);
    line.push(b'"');
}

fn text(line: &mut Vec<u8>, value: Option<&[u8]>) {
    let start = line.len();
    line.extend_from_slice(value.unwrap_or(b"-"));
    for byte in &mut line[start..] {
        // Without a branch, or it would be one byte at a time.
        let ends_lines = *byte < b' ' && *byte != b'\t';
        *byte = if ends_lines { b'?' } else { *byte };
    }
}

fn protocol(version: Version) -> &'static [u8] {
    match version {
        Version::HTTP_10 => b"HTTP/1.0",
        Version::HTTP_11 => b"HTTP/1.1",
        Version::HTTP_2 => b"HTTP/2",
        Version::HTTP_3 => b"HTTP/3",
        _ => b"-",
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

fn display(line: &mut Vec<u8>, value: impl fmt::Display) {
    write!(line, "{value}").expect("a vector takes every byte");
}

fn timestamp(line: &mut Vec<u8>, time: SystemTime) {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    let seconds = since.as_secs();
    let (year, month, day) = civil(seconds / 86_400);
    let parts = [
        (year, 4, b'-'),
        (month, 2, b'-'),
        (day, 2, b'T'),
        (seconds / 3_600 % 24, 2, b':'),
        (seconds / 60 % 60, 2, b':'),
        (seconds % 60, 2, b'.'),
        (since.subsec_millis().into(), 3, b'Z'),
    ];
    for (value, width, after) in parts {
        number(line, value, width);
        line.push(after);
    }
}

/// Year, month and day of a day since 1970-01-01.
///
/// # Source
/// Howard Hinnant, "chrono-compatible low-level date algorithms", `civil_from_days`: years begin in March, so that a leap
/// day is the last of its year, and repeat every 400.
fn civil(day: u64) -> (u64, u64, u64) {
    const DAYS_BEFORE_1970: u64 = 719_468;
    const DAYS_OF_400_YEARS: u64 = 146_097;
    let day = day + DAYS_BEFORE_1970;
    let (era, day) = (day / DAYS_OF_400_YEARS, day % DAYS_OF_400_YEARS);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let january_or_february = month >= 10;
    let year = era * 400 + year + u64::from(january_or_february);
    let month = if january_or_february {
        month - 9
    } else {
        month + 3
    };
    (year, month, day)
}

/// Decimal digits, led by zeros up to `width`.
fn number(line: &mut Vec<u8>, mut value: u64, width: usize) {
    // As many as `u64::MAX` has.
    let mut digits = [b'0'; 20];
    let mut first = digits.len();
    while value > 0 || digits.len() - first < width {
        first -= 1;
        digits[first] = b'0' + (value % 10) as u8;
        value /= 10;
    }
    line.extend_from_slice(&digits[first..]);
}

#[cfg(test)]
mod tests;
