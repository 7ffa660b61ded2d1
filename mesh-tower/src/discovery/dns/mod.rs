//! Names that are looked up: `/etc/hosts`, then the system's name servers or those the user named.
//!
//! Each look-up goes to a server: the library's cache is off, since an answer is asked for again no sooner than its TTL allows.

mod resolver;

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use hickory_resolver::proto::rr::Name;
use mesh_core::{
    discovery::{Directory, Family, Finding, families},
    snapshot::{ClusterSpec, Discovery},
    unit::Port,
};
use tokio::time;

use self::resolver::Lookup;
pub(super) use self::resolver::Resolver;
use super::follow::{Ask, Failure};
use crate::error::Error;

/// The endpoint that a host name is by itself, if it is an address.
pub(super) fn literal(hostname: &str, port: Port) -> Option<SocketAddr> {
    let bare = hostname
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .unwrap_or(hostname);
    let ip: IpAddr = bare.parse().ok()?;
    Some(SocketAddr::new(ip, port.get()))
}

/// A target's host name.
pub(super) struct HostName {
    resolver: Arc<Resolver>,
    port: u16,
    /// What the name may stand for, in order; the first is the name itself, for `/etc/hosts`.
    literal: Name,
    candidates: Vec<Name>,
    families: &'static [Family],
    /// Where the addresses in force came from. If that fails, what another name or family has is no answer.
    used: Option<(usize, Family)>,
}

impl HostName {
    /// # Errors
    /// One of kind [`Config`](crate::ErrorKind::Config) if no server could be asked for such a name.
    pub(super) fn new(
        resolver: Arc<Resolver>,
        spec: &ClusterSpec,
        hostname: &str,
    ) -> Result<Self, Error> {
        let preference = match &spec.discovery {
            Discovery::Dns { ip_preference, .. } => *ip_preference,
            _ => None,
        };
        let literal = full(hostname).ok_or_else(|| {
            Error::setup(format!(
                "the host name {hostname:?} of virtual node {} cannot be looked up: a name has labels of 1 to 63 characters \
                 between dots, and 253 in all",
                spec.virtual_node,
            ))
        })?;
        let directory = if literal.is_localhost() {
            Directory::Loopback
        } else {
            Directory::Dns
        };
        Ok(Self {
            candidates: resolver.candidates(hostname),
            port: spec.port.get(),
            literal,
            families: families(preference, directory),
            used: None,
            resolver,
        })
    }

    async fn look_up(&mut self) -> Result<Finding, Failure> {
        if let Some(finding) = self.in_hosts_file() {
            return Ok(finding);
        }
        let (mut failed, mut silent) = (None, None);
        for at in 0..self.candidates.len() {
            match self.candidate(at, &mut silent).await {
                Ok(Some(finding)) => return Ok(finding),
                Ok(None) => {}
                Err(failure) if self.used.is_some_and(|(used, _)| used == at) => {
                    return Err(failure);
                }
                Err(failure) => failed = Some(failure),
            }
        }
        failed.map_or(Ok(Finding::None), Err)
    }

    /// What the first family has that has anything.
    async fn candidate(
        &mut self,
        at: usize,
        silent: &mut Option<Family>,
    ) -> Result<Option<Finding>, Failure> {
        let mut failed = None;
        for &family in self.families {
            let Some(name) = self.candidates.get(at) else {
                break;
            };
            match self.family(name, family, silent).await {
                Ok(Lookup::Found { ips, ttl }) => {
                    self.used = Some((at, family));
                    return Ok(Some(self.found(&ips, ttl)));
                }
                Ok(Lookup::NoData) => {}
                Ok(Lookup::NoName) => return Ok(None),
                Err(failure) if self.used == Some((at, family)) => return Err(failure),
                Err(failure) => failed = Some(failure),
            }
        }
        failed.map_or(Ok(None), Err)
    }

    /// Each family has its share of a look-up's time, and one that used it up is not asked again: there are servers that drop every
    /// question for one of them.
    async fn family(
        &self,
        name: &Name,
        family: Family,
        silent: &mut Option<Family>,
    ) -> Result<Lookup, Failure> {
        let share = match self.families {
            [_, _, ..] => LIMIT / 2,
            _ => LIMIT,
        };
        if *silent != Some(family) {
            match time::timeout(share, self.resolver.look_up(name, family)).await {
                Ok(answered) => return answered,
                Err(_) => *silent = Some(family),
            }
        }
        Err(format!("no name server answered within {share:?} for {family:?}").into())
    }

    fn in_hosts_file(&self) -> Option<Finding> {
        let ips = self
            .families
            .iter()
            .find_map(|family| self.resolver.in_hosts_file(&self.literal, *family))?;
        Some(self.found(&ips, Duration::MAX))
    }

    fn found(&self, ips: &[IpAddr], ttl: Duration) -> Finding {
        let addrs = ips.iter().map(|ip| SocketAddr::new(*ip, self.port));
        Finding::Addresses {
            addrs: addrs.collect(),
            ttl,
        }
    }
}

impl Ask for HostName {
    async fn ask(&mut self) -> Result<Finding, Failure> {
        match time::timeout(LIMIT, self.look_up()).await {
            Ok(asked) => asked,
            Err(_) => Err(format!("no name server answered within {LIMIT:?}").into()),
        }
    }
}

/// A name that no search domain is put behind.
fn full(name: &str) -> Option<Name> {
    let mut name = Name::from_str_relaxed(name).ok()?;
    name.set_fqdn(true);
    (!name.is_root()).then_some(name)
}

/// How long one look-up may take, with all its names, families, servers and repetitions.
const LIMIT: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_an_endpoint_without_a_question() {
        let port = Port::new(80).expect("a port");
        for (hostname, addr) in [
            ("10.0.0.1", Some("10.0.0.1:80")),
            ("::1", Some("[::1]:80")),
            ("[::1]", Some("[::1]:80")),
            ("10.0.0.1.", None),
            ("orders", None),
            ("1", None),
        ] {
            let found = literal(hostname, port).map(|addr| addr.to_string());
            assert_eq!(found.as_deref(), addr, "{hostname}");
        }
    }

    #[test]
    fn names_that_no_server_could_be_asked_for_are_refused() {
        let long = "a".repeat(64);
        for (name, is_name) in [
            ("orders.local", true),
            ("orders_v1.local.", true),
            ("", false),
            (".", false),
            ("a..b", false),
            (long.as_str(), false),
        ] {
            assert_eq!(full(name).is_some(), is_name, "{name:?}");
        }
    }
}
