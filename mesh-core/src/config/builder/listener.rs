//! The builder of a node's listener.

use crate::{
    config::{
        Listener, ListenerTls, Timeout,
        draft::{HealthCheckDraft, ListenerDraft, Said, TimeoutDraft},
    },
    error::Place,
    health::HealthCheck,
    limit::ConnectionPool,
    outlier::OutlierDetection,
    unit::Protocol,
};

/// A listener in the making; [`VirtualNodeBuilder::listener_with`](super::VirtualNodeBuilder::listener_with) takes it.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use mesh_core::{
///     config::{Listener, Mesh, VirtualNode},
///     health::HealthCheck,
///     limit::ConnectionPool,
///     outlier::OutlierDetection,
///     unit::Protocol,
/// };
///
/// let seconds = Duration::from_secs;
/// let listener = Listener::builder(8080, Protocol::Http)
///     .health_check(HealthCheck::new(Protocol::Http, seconds(5), seconds(2))?.path("/ping"))
///     .outlier_detection(OutlierDetection::new(5, seconds(10), seconds(30), 50)?)
///     .connection_pool(ConnectionPool::http(100, Some(20))?);
/// let orders = VirtualNode::builder("orders").listener_with(listener).dns_endpoints("orders.internal");
/// let mesh = Mesh::builder("shop").virtual_node(orders).build()?;
/// let listener = mesh.virtual_node("orders").and_then(|node| node.listeners.first());
/// assert!(listener.is_some_and(|listener| listener.health_check.is_some()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "give it to `VirtualNodeBuilder::listener_with`"]
pub struct ListenerBuilder {
    port: i64,
    protocol: Protocol,
    timeout: Timeout,
    tls: Option<ListenerTls>,
    health_check: Option<HealthCheck>,
    outlier_detection: Option<OutlierDetection>,
    connection_pool: Option<ConnectionPool>,
}

impl Listener {
    /// Begins a listener.
    ///
    /// # Units
    /// A port from 1 to 65535.
    pub fn builder(port: impl Into<i64>, protocol: Protocol) -> ListenerBuilder {
        ListenerBuilder {
            port: port.into(),
            protocol,
            timeout: Timeout::new(),
            tls: None,
            health_check: None,
            outlier_detection: None,
            connection_pool: None,
        }
    }
}

impl ListenerBuilder {
    /// Limits the requests that arrive here.
    pub fn timeout(self, timeout: Timeout) -> Self {
        Self { timeout, ..self }
    }

    /// Offers TLS, or asks for it.
    pub fn tls(self, tls: ListenerTls) -> Self {
        Self {
            tls: Some(tls),
            ..self
        }
    }

    /// Says how callers ask whether an endpoint is well.
    pub fn health_check(self, check: HealthCheck) -> Self {
        Self {
            health_check: Some(check),
            ..self
        }
    }

    /// Says when callers leave an endpoint out for its failures.
    pub fn outlier_detection(self, detection: OutlierDetection) -> Self {
        Self {
            outlier_detection: Some(detection),
            ..self
        }
    }

    /// Limits how much is let in at a time; the limits have to be those of the listener's protocol.
    pub fn connection_pool(self, pool: ConnectionPool) -> Self {
        Self {
            connection_pool: Some(pool),
            ..self
        }
    }

    pub(super) fn within(self, path: &str) -> ListenerDraft {
        let path = format!("{path}.listener({})", self.port);
        let place = |member: &str| Place::of(format!("{path}.{member}"));
        let outlier_detection = self.outlier_detection;
        let connection_pool = self.connection_pool;
        ListenerDraft {
            protocol: self.protocol,
            timeout: TimeoutDraft::of(self.timeout, &place("timeout")),
            tls: self.tls.map(|tls| Said::new(tls, place("tls"))),
            health_check: self.health_check.map(|check| HealthCheckDraft {
                check,
                place: place("health_check"),
                path_place: place("health_check.path"),
                port_place: place("health_check.port"),
            }),
            outlier_detection: outlier_detection.map(|d| Said::new(d, place("outlier_detection"))),
            connection_pool: connection_pool.map(|p| Said::new(p, place("connection_pool"))),
            port: Said::new(self.port, Place::of(path.clone())),
        }
    }
}
