//! Where requests come in.

use super::{ListenerTlsPlan, Source};
use crate::{
    limit::ConnectionPool,
    timeout::Timeouts,
    unit::{Port, Protocol},
};

/// A port that the node, or the gateway, takes requests on, compiled.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct ListenerPlan {
    /// The port.
    pub port: Port,
    /// What is spoken on it.
    pub protocol: Protocol,
    /// How long the application may take; a gateway's listener has no limit of its own.
    pub timeouts: Timeouts,
    /// How much is let in at a time; `None`: everything.
    pub connection_pool: Option<ConnectionPool>,
    /// What TLS it offers; `None`: none.
    pub tls: Option<ListenerTlsPlan>,
    /// Where all this was written.
    pub sources: ListenerSources,
}

/// Where the parts of a [`ListenerPlan`] come from.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct ListenerSources {
    /// The listener's own.
    pub listener: Source,
    /// The request limit's.
    pub request: Source,
    /// The idle limit's.
    pub idle: Source,
    /// The connection pool's.
    pub connection_pool: Source,
    /// That of its TLS.
    pub tls: Source,
}

impl ListenerPlan {
    /// The listener on this port. Where nothing tells which port is meant, it is the only one's; of several none.
    #[must_use]
    pub fn at(listeners: &[Self], port: Option<Port>) -> Option<&Self> {
        match (port, listeners) {
            (Some(port), listeners) => listeners.iter().find(|listener| listener.port == port),
            (None, [only]) => Some(only),
            (None, _) => None,
        }
    }
}
