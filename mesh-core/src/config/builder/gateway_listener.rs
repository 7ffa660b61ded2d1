//! The builder of a gateway's listener.

use super::ListenerBuilder;
use crate::{
    config::{GatewayListener, Listener, ListenerTls, draft::ListenerDraft},
    health::HealthCheck,
    limit::ConnectionPool,
    unit::Protocol,
};

/// A gateway's listener in the making; [`VirtualGatewayBuilder::listener_with`](super::VirtualGatewayBuilder::listener_with)
/// takes it.
#[derive(Clone, Debug)]
#[must_use = "give it to `VirtualGatewayBuilder::listener_with`"]
pub struct GatewayListenerBuilder(ListenerBuilder);

impl GatewayListener {
    /// Begins a listener.
    ///
    /// # Units
    /// A port from 1 to 65535.
    pub fn builder(port: impl Into<i64>, protocol: Protocol) -> GatewayListenerBuilder {
        GatewayListenerBuilder(Listener::builder(port, protocol))
    }
}

impl GatewayListenerBuilder {
    /// Offers TLS, or asks for it.
    pub fn tls(self, tls: ListenerTls) -> Self {
        Self(self.0.tls(tls))
    }

    /// Says how others ask whether the gateway is well.
    pub fn health_check(self, check: HealthCheck) -> Self {
        Self(self.0.health_check(check))
    }

    /// Limits how much is let in at a time; the limits have to be those of the listener's protocol.
    pub fn connection_pool(self, pool: ConnectionPool) -> Self {
        Self(self.0.connection_pool(pool))
    }

    pub(super) fn within(self, path: &str) -> ListenerDraft {
        self.0.within(path)
    }
}
