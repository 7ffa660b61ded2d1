//! By what requests are told apart when they are counted.

use std::fmt;

/// Whose requests one [`Reading`](super::Reading) counts: the labels that all of its numbers have.
///
/// What does not apply is the empty text, which Prometheus takes for an absent label: inbound there is neither a virtual
/// service nor a target, and a request that no route took has no route.
///
/// # Examples
/// ```
/// use mesh_core::metric::{Direction, Key};
///
/// let mut key = Key::new(Direction::Outbound, "shop", "web");
/// key.virtual_service = "orders.local".to_owned();
/// assert_eq!(key.labels()[3], ("virtual_service", "orders.local"));
/// ```
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub struct Key {
    /// Whether the node was called or calls.
    pub direction: Direction,
    /// The mesh.
    pub mesh: String,
    /// The virtual node that counts.
    pub virtual_node: String,
    /// The virtual service that was called.
    pub virtual_service: String,
    /// The route that took the request.
    pub route: String,
    /// The virtual node that was drawn.
    pub target: String,
}

impl Key {
    /// Requests of a node that have nothing else in common.
    pub fn new(
        direction: Direction,
        mesh: impl Into<String>,
        virtual_node: impl Into<String>,
    ) -> Self {
        Self {
            direction,
            mesh: mesh.into(),
            virtual_node: virtual_node.into(),
            virtual_service: String::new(),
            route: String::new(),
            target: String::new(),
        }
    }

    /// The labels, in the order in which they are written.
    #[must_use]
    pub fn labels(&self) -> [(&'static str, &str); 6] {
        [
            ("direction", self.direction.as_str()),
            ("mesh", &self.mesh),
            ("virtual_node", &self.virtual_node),
            ("virtual_service", &self.virtual_service),
            ("route", &self.route),
            ("target", &self.target),
        ]
    }
}

/// Which way a request goes, seen from the node that counts it.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum Direction {
    /// The node is called.
    Inbound,
    /// The node calls.
    Outbound,
}

impl Direction {
    /// As a label's value.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Inbound => "inbound",
            Self::Outbound => "outbound",
        }
    }
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What kind of answer a request got. A gRPC call that failed with a `grpc-status` was answered 200, and counts as such.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum StatusClass {
    /// `none`: there was no status.
    None,
    /// `1xx`; as the answer to a request only 101, a tunnel.
    Informational,
    /// `2xx`.
    Success,
    /// `3xx`.
    Redirection,
    /// `4xx`.
    ClientError,
    /// `5xx`.
    ServerError,
}

impl StatusClass {
    /// Every class, in the order of [`index`](Self::index).
    pub const ALL: [Self; 6] = [
        Self::None,
        Self::Informational,
        Self::Success,
        Self::Redirection,
        Self::ClientError,
        Self::ServerError,
    ];

    /// The class of a status; 0 stands for no status.
    ///
    /// # Source
    /// RFC 9110, section 15: a status beyond the five classes is taken for a 5xx.
    #[must_use]
    pub const fn of(status: u16) -> Self {
        match status {
            0 => Self::None,
            100..=199 => Self::Informational,
            200..=299 => Self::Success,
            300..=399 => Self::Redirection,
            400..=499 => Self::ClientError,
            _ => Self::ServerError,
        }
    }

    /// Its position in [`ALL`](Self::ALL): where it is counted.
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }

    /// As a label's value.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Informational => "1xx",
            Self::Success => "2xx",
            Self::Redirection => "3xx",
            Self::ClientError => "4xx",
            Self::ServerError => "5xx",
        }
    }
}

impl fmt::Display for StatusClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_belongs_to_the_class_of_its_first_digit() {
        let rows = [
            (0, "none"),
            (99, "5xx"),
            (100, "1xx"),
            (199, "1xx"),
            (200, "2xx"),
            (299, "2xx"),
            (300, "3xx"),
            (399, "3xx"),
            (400, "4xx"),
            (499, "4xx"),
            (500, "5xx"),
            (599, "5xx"),
            (600, "5xx"),
            (999, "5xx"),
        ];
        for (status, class) in rows {
            assert_eq!(StatusClass::of(status).to_string(), class, "{status}");
        }
        for (index, class) in StatusClass::ALL.into_iter().enumerate() {
            assert_eq!(class.index(), index);
        }
    }

    #[test]
    fn every_part_of_a_key_is_a_label() {
        let key = Key {
            virtual_service: "s".to_owned(),
            route: "r".to_owned(),
            target: "t".to_owned(),
            ..Key::new(Direction::Inbound, "m", "n")
        };
        let expected = [
            ("direction", "inbound"),
            ("mesh", "m"),
            ("virtual_node", "n"),
            ("virtual_service", "s"),
            ("route", "r"),
            ("target", "t"),
        ];
        assert_eq!(key.labels(), expected);
        assert_eq!(Direction::Outbound.to_string(), "outbound");
    }
}
