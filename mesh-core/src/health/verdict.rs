//! What the checks of an endpoint say about it so far.

use std::fmt;

/// What is known of an endpoint's health.
///
/// # Source
/// Envoy, "Health checking": an endpoint that is checked counts as unhealthy until it has answered once.
///
/// # Examples
/// ```
/// use mesh_core::health::Health;
///
/// assert_eq!(Health::default(), Health::Well); // nobody asks
/// assert!(!Health::Unknown.is_well());
/// ```
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Health {
    /// It is checked, and has not answered yet.
    Unknown,
    /// It answered well, or is not checked.
    #[default]
    Well,
    /// It failed its checks.
    Unwell,
}

impl Health {
    /// Whether attempts may go there as far as the checks are concerned.
    #[must_use]
    pub const fn is_well(self) -> bool {
        matches!(self, Self::Well)
    }
}

impl fmt::Display for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unknown => "unknown",
            Self::Well => "well",
            Self::Unwell => "unwell",
        })
    }
}
