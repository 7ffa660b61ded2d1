//! How much is let in at a time: a listener's connection pool as it is written, and the [`Limit`] that requests are held to.

mod requests;

use std::num::NonZeroU32;

pub use self::requests::Limit;
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

    /// What requests are held to; `None` where connections are what is counted.
    ///
    /// A listener that writes no number of pending requests lets 2,147,483,647 of them wait, as App Mesh did.
    ///
    /// # Source
    /// App Mesh user guide, "Envoy defaults set by App Mesh". There a request waited for one of so many connections to the
    /// application; here, where there are none, it waits for another request to end.
    ///
    /// # Examples
    /// ```
    /// use mesh_core::limit::{ConnectionPool, Limit};
    ///
    /// assert_eq!(ConnectionPool::http(10, Some(5))?.limit(), Some(Limit::requests(10).pending(5)));
    /// assert_eq!(ConnectionPool::requests(10)?.limit(), Some(Limit::requests(10)));
    /// assert_eq!(ConnectionPool::tcp(10)?.limit(), None);
    /// # Ok::<(), mesh_core::unit::OutOfRange>(())
    /// ```
    #[must_use]
    pub fn limit(self) -> Option<Limit> {
        match self {
            Self::Http {
                max_connections,
                max_pending_requests,
            } => {
                let pending = max_pending_requests.map_or(UNSET, NonZeroU32::get);
                Some(Limit::requests(size(max_connections.get())).pending(size(pending)))
            }
            Self::Requests { max_requests } => Some(Limit::requests(size(max_requests.get()))),
            Self::Tcp { .. } => None,
        }
    }
}

/// Where a `usize` is narrower, nobody can count further either.
fn size(count: u32) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
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

/// What App Mesh gave Envoy where a number was not written.
const UNSET: u32 = i32::MAX.unsigned_abs();
