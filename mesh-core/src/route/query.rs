//! Conditions on query parameters.

use std::fmt;

/// A condition on one query parameter; key and value are compared raw, as the request writes them.
///
/// # Source
/// Envoy 1.40: nothing is decoded, `;` separates nothing, the first occurrence of the key counts, and `k` has the value ``.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct QueryCondition {
    name: Box<str>,
    exact: Option<Box<str>>,
}

impl QueryCondition {
    /// The parameter is there.
    #[must_use]
    pub fn present(name: &str) -> Self {
        Self {
            name: name.into(),
            exact: None,
        }
    }

    /// The parameter's first value is this.
    #[must_use]
    pub fn exact(name: &str, value: &str) -> Self {
        Self {
            name: name.into(),
            exact: Some(value.into()),
        }
    }

    pub(super) fn matches(&self, query: Option<&str>) -> bool {
        let pairs = query.into_iter().flat_map(|query| query.split('&'));
        let mut pairs = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
        let value = pairs.find_map(|(key, value)| (key == &*self.name).then_some(value));
        value.is_some_and(|value| self.exact.as_deref().is_none_or(|exact| exact == value))
    }
}

impl fmt::Display for QueryCondition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.exact {
            Some(exact) => write!(f, "query parameter {} is {exact:?}", self.name),
            None => write!(f, "query parameter {} is present", self.name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_raw_value_of_a_key_counts() {
        let rows = [
            ("k", Some("v"), "k=v", true),
            ("k", Some("v"), "k=v&k=w", true),
            ("k", Some("w"), "k=v&k=w", false),
            ("k", Some("a b"), "k=a%20b", false),
            ("k", None, "%6B=v", false),
            ("k", None, "k", true),
            ("k", Some(""), "k", true),
            ("k", Some(""), "k=", true),
            ("k", Some("v=v"), "k=v=v", true),
            ("k", None, "a;k=v", false),
            ("?k", Some("v"), "?k=v", true),
            ("K", None, "k=v", false),
            ("k", None, "", false),
        ];
        for (name, exact, query, expected) in rows {
            let condition = exact.map_or_else(
                || QueryCondition::present(name),
                |exact| QueryCondition::exact(name, exact),
            );
            assert_eq!(
                condition.matches(Some(query)),
                expected,
                "{condition} in ?{query}"
            );
        }
        assert!(!QueryCondition::present("k").matches(None));
    }
}
