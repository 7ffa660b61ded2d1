//! Numbers from outside, in types that cannot hold a bad value.

use std::{fmt, num::NonZeroU16};

use thiserror::Error;

/// A number outside the range that App Mesh allows for it.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[error("a {what} is {min} to {max}, not {found}")]
#[non_exhaustive]
pub struct OutOfRange {
    /// What the number was to be.
    pub what: &'static str,
    /// The smallest value allowed.
    pub min: i64,
    /// The largest value allowed.
    pub max: i64,
    /// The value found.
    pub found: i64,
}

/// A port that something listens on.
///
/// # Units
/// 1 to 65535.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Port(NonZeroU16);

impl Port {
    /// Takes a port.
    ///
    /// # Errors
    /// [`OutOfRange`] for 0, for a negative number and above 65535.
    ///
    /// # Source
    /// App Mesh API model, shape `PortNumber`.
    pub fn new(port: i64) -> Result<Self, OutOfRange> {
        let error = OutOfRange {
            what: "port",
            min: 1,
            max: 65_535,
            found: port,
        };
        u16::try_from(port)
            .ok()
            .and_then(NonZeroU16::new)
            .map(Self)
            .ok_or(error)
    }

    /// The port as a number.
    #[must_use]
    pub const fn get(self) -> u16 {
        self.0.get()
    }
}

impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A target's share of a route's traffic, relative to the other targets' weights.
///
/// # Units
/// 0 to 100; 0 is legal and means no traffic. Weights need not sum to 100.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Weight(u8);

impl Weight {
    /// Takes a weight.
    ///
    /// # Errors
    /// [`OutOfRange`] for a negative number and above 100.
    ///
    /// # Source
    /// App Mesh API model, shape `PercentInt`.
    pub fn new(weight: i64) -> Result<Self, OutOfRange> {
        bounded("weight", weight, 100).map(|weight| Self(weight as u8))
    }

    /// The weight as a number.
    #[must_use]
    pub const fn get(self) -> u8 {
        self.0
    }
}

/// How early a route is looked at.
///
/// # Units
/// 0 to 1000, 0 first. A route without a priority comes after all that have one.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Priority(u16);

impl Priority {
    /// Takes a priority.
    ///
    /// # Errors
    /// [`OutOfRange`] for a negative number and above 1000.
    ///
    /// # Source
    /// App Mesh API model, shape `RoutePriority`.
    pub fn new(priority: i64) -> Result<Self, OutOfRange> {
        bounded("priority", priority, 1000).map(|priority| Self(priority as u16))
    }

    /// The priority as a number.
    #[must_use]
    pub const fn get(self) -> u16 {
        self.0
    }
}

/// Which addresses of a name are used.
///
/// # Source
/// App Mesh user guide, "Virtual nodes", `ipPreference`: written on a node, or for all of them on the mesh.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum IpPreference {
    /// IPv6, or IPv4 where there is no IPv6.
    Ipv6Preferred,
    /// IPv4, or IPv6 where there is no IPv4.
    Ipv4Preferred,
    /// IPv6 only.
    Ipv6Only,
    /// IPv4 only.
    Ipv4Only,
}

/// What is spoken on a port.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum Protocol {
    /// HTTP/1.1.
    Http,
    /// HTTP/2 with prior knowledge.
    Http2,
    /// gRPC over HTTP/2.
    Grpc,
    /// Bytes.
    Tcp,
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Http => "http",
            Self::Http2 => "http2",
            Self::Grpc => "grpc",
            Self::Tcp => "tcp",
        })
    }
}

fn bounded(what: &'static str, found: i64, max: i64) -> Result<i64, OutOfRange> {
    if (0..=max).contains(&found) {
        Ok(found)
    } else {
        Err(OutOfRange {
            what,
            min: 0,
            max,
            found,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn protocols_are_called_as_app_mesh_calls_them() {
        let all = [
            Protocol::Http,
            Protocol::Http2,
            Protocol::Grpc,
            Protocol::Tcp,
        ];
        let names = all.map(|protocol| protocol.to_string());
        assert_eq!(names, ["http", "http2", "grpc", "tcp"]);
    }

    #[test]
    fn ranges_hold_at_both_ends() {
        for (port, good) in [
            (0, false),
            (1, true),
            (65_535, true),
            (65_536, false),
            (-1, false),
        ] {
            assert_eq!(Port::new(port).is_ok(), good, "port {port}");
        }
        for (weight, good) in [(-1, false), (0, true), (100, true), (101, false)] {
            assert_eq!(Weight::new(weight).is_ok(), good, "weight {weight}");
        }
        for (priority, good) in [(-1, false), (0, true), (1000, true), (1001, false)] {
            assert_eq!(Priority::new(priority).is_ok(), good, "priority {priority}");
        }
    }
}
