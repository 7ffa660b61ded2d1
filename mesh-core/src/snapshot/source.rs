//! Where what acts on a request comes from.

use std::fmt;

use crate::error::Location;

/// Where the parts of a [`Plan`](super::Plan) come from.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Sources {
    /// The route's own; [`Source::Defaults`] where a node is the provider.
    pub route: Source,
    /// Its targets'.
    pub targets: Source,
    /// The retry policy's, and so that of the limit of each attempt.
    pub retry: Source,
    /// The request limit's.
    pub request: Source,
    /// The idle limit's.
    pub idle: Source,
}

/// Where something comes from.
///
/// # Shape
/// `FILE:LINE:COLUMN`, `written in Rust` or `default`.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum Source {
    /// From the [`Defaults`](crate::Defaults): the configuration is silent.
    #[default]
    Defaults,
    /// From Rust code.
    Built,
    /// From this place in a text.
    Written(Location),
}

impl Source {
    /// Of something that Rust code may have said.
    pub(crate) fn of<T>(said: Option<&T>) -> Self {
        said.map_or(Self::Defaults, |_| Self::Built)
    }

    /// Of something that was written; nowhere, if Rust code said it.
    pub(crate) fn at(location: Option<&Location>) -> Self {
        location.map_or(Self::Built, |location| Self::Written(location.clone()))
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Defaults => f.write_str("default"),
            Self::Built => f.write_str("written in Rust"),
            Self::Written(location) => location.fmt(f),
        }
    }
}
