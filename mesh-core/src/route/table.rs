//! Virtual services and the rules behind their ports.

use std::cmp::Ordering;

use thiserror::Error;

use super::{Conditions, Head, Mismatch, order};
use crate::{
    name::{RouteName, VirtualServiceName},
    unit::{Port, Priority},
};

/// Every virtual service that may be called, found by host and port.
#[derive(Clone, Debug)]
pub struct RouteTable<P> {
    /// In the order of [`compare`].
    hosts: Box<[VirtualHost<P>]>,
}

impl<P> RouteTable<P> {
    /// Takes the virtual services; of two whose names differ only in case, the first stands.
    pub fn new(hosts: impl IntoIterator<Item = VirtualHost<P>>) -> Self {
        let mut hosts: Vec<_> = hosts.into_iter().collect();
        hosts.sort_by(|a, b| compare(a.name.as_str(), b.name.as_str()));
        hosts.dedup_by(|a, b| a.name.as_str().eq_ignore_ascii_case(b.name.as_str()));
        Self {
            hosts: hosts.into(),
        }
    }

    /// What the first route holds that takes the request. Allocates nothing unless it fails.
    ///
    /// # Errors
    /// [`NoRoute`] says why nothing takes it.
    pub fn find(&self, head: &Head<'_>) -> Result<&P, NoRoute> {
        let host = self
            .virtual_host(head)
            .ok_or_else(|| NoRoute::unknown_host(head))?;
        host.find(head)
    }

    /// The virtual service that was called; `None` also if it does not listen on the port that was named.
    #[must_use]
    pub fn virtual_host(&self, head: &Head<'_>) -> Option<&VirtualHost<P>> {
        let name = head.host();
        let found = self
            .hosts
            .binary_search_by(|host| compare(host.name.as_str(), name));
        let host = self.hosts.get(found.ok()?)?;
        head.port()
            .is_none_or(|port| host.listens(port))
            .then_some(host)
    }

    /// The virtual service that was probably meant by a host nobody has: the one whose name begins most like it.
    ///
    /// For messages; [`find`](Self::find) never looks for it.
    #[must_use]
    pub fn nearest(&self, host: &str) -> Option<&VirtualServiceName> {
        let label = host.split('.').next().unwrap_or_default();
        let common = |name: &VirtualServiceName| {
            let pairs = name.as_str().bytes().zip(host.bytes());
            pairs.take_while(|(a, b)| a.eq_ignore_ascii_case(b)).count()
        };
        let best = self.virtual_services().max_by_key(|name| common(name))?;
        (common(best) > 0 && common(best) * 2 >= label.len()).then_some(best)
    }

    /// The names that may be called, in order.
    pub fn virtual_services(&self) -> impl Iterator<Item = &VirtualServiceName> {
        self.hosts.iter().map(|host| &host.name)
    }
}

/// Hosts are compared without their case (and with their trailing dot).
///
/// # Source
/// Measured on Envoy 1.40.
fn compare(a: &str, b: &str) -> Ordering {
    fn lower(text: &str) -> impl Iterator<Item = u8> {
        text.bytes().map(|byte| byte.to_ascii_lowercase())
    }
    lower(a).cmp(lower(b))
}

/// One virtual service and the ports it is called on.
#[derive(Clone, Debug)]
pub struct VirtualHost<P> {
    name: VirtualServiceName,
    listeners: Box<[ListenerRoutes<P>]>,
}

impl<P> VirtualHost<P> {
    /// A virtual service with its ports; without any it is known and takes nothing.
    pub fn new(
        name: VirtualServiceName,
        listeners: impl IntoIterator<Item = ListenerRoutes<P>>,
    ) -> Self {
        Self {
            name,
            listeners: listeners.into_iter().collect(),
        }
    }

    /// The name it is called by.
    #[must_use]
    pub fn name(&self) -> &VirtualServiceName {
        &self.name
    }

    /// The ports it is called on.
    pub fn ports(&self) -> impl Iterator<Item = Port> {
        self.listeners.iter().map(|listener| listener.port)
    }

    /// What the first route holds that takes the request.
    ///
    /// # Errors
    /// [`NoRoute::AmbiguousPort`] and [`NoRoute::NoMatch`].
    pub fn find(&self, head: &Head<'_>) -> Result<&P, NoRoute> {
        let mut rules = self.rules(head)?.iter();
        let rule = rules.find(|rule| rule.check(head).is_ok());
        rule.map(|rule| &rule.target).ok_or_else(|| self.no_match())
    }

    /// The rules of the port that was called, in the order in which they are asked.
    ///
    /// # Errors
    /// [`NoRoute::AmbiguousPort`] if no port was named and there are several, [`NoRoute::NoMatch`] if there is none.
    pub fn rules(&self, head: &Head<'_>) -> Result<&[Rule<P>], NoRoute> {
        let listener = match (head.port(), &*self.listeners) {
            (None, [only]) => Some(only),
            (None, [_, _, ..]) => return Err(self.ambiguous_port()),
            (port, listeners) => listeners
                .iter()
                .find(|listener| Some(listener.port.get()) == port),
        };
        listener
            .map(|listener| &*listener.rules)
            .ok_or_else(|| self.no_match())
    }

    /// A service without listeners answers on every port, with a 404.
    fn listens(&self, port: u16) -> bool {
        self.listeners.is_empty() || self.ports().any(|listener| listener.get() == port)
    }

    fn no_match(&self) -> NoRoute {
        NoRoute::NoMatch {
            virtual_service: self.name.clone(),
        }
    }

    fn ambiguous_port(&self) -> NoRoute {
        let virtual_service = self.name.clone();
        NoRoute::AmbiguousPort {
            virtual_service,
            ports: self.ports().collect(),
        }
    }
}

/// The rules behind one port.
#[derive(Clone, Debug)]
pub struct ListenerRoutes<P> {
    port: Port,
    /// By [`order::rank`].
    rules: Box<[Rule<P>]>,
}

impl<P> ListenerRoutes<P> {
    /// Puts rules into the order in which they are asked.
    pub fn new(port: Port, rules: impl IntoIterator<Item = Rule<P>>) -> Self {
        let mut rules: Box<[_]> = rules.into_iter().collect();
        rules.sort_by(|a, b| order::rank(a).cmp(&order::rank(b)));
        Self { port, rules }
    }
}

/// A route: its conditions and what they lead to.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule<P> {
    pub(super) name: Option<RouteName>,
    pub(super) priority: Option<Priority>,
    pub(super) conditions: Conditions,
    target: P,
}

impl<P> Rule<P> {
    /// A route of that name.
    pub fn new(
        name: RouteName,
        priority: Option<Priority>,
        conditions: Conditions,
        target: P,
    ) -> Self {
        Self {
            name: Some(name),
            priority,
            conditions,
            target,
        }
    }

    /// What a service has whose provider is a node: one nameless route for everything.
    pub fn catch_all(target: P) -> Self {
        Self {
            name: None,
            priority: None,
            conditions: Conditions::any(),
            target,
        }
    }

    /// The route's name; `None` for a [catch-all](Self::catch_all).
    #[must_use]
    pub fn name(&self) -> Option<&RouteName> {
        self.name.as_ref()
    }

    /// What it leads to.
    #[must_use]
    pub fn target(&self) -> &P {
        &self.target
    }

    /// Whether it takes the request.
    ///
    /// # Errors
    /// The first condition that does not hold.
    pub fn check(&self, head: &Head<'_>) -> Result<(), Mismatch<'_>> {
        self.conditions.check(head)
    }
}

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
    /// The virtual service is known, but none of its routes takes the request.
    #[error("no route of virtual service {virtual_service} takes this request")]
    NoMatch {
        /// Which one.
        virtual_service: VirtualServiceName,
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

#[cfg(test)]
mod tests;
