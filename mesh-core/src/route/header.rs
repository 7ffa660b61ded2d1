//! Conditions on headers.

use std::{fmt, iter, ops::Range};

use http::{HeaderMap, HeaderName};

use super::{Head, Pattern};

/// A condition on one header.
///
/// `invert` turns a condition on the value round only where the header is present: with a condition on its value, an
/// absent header never matches. Without one, `invert` asks for absence. Of several values any may match; `invert` then
/// asks that none does. Lines of a header are values of their own, except for some well-known headers (`accept`,
/// `user-agent`, `via` and others): their lines are one value, joined with commas,
/// to which empty ones add nothing.
///
/// # Source
/// Envoy `HeaderUtility::matchHeaders`; measured on 1.40.
#[derive(Clone, Debug, PartialEq)]
pub struct HeaderCondition {
    source: HeaderSource,
    value: Option<ValueCondition>,
    invert: bool,
}

impl HeaderCondition {
    /// The header is there.
    #[must_use]
    pub const fn present(source: HeaderSource) -> Self {
        Self {
            source,
            value: None,
            invert: false,
        }
    }

    /// The header is there with such a value.
    #[must_use]
    pub const fn value(source: HeaderSource, value: ValueCondition) -> Self {
        Self {
            source,
            value: Some(value),
            invert: false,
        }
    }

    /// The same condition turned round, or not.
    #[must_use]
    pub fn inverted(self, invert: bool) -> Self {
        Self { invert, ..self }
    }

    pub(super) fn matches(&self, head: &Head<'_>) -> bool {
        let (mut present, mut holds) = (false, false);
        self.source.each(head, |found| {
            present = true;
            holds = holds || self.value.as_ref().is_none_or(|value| value.matches(found));
        });
        let asked = present || self.value.is_none();
        asked && holds != self.invert
    }

    /// The source that must have one value, and that value.
    pub(super) fn exact(&self) -> Option<(&HeaderSource, &str)> {
        match &self.value {
            Some(ValueCondition::Exact(value)) if !self.invert => Some((&self.source, value)),
            _ => None,
        }
    }
}

impl fmt::Display for HeaderCondition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            source,
            value,
            invert,
        } = self;
        match value {
            None => write!(
                f,
                "header {source} is {}",
                if *invert { "absent" } else { "present" }
            ),
            Some(value) => write!(
                f,
                "header {source} {}{value}",
                if *invert { "is there and not: " } else { "" }
            ),
        }
    }
}

/// Where a value is taken from.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum HeaderSource {
    /// A header's lines.
    Header(HeaderName),
    /// `:method`.
    Method,
    /// `:scheme`.
    Scheme,
    /// `:path`: the normalised path with the query.
    Path,
    /// `:authority`, with port and case as written.
    Authority,
}

impl HeaderSource {
    /// Its name, in lower case; that of no header begins with a colon.
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Header(name) => name.as_str(),
            Self::Method => ":method",
            Self::Scheme => ":scheme",
            Self::Path => ":path",
            Self::Authority => ":authority",
        }
    }

    /// Shows each value that a request has there.
    pub(super) fn each(&self, head: &Head<'_>, mut see: impl FnMut(&[u8])) {
        match self {
            Self::Header(name) => each_line(name, head.headers(), see),
            Self::Path => see(head.path_and_query().as_bytes()),
            Self::Method => see(head.method().as_str().as_bytes()),
            Self::Scheme => see(head.scheme().as_bytes()),
            Self::Authority => see(head.authority().as_bytes()),
        }
    }
}

impl fmt::Display for HeaderSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A condition on a value.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum ValueCondition {
    /// It is this.
    Exact(Box<str>),
    /// It begins so.
    Prefix(Box<str>),
    /// It ends so.
    Suffix(Box<str>),
    /// All of it matches.
    Regex(Pattern),
    /// It is an integer of that range, whose end is not in it.
    Range(Range<i64>),
}

impl ValueCondition {
    fn matches(&self, value: &[u8]) -> bool {
        match self {
            Self::Exact(exact) => value == exact.as_bytes(),
            Self::Prefix(prefix) => value.starts_with(prefix.as_bytes()),
            Self::Suffix(suffix) => value.ends_with(suffix.as_bytes()),
            Self::Regex(pattern) => pattern.is_match(value),
            Self::Range(range) => integer(value).is_some_and(|value| range.contains(&value)),
        }
    }
}

impl fmt::Display for ValueCondition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact(exact) => write!(f, "is {exact:?}"),
            Self::Prefix(prefix) => write!(f, "begins with {prefix:?}"),
            Self::Suffix(suffix) => write!(f, "ends with {suffix:?}"),
            Self::Regex(pattern) => write!(f, "matches {}", pattern.as_str()),
            Self::Range(Range { start, end }) => {
                write!(f, "is an integer from {start} to below {end}")
            }
        }
    }
}

/// Joins only what really has several lines, so that a usual request allocates nothing.
fn each_line(name: &HeaderName, headers: &HeaderMap, see: impl FnMut(&[u8])) {
    let lines = headers.get_all(name);
    // Blanks around a value are none of it (RFC 9110, section 5.5), and do not arrive.
    let values = || lines.iter().map(|value| value.as_bytes().trim_ascii());
    if values().nth(1).is_some() && JOINED.contains(&name.as_str()) {
        let written = values().filter(|value| !value.is_empty());
        let joined = written.collect::<Vec<_>>().join(&b',');
        return iter::once(&*joined).for_each(see);
    }
    values().for_each(see);
}

/// A sign and leading zeros are no hindrance.
fn integer(value: &[u8]) -> Option<i64> {
    std::str::from_utf8(value).ok()?.parse().ok()
}

/// Headers whose lines are one value: those that Envoy keeps in a field of their own, as measured on 1.40.
const JOINED: [&str; 39] = [
    "accept",
    "accept-encoding",
    "access-control-request-headers",
    "access-control-request-method",
    "access-control-request-private-network",
    "authorization",
    "cache-control",
    "cdn-loop",
    "content-encoding",
    "content-type",
    "expect",
    "grpc-accept-encoding",
    "grpc-timeout",
    "host",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "origin",
    "pragma",
    "proxy-status",
    "referer",
    "user-agent",
    "via",
    "x-client-trace-id",
    "x-envoy-attempt-count",
    "x-envoy-decorator-operation",
    "x-envoy-downstream-service-cluster",
    "x-envoy-downstream-service-node",
    "x-envoy-external-address",
    "x-envoy-is-timeout-retry",
    "x-envoy-original-host",
    "x-envoy-original-path",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-port",
    "x-forwarded-proto",
    "x-request-id",
];

#[cfg(test)]
mod tests;
