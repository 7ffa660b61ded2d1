//! The one resolver of a mesh: servers, search domains and `/etc/hosts` as they were when it was made.

use std::{
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use hickory_resolver::{
    Hosts, TokioResolver,
    config::{ConnectionConfig, NameServerConfig, ResolveHosts, ResolverConfig, ResolverOpts},
    net::{DnsError, NetError, runtime::TokioRuntimeProvider},
    proto::{
        op::{Query, ResponseCode},
        rr::{Name, Record, RecordType},
    },
    system_conf,
};
use mesh_core::discovery::{Family, candidates};

use super::{Failure, full};
use crate::error::Error;

/// Asks name servers. Its sockets and their tasks end with it.
pub(in crate::discovery) struct Resolver {
    inner: TokioResolver,
    hosts: Hosts,
    search: Vec<String>,
    ndots: usize,
}

/// What a server said about one name and one family.
#[derive(Debug)]
pub(super) enum Lookup {
    Found {
        ips: Vec<IpAddr>,
        ttl: Duration,
    },
    /// The name has no address of this family.
    NoData,
    /// The name does not exist, in whatever family.
    NoName,
}

impl Resolver {
    /// Asks these servers, or the system's if there are none.
    pub(in crate::discovery) fn new(name_servers: &[SocketAddr]) -> Result<Self, Error> {
        let (config, mut options) = match name_servers {
            [] => system(),
            _ => named(name_servers),
        };
        let search = config.search().iter().map(Name::to_utf8).collect();
        let ndots = options.ndots;
        // The order of names is ours, so that a server's failure for one is not lost behind another's "no".
        let config = ResolverConfig::from_parts(None, Vec::new(), config.name_servers().to_vec());
        options.cache_size = 0;
        options.use_hosts_file = ResolveHosts::Never;
        // A datagram that was lost is asked for again within a look-up's limit.
        options.timeout = options.timeout.min(LONGEST_WAIT);
        options.attempts = options.attempts.min(MOST_AGAIN);
        let mut builder =
            TokioResolver::builder_with_config(config, TokioRuntimeProvider::default());
        *builder.options_mut() = options;
        Ok(Self {
            inner: builder.build().map_err(|error| {
                Error::setup(format!(
                    "the resolver of host names cannot be made: {error}"
                ))
            })?,
            hosts: Hosts::from_system().unwrap_or_default(),
            search,
            ndots,
        })
    }

    /// What a host name may stand for, in order.
    pub(super) fn candidates(&self, hostname: &str) -> Vec<Name> {
        let names = candidates(hostname, &self.search, self.ndots);
        // With a long search domain, a name may become too long for a question.
        names.iter().filter_map(|name| full(name)).collect()
    }

    pub(super) fn in_hosts_file(&self, name: &Name, family: Family) -> Option<Vec<IpAddr>> {
        let query = Query::query(name.clone(), record_type(family));
        let lookup = self.hosts.lookup_static_host(&query)?;
        Some(addresses(lookup.answers(), family)).filter(|ips| !ips.is_empty())
    }

    pub(super) async fn look_up(&self, name: &Name, family: Family) -> Result<Lookup, Failure> {
        match self.inner.lookup(name.clone(), record_type(family)).await {
            Ok(lookup) => Ok(found(lookup.answers(), family)),
            Err(NetError::Dns(DnsError::NoRecordsFound(none))) => match none.response_code {
                ResponseCode::NXDomain => Ok(Lookup::NoName),
                ResponseCode::NoError => Ok(Lookup::NoData),
                code => Err(format!("{name} was answered with {code}").into()),
            },
            Err(error) => Err(error.into()),
        }
    }
}

fn found(records: &[Record], family: Family) -> Lookup {
    let ips = addresses(records, family);
    // Every record on the way counts, also the aliases.
    let ttl = records.iter().map(|record| record.ttl).min().unwrap_or(0);
    match ips.is_empty() {
        true => Lookup::NoData,
        false => Lookup::Found {
            ips,
            ttl: Duration::from_secs(ttl.into()),
        },
    }
}

fn addresses(records: &[Record], family: Family) -> Vec<IpAddr> {
    let ips = records.iter().filter_map(|record| record.data.ip_addr());
    ips.filter(|ip| ip.is_ipv6() == (family == Family::V6))
        .collect()
}

const fn record_type(family: Family) -> RecordType {
    match family {
        Family::V4 => RecordType::A,
        Family::V6 => RecordType::AAAA,
    }
}

fn system() -> (ResolverConfig, ResolverOpts) {
    system_conf::read_system_conf().unwrap_or_else(|error| {
        // As the C library does it: a machine without servers may still have `/etc/hosts`, or one of its own.
        tracing::warn!(%error, "the system names no DNS server; one is looked for on this machine");
        named(&[SocketAddr::from(([127, 0, 0, 1], 53))])
    })
}

fn named(name_servers: &[SocketAddr]) -> (ResolverConfig, ResolverOpts) {
    let servers = name_servers.iter().map(|addr| {
        let mut connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()];
        for connection in &mut connections {
            connection.port = addr.port();
        }
        NameServerConfig::new(addr.ip(), true, connections.into())
    });
    let config = ResolverConfig::from_parts(None, Vec::new(), servers.collect());
    (config, ResolverOpts::default())
}

/// A third of a look-up's limit, so that the first question, and two more if nothing comes, fit into it; and one more into the half that
/// each of two families has.
const LONGEST_WAIT: Duration = Duration::from_millis(1_600);
const MOST_AGAIN: usize = 2;
