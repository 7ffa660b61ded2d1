//! Regular expressions as App Mesh's proxies read them.

mod literal;

use regex::bytes::Regex;
use thiserror::Error;

use crate::re2::{Expression, NoExpression};

/// An expression that a whole value must match.
///
/// # Source
/// Envoy `safe_regex`: RE2 over bytes, so that `.` is one byte and not one character.
///
/// # Examples
/// ```
/// use mesh_core::route::Pattern;
///
/// let pattern = Pattern::new("a|ab")?;
/// assert!(pattern.is_match(b"ab"));
/// assert!(!pattern.is_match(b"abc"));
/// # Ok::<(), mesh_core::route::InvalidPattern>(())
/// ```
#[derive(Clone, Debug)]
pub struct Pattern {
    written: Box<str>,
    whole: Regex,
    literals: Box<[Box<[u8]>]>,
}

impl Pattern {
    /// Compiles an expression.
    ///
    /// # Errors
    /// [`InvalidPattern`] if it is none, or compiles to more than 1 MiB.
    pub fn new(pattern: &str) -> Result<Self, InvalidPattern> {
        let invalid = |source| InvalidPattern {
            pattern: pattern.to_owned(),
            source,
        };
        let expression = Expression::new(pattern).map_err(invalid)?;
        Ok(Self {
            written: pattern.into(),
            whole: expression.compile(MAX_COMPILED).map_err(invalid)?,
            literals: literal::required(expression.parsed()),
        })
    }

    /// Whether the expression matches all of the value.
    #[must_use]
    pub fn is_match(&self, value: &[u8]) -> bool {
        self.whole.is_match(value)
    }

    /// The expression, as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.written
    }

    /// Texts that every value has in it that matches; none of them is empty.
    pub(super) fn literals(&self) -> &[Box<[u8]>] {
        &self.literals
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.written == other.written
    }
}

/// What was written is no regular expression, or too large a one.
#[derive(Clone, Debug, Error)]
#[error("`{pattern}` is not a regular expression that can be used")]
#[non_exhaustive]
pub struct InvalidPattern {
    /// What was written.
    pub pattern: String,
    /// What is wrong with it.
    #[source]
    source: NoExpression,
}

/// Far above what 255 characters need unless they count repetitions of repetitions.
const MAX_COMPILED: usize = 1 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_value_must_match() {
        let rows = [
            ("a|ab", "ab", true),
            ("a|ab", "xab", false),
            ("red.*", "redor", true),
            ("red", "redor", false),
            ("red", "red\n", false),
            ("", "", true),
        ];
        for (pattern, value, expected) in rows {
            let matched = Pattern::new(pattern).unwrap().is_match(value.as_bytes());
            assert_eq!(matched, expected, "{pattern} on {value:?}");
        }
    }

    #[test]
    fn patterns_are_equal_that_are_written_alike() {
        let pattern = |written| Pattern::new(written).unwrap();
        assert_eq!(pattern("a|b").as_str(), "a|b");
        assert_eq!(pattern("a|b"), pattern("a|b"));
        assert_ne!(pattern("a|b"), pattern("b|a"));
    }

    #[test]
    fn a_dot_is_one_byte() {
        let pattern = Pattern::new("caf.").unwrap();
        assert!(pattern.is_match(b"caf\xE9"));
        assert!(!pattern.is_match("café".as_bytes()));
    }

    #[test]
    fn what_is_no_expression_is_an_error_not_a_panic() {
        for pattern in [
            "(",
            "a)(b",
            "[",
            "*",
            r"\p{Greek}",
            "((a{1000}){1000}){1000}",
        ] {
            assert!(Pattern::new(pattern).is_err(), "{pattern}");
        }
    }
}
