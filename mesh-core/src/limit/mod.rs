//! Connection pools: how much a listener lets into its application at a time.

use std::num::NonZeroU32;

use crate::unit::OutOfRange;

/// The limits of one listener, by what it speaks.
///
/// # Source
/// App Mesh API model, `VirtualNodeConnectionPool`. It stood between a sidecar and its own application: inbound, not a limit
/// on what a client sends.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum ConnectionPool {
    /// HTTP/1.1: connections to the application, each of which carries one request at a time.
    Http {
        /// Requests that the application answers at a time.
        max_connections: NonZeroU32,
        /// Requests that wait meanwhile; `None`: any number.
        max_pending_requests: Option<NonZeroU32>,
    },
    /// HTTP/2 and gRPC: requests at a time; nothing waits.
    Requests {
        /// Requests that the application answers at a time.
        max_requests: NonZeroU32,
    },
    /// Bytes: connections.
    Tcp {
        /// Connections at a time.
        max_connections: NonZeroU32,
    },
}

impl ConnectionPool {
    /// The limits of an HTTP/1.1 listener.
    ///
    /// # Errors
    /// [`OutOfRange`] for a number below 1 or above 2,147,483,647.
    pub fn http(
        max_connections: i64,
        max_pending_requests: Option<i64>,
    ) -> Result<Self, OutOfRange> {
        let pending = max_pending_requests.map(|found| count("number of pending requests", found));
        Ok(Self::Http {
            max_connections: count("number of connections", max_connections)?,
            max_pending_requests: pending.transpose()?,
        })
    }

    /// The limit of an HTTP/2 or gRPC listener.
    ///
    /// # Errors
    /// As [`http`](Self::http).
    pub fn requests(max_requests: i64) -> Result<Self, OutOfRange> {
        let max_requests = count("number of requests", max_requests)?;
        Ok(Self::Requests { max_requests })
    }

    /// The limit of a TCP listener.
    ///
    /// # Errors
    /// As [`http`](Self::http).
    pub fn tcp(max_connections: i64) -> Result<Self, OutOfRange> {
        let max_connections = count("number of connections", max_connections)?;
        Ok(Self::Tcp { max_connections })
    }
}

fn count(what: &'static str, found: i64) -> Result<NonZeroU32, OutOfRange> {
    let count = i32::try_from(found).ok();
    let count = count.and_then(|count| u32::try_from(count).ok());
    count.and_then(NonZeroU32::new).ok_or_else(|| OutOfRange {
        what,
        min: 1,
        max: i64::from(i32::MAX),
        found,
    })
}
