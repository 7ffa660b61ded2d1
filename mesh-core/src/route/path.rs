//! Conditions on paths.

use std::fmt;

use super::Pattern;

/// A condition on the path, without its query.
///
/// What is written here is compared raw: a condition that is not in normal form itself (`/a//b`) never holds. None holds
/// for a path with an escaped NUL (`%00`), which no application expects.
///
/// # Source
/// Envoy 1.40 answers `%00` with 400; here such a request finds no route.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum PathCondition {
    /// It begins so; not segment-aware: `/chapter` takes `/chapter1`.
    Prefix(Box<str>),
    /// It is this.
    Exact(Box<str>),
    /// All of it matches.
    Regex(Pattern),
}

impl PathCondition {
    /// What a route has that writes no condition on the path.
    #[must_use]
    pub fn any() -> Self {
        Self::Prefix(Box::from("/"))
    }

    pub(super) fn matches(&self, path: &str) -> bool {
        let holds = match self {
            Self::Prefix(prefix) => path.starts_with(&**prefix),
            Self::Exact(exact) => path == &**exact,
            Self::Regex(pattern) => pattern.is_match(path.as_bytes()),
        };
        holds && !has_escaped_nul(path)
    }

    /// By what rules of the same priority are ordered: the longer goes first.
    pub(super) fn length(&self) -> usize {
        match self {
            Self::Prefix(text) | Self::Exact(text) => text.len(),
            Self::Regex(pattern) => pattern.as_str().len(),
        }
    }
}

impl fmt::Display for PathCondition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Prefix(prefix) => write!(f, "path begins with {prefix}"),
            Self::Exact(exact) => write!(f, "path is {exact}"),
            Self::Regex(pattern) => write!(f, "path matches {}", pattern.as_str()),
        }
    }
}

/// Whether no condition holds for this path.
pub(super) fn has_escaped_nul(path: &str) -> bool {
    path.contains(ESCAPED_NUL)
}

const ESCAPED_NUL: &str = "%00";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_look_at_text_not_at_segments() {
        let prefix = PathCondition::Prefix("/chapter".into());
        assert!(
            ["/chapter", "/chapter/1", "/chapter1"]
                .iter()
                .all(|path| prefix.matches(path))
        );
        assert!(!prefix.matches("/Chapter"));
        let exact = PathCondition::Exact("/a".into());
        assert!(exact.matches("/a") && !exact.matches("/a/"));
        let regex = PathCondition::Regex(Pattern::new("/v[0-9]").unwrap());
        assert!(regex.matches("/v1") && !regex.matches("/v1/x"));
    }

    #[test]
    fn a_path_with_an_escaped_nul_is_taken_by_no_route() {
        let everything = [
            PathCondition::any(),
            PathCondition::Exact("/a%00".into()),
            PathCondition::Regex(Pattern::new(".*").unwrap()),
        ];
        for condition in everything {
            assert!(!condition.matches("/a%00"), "{condition}");
        }
        assert!(PathCondition::any().matches("/a%2500"));
    }

    #[test]
    fn a_request_without_a_path_is_not_taken_by_a_route_for_any_path() {
        assert!(!PathCondition::any().matches("*"));
        assert!(!PathCondition::any().matches(""));
    }
}
