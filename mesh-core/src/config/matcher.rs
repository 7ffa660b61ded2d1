//! Conditions of a route, as data.

use http::HeaderName;

/// A condition on the path.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum PathMatch {
    /// The path begins so; not segment-aware.
    Prefix(String),
    /// The path is this.
    Exact(String),
    /// The whole path matches this expression (RE2 syntax, bytes).
    Regex(String),
}

/// A condition on one header.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct HeaderMatch {
    /// The header; `:method`, `:scheme`, `:path` and `:authority` name parts of the request line.
    pub name: HeaderKey,
    /// Turns the result round, but only where the header is present (or, without a matcher, asks for its absence).
    pub invert: bool,
    /// Condition on the value; `None` asks for presence.
    pub matcher: Option<HeaderMatcher>,
}

/// The name in a header condition: a header's, or a pseudo-header's.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum HeaderKey {
    /// An ordinary header.
    Header(HeaderName),
    /// `:method`.
    Method,
    /// `:scheme`.
    Scheme,
    /// `:path`, with the query.
    Path,
    /// `:authority`, also written `host`.
    Authority,
}

/// A condition on a header's value.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum HeaderMatcher {
    /// The value is this.
    Exact(String),
    /// The value begins so.
    Prefix(String),
    /// The value ends so.
    Suffix(String),
    /// The whole value matches this expression.
    Regex(String),
    /// The value is an integer with `start <= value < end`.
    Range {
        /// The first that matches.
        start: i64,
        /// The first that no longer matches.
        end: i64,
    },
}

impl HeaderMatcher {
    /// The value is this.
    pub fn exact(value: impl Into<String>) -> Self {
        Self::Exact(value.into())
    }

    /// The value begins so.
    pub fn prefix(value: impl Into<String>) -> Self {
        Self::Prefix(value.into())
    }

    /// The value ends so.
    pub fn suffix(value: impl Into<String>) -> Self {
        Self::Suffix(value.into())
    }

    /// The whole value matches this expression (RE2 syntax, bytes).
    pub fn regex(expression: impl Into<String>) -> Self {
        Self::Regex(expression.into())
    }

    /// The value is an integer of this range, its end excluded.
    #[must_use]
    pub const fn range(range: std::ops::Range<i64>) -> Self {
        Self::Range {
            start: range.start,
            end: range.end,
        }
    }
}

/// A condition on one query parameter.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct QueryParameter {
    /// Its key, compared raw.
    pub name: String,
    /// Its value, compared raw; `None` asks for presence.
    pub exact: Option<String>,
}
