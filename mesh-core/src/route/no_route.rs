//! Why no route takes a request.

use thiserror::Error;

use super::Head;
use crate::{name::VirtualServiceName, unit::Port};

/// Why no route takes a request.
///
/// # Source
/// Envoy answers all of these with 404 and the flag `NR`.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum NoRoute {
    /// No virtual service has that name, or none that listens on that port.
    #[error("no virtual service is called {authority:?}")]
    UnknownHost {
        /// Host and port as they were called.
        authority: Box<str>,
    },
    /// The egress filter would let it out, but not without TLS.
    #[error(
        "{authority} is outside of the mesh and would be called by https: TLS to such hosts comes with the mesh's identities; until then \
         call it by http, or by another client"
    )]
    NeedsTls {
        /// Host and port as they were called.
        authority: Box<str>,
    },
    /// The virtual service is known, but none of its routes takes the request.
    #[error("no route of virtual service {virtual_service} takes this request")]
    NoMatch {
        /// Which one.
        virtual_service: VirtualServiceName,
    },
    /// It came into a gateway, and none of the gateway's routes takes it.
    #[error("no gateway route takes this request for {authority:?}")]
    NoGatewayRoute {
        /// Host and port as they were called.
        authority: Box<str>,
    },
    /// It is said to have come in on a port on which there is no gateway's listener.
    #[error("no listener of a gateway is on port {port}")]
    NoListener {
        /// The port.
        port: Port,
    },
    /// The virtual service listens on several ports and the request names none.
    #[error(
        "virtual service {virtual_service} listens on {}: name the port",
        list(ports)
    )]
    AmbiguousPort {
        /// Which one.
        virtual_service: VirtualServiceName,
        /// Where it listens.
        ports: Box<[Port]>,
    },
}

impl NoRoute {
    pub(super) fn no_gateway_route(head: &Head<'_>) -> Self {
        let authority = head.authority().into();
        Self::NoGatewayRoute { authority }
    }

    pub(crate) fn unknown_host(head: &Head<'_>) -> Self {
        let named = head.port().filter(|_| !head.authority().contains(':'));
        let port = named.map_or_else(String::new, |port| format!(":{port}"));
        Self::UnknownHost {
            authority: format!("{}{port}", head.authority()).into(),
        }
    }
}

fn list(ports: &[Port]) -> String {
    ports
        .iter()
        .map(Port::to_string)
        .collect::<Vec<_>>()
        .join(", ")
}
