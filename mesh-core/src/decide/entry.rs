//! How a request came through a gateway.

use super::{Tried, tried};
use crate::{
    route::{Head, HostPattern},
    snapshot::{Entered, GatewayPlan, ListenerPlan, Snapshot},
    unit::Port,
};

/// The first half of what a gateway decides: which of its routes takes a request, and what is sent on.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Entry<'a> {
    /// The listener's port.
    pub port: Port,
    /// That listener; `None` if the gateway does not listen on this port.
    pub listener: Option<&'a ListenerPlan>,
    /// The host whose routes were asked; `None` if no gateway route is for the request's.
    pub host: Option<&'a HostPattern>,
    /// Those routes in the order in which they are asked, and what became of each. One that is asked about two prefixes stands
    /// there twice until it takes the request.
    pub tried: Vec<Tried<'a>>,
    /// The gateway route that took it.
    pub route: Option<&'a GatewayPlan>,
    /// What is sent on; there whenever a route took it.
    pub sent: Option<SentOn>,
}

/// What a gateway sends on.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct SentOn {
    /// Host, and port if one is named in it.
    pub authority: String,
    /// The port of the virtual service; `None` if it has several and the gateway route names none.
    pub port: Option<u16>,
    /// Path and query.
    pub path_and_query: String,
    /// The value of `x-envoy-original-host`; `None`: the host was not rewritten.
    pub original_host: Option<String>,
    /// The value of `x-envoy-original-path`; `None`: the path was not rewritten.
    pub original_path: Option<String>,
}

impl<'a> Entry<'a> {
    pub(super) fn new(snapshot: &'a Snapshot, head: &Head<'_>, port: Port) -> Self {
        let gateway = snapshot.gateway();
        let host = gateway.and_then(|gateway| gateway.ingress.host(head, port).ok().flatten());
        Self {
            port,
            listener: ListenerPlan::at(snapshot.listeners(), Some(port)),
            host: host.map(|host| host.pattern()),
            tried: host.map_or_else(Vec::new, |host| tried::of(host.rules(), head)),
            route: None,
            sent: None,
        }
    }

    pub(super) fn taken(self, entered: &Entered<'a, '_>) -> Self {
        let sent = SentOn {
            authority: entered.head.authority().to_owned(),
            port: entered.head.port(),
            path_and_query: entered.head.path_and_query().to_owned(),
            original_host: entered.original_host.map(str::to_owned),
            original_path: entered.original_path.map(str::to_owned),
        };
        Self {
            route: Some(entered.route),
            sent: Some(sent),
            ..self
        }
    }
}
