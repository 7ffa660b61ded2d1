//! The builder of a gateway route: what all of them have; their conditions stand beside it.

mod grpc;
mod http;

use std::marker::PhantomData;

use super::ForHttp;
use crate::{
    config::{
        HostnameMatch, Rewrite,
        draft::{GatewayRouteDraft, MatchDraft, Said},
    },
    error::Place,
    unit::Protocol,
};

/// A gateway route in the making; [`VirtualGatewayBuilder::route`](super::VirtualGatewayBuilder::route) takes it.
///
/// All conditions must hold. Where nothing is said of rewriting, the host becomes the virtual service's name, and a prefix
/// that matched becomes `/`.
#[derive(Clone, Debug)]
#[must_use = "give it to `VirtualGatewayBuilder::route`"]
pub struct GatewayRouteBuilder<K = ForHttp> {
    name: String,
    protocol: Protocol,
    priority: Option<i64>,
    matches: MatchDraft,
    target: Option<(String, Option<i64>)>,
    rewrite: Rewrite,
    kind: PhantomData<K>,
}

impl<K> GatewayRouteBuilder<K> {
    fn new(name: String, protocol: Protocol) -> Self {
        Self {
            name,
            protocol,
            priority: None,
            matches: MatchDraft::default(),
            target: None,
            rewrite: Rewrite::default(),
            kind: PhantomData,
        }
    }

    /// Says how early the route is looked at.
    ///
    /// # Units
    /// 0 to 1000, 0 first; a route without a priority comes after all that have one.
    pub fn priority(mut self, priority: impl Into<i64>) -> Self {
        self.priority = Some(priority.into());
        self
    }

    /// Puts the route behind one of the gateway's listeners.
    ///
    /// # Units
    /// A port from 1 to 65535.
    pub fn port(mut self, port: impl Into<i64>) -> Self {
        self.matches.on_port(port.into());
        self
    }

    /// Takes requests for this one host; replaces another condition on the host.
    ///
    /// # Units
    /// 1 to 253 characters, without a port.
    pub fn hostname(self, exact: impl Into<String>) -> Self {
        self.on_host(HostnameMatch::Exact(exact.into()))
    }

    /// Takes requests for hosts that end so, as `.example.com`; replaces another condition on the host.
    ///
    /// # Units
    /// 1 to 253 characters, the first of them a dot.
    pub fn hostname_suffix(self, suffix: impl Into<String>) -> Self {
        self.on_host(HostnameMatch::Suffix(suffix.into()))
    }

    /// Leads to a virtual service whose provider has one listener.
    pub fn to(mut self, virtual_service: impl Into<String>) -> Self {
        self.target = Some((virtual_service.into(), None));
        self
    }

    /// Leads to a virtual service and says which of its provider's listeners is meant.
    ///
    /// # Units
    /// A port from 1 to 65535.
    pub fn to_port(mut self, virtual_service: impl Into<String>, port: impl Into<i64>) -> Self {
        self.target = Some((virtual_service.into(), Some(port.into())));
        self
    }

    /// Says whether the host becomes the virtual service's name; it does where this is not said.
    pub fn default_target_hostname(mut self, enabled: bool) -> Self {
        self.rewrite.default_target_hostname = Some(enabled);
        self
    }

    pub(in crate::config::builder) fn in_gateway(
        self,
        gateway: &Said<String>,
        path: &str,
    ) -> GatewayRouteDraft {
        let path = format!("{path}.route({})", self.name);
        let place = |member: &str| Place::of(format!("{path}.{member}"));
        let mut matches = self.matches;
        matches.put_under(&path);
        let (virtual_service, port) = self.target.unzip();
        GatewayRouteDraft {
            mesh: None,
            gateway: Some(gateway.clone()),
            priority: self.priority.map(|n| Said::new(n, place("priority"))),
            protocol: Said::new(self.protocol, Place::of(path.clone())),
            matches: Said::new(matches, place("match")),
            virtual_service: virtual_service.map(|name| Said::new(name, place("target"))),
            target_port: port.flatten().map(|port| Said::new(port, place("target"))),
            rewrite: Said::new(self.rewrite, place("rewrite")),
            whole: true,
            name: Said::new(self.name, Place::of(path.clone())),
        }
    }

    fn on_host(mut self, host: HostnameMatch) -> Self {
        self.matches.hostname = Some(Said::new(host, Place::of("hostname")));
        self
    }
}
