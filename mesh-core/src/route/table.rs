//! Virtual services, found by the host that was called.

use std::cmp::Ordering;

use super::{Head, NoRoute, VirtualHost};
use crate::name::VirtualServiceName;

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
        hosts.sort_by(|a, b| compare(a.name().as_str(), b.name().as_str()));
        hosts.dedup_by(|a, b| compare(a.name().as_str(), b.name().as_str()).is_eq());
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
            .binary_search_by(|host| compare(host.name().as_str(), name));
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

    /// The same hosts and ports, each with one rule that takes everything: what `of` makes of the rule that is asked last
    /// there.
    pub(crate) fn flattened<Q>(&self, mut of: impl FnMut(&P) -> Q) -> RouteTable<Q> {
        RouteTable {
            hosts: self
                .hosts
                .iter()
                .map(|host| host.flattened(&mut of))
                .collect(),
        }
    }

    /// The virtual service of that name, whatever it listens on.
    pub(crate) fn named(&self, name: &str) -> Option<&VirtualHost<P>> {
        let hosts = &self.hosts;
        let found = hosts.binary_search_by(|host| compare(host.name().as_str(), name));
        hosts.get(found.ok()?)
    }

    /// Every virtual service, in order of name.
    pub(crate) fn virtual_hosts(&self) -> &[VirtualHost<P>] {
        &self.hosts
    }

    /// The names that may be called, in order.
    pub fn virtual_services(&self) -> impl Iterator<Item = &VirtualServiceName> {
        self.hosts.iter().map(VirtualHost::name)
    }
}

/// Hosts are compared without their case (and with their trailing dot).
///
/// # Source
/// Measured on Envoy 1.40.
pub(super) fn compare(a: &str, b: &str) -> Ordering {
    fn lower(text: &str) -> impl Iterator<Item = u8> {
        text.bytes().map(|byte| byte.to_ascii_lowercase())
    }
    lower(a).cmp(lower(b))
}

#[cfg(test)]
mod tests;
