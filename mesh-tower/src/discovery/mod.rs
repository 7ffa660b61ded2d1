//! How endpoints are found: each source is a stream of whole answers.
//!
//! A source that is asked again and again (DNS, Cloud Map) is an `Ask`; `follow` asks it when the core says so, and tells what the core
//! makes of its answers. No source has a task: the reconciler polls them all.

#[cfg(feature = "aws")]
mod cloud_map;
#[cfg(feature = "dns")]
mod dns;
#[cfg(feature = "aws")]
mod entry;
mod fixed;
#[cfg(any(feature = "dns", feature = "aws"))]
mod follow;
mod freshness;
#[cfg(feature = "aws")]
mod registration;
#[cfg(feature = "aws")]
mod registrations;
#[cfg(feature = "aws")]
mod revision;
mod updates;
#[cfg(any(feature = "dns", feature = "aws"))]
mod watched;

use std::{collections::BTreeMap, fmt, net::SocketAddr, sync::Arc};

#[cfg(feature = "aws")]
use aws_sdk_servicediscovery::Client;
use futures::{StreamExt, stream::BoxStream};
use mesh_core::{
    name::VirtualNodeName,
    snapshot::{ClusterSpec, Discovery},
};

#[cfg(feature = "dns")]
use self::dns::Resolver;
pub(crate) use self::freshness::Freshness;
#[cfg(feature = "aws")]
pub use self::registration::Registration;
#[cfg(feature = "aws")]
pub(crate) use self::registrations::Registrations;
use self::updates::Latest;
#[cfg(feature = "aws")]
use self::{cloud_map::Instances, revision::Revisions};
#[cfg(any(feature = "dns", feature = "aws"))]
use self::{
    follow::{Ask, Following},
    watched::Watched,
};
use crate::{error::Error, runtime::rng::SharedRng};

/// Every address of a target, as one source knows them at one moment. An empty answer means that there are none.
pub(crate) type Answer = Vec<SocketAddr>;

/// Where each target's endpoints come from.
pub(crate) struct Sources {
    /// What the user gave instead of what the configuration says, by virtual node.
    fixed: BTreeMap<VirtualNodeName, Vec<SocketAddr>>,
    updates: BTreeMap<VirtualNodeName, Latest>,
    /// Asked in place of the system's name servers, if there are any.
    name_servers: Vec<SocketAddr>,
    #[cfg(feature = "dns")]
    resolver: Option<Arc<Resolver>>,
    #[cfg(feature = "aws")]
    cloud_map: Option<Client>,
    #[cfg(feature = "aws")]
    revisions: Revisions,
    freshness: Arc<Freshness>,
    rng: Arc<SharedRng>,
}

impl Sources {
    /// Waits are drawn from `rng`.
    pub(crate) fn new(name_servers: Vec<SocketAddr>, rng: Arc<SharedRng>) -> Self {
        Self {
            fixed: BTreeMap::new(),
            updates: BTreeMap::new(),
            name_servers,
            #[cfg(feature = "dns")]
            resolver: None,
            #[cfg(feature = "aws")]
            cloud_map: None,
            #[cfg(feature = "aws")]
            revisions: Revisions::default(),
            freshness: Arc::default(),
            rng,
        }
    }

    /// Sources for what is no virtual node, and found by its host's name alone.
    pub(crate) fn of_hosts(&self) -> Self {
        Self {
            freshness: self.freshness.clone(),
            ..Self::new(self.name_servers.clone(), self.rng.clone())
        }
    }

    /// Puts an address in place of the node's own discovery, or beside the ones put there before.
    pub(crate) fn fix(&mut self, node: VirtualNodeName, addr: SocketAddr) {
        self.fixed.entry(node).or_default().push(addr);
    }

    /// Puts a stream of updates in place of the node's own discovery; a task reads it until nobody follows it any more.
    pub(crate) fn feed(&mut self, node: VirtualNodeName, updates: BoxStream<'static, Answer>) {
        self.updates.insert(node, Latest::of(updates));
    }

    /// Whether something was put in place of the node's own discovery.
    pub(crate) fn are_given(&self, node: &VirtualNodeName) -> bool {
        self.fixed.contains_key(node) || self.updates.contains_key(node)
    }

    /// Asks Cloud Map with this client.
    #[cfg(feature = "aws")]
    pub(crate) fn ask_cloud_map(&mut self, client: Option<Client>) {
        self.cloud_map = client;
    }

    /// How well the targets' endpoints are known.
    pub(crate) fn freshness(&self) -> &Arc<Freshness> {
        &self.freshness
    }

    /// A target's answers, from the first one on, for as long as the stream is held.
    pub(crate) fn discover(
        &mut self,
        spec: &ClusterSpec,
    ) -> Result<BoxStream<'static, Answer>, Error> {
        if let Some(addrs) = self.fixed.get(&spec.virtual_node) {
            return Ok(fixed::answers(fixed::at(addrs, spec.port)).boxed());
        }
        if let Some(latest) = self.updates.get(&spec.virtual_node) {
            return Ok(latest.answers().boxed());
        }
        match &spec.discovery {
            Discovery::Dns { hostname, .. } => self.dns(spec, hostname),
            _ => self.cloud_map(spec),
        }
    }

    #[cfg(feature = "aws")]
    fn cloud_map(&mut self, spec: &ClusterSpec) -> Result<BoxStream<'static, Answer>, Error> {
        let node = &spec.virtual_node;
        let client = self.cloud_map.clone();
        let instances = client.and_then(|client| Instances::new(client, spec, &mut self.revisions));
        let instances = instances.ok_or_else(|| {
            Error::setup(format!(
                "the endpoints of virtual node {node} are in AWS Cloud Map: give a client to ask it with .cloud_map(CLIENT), or the \
                 endpoints with .endpoint({node:?}, \"ADDRESS:PORT\")",
            ))
        })?;
        Ok(self.follow(instances, spec, true))
    }

    #[cfg(not(feature = "aws"))]
    fn cloud_map(&self, spec: &ClusterSpec) -> Result<BoxStream<'static, Answer>, Error> {
        Err(Error::setup(format!(
            "the endpoints of virtual node {node} are in AWS Cloud Map, for which mesh-tower needs its feature `aws`; or give them \
             with .endpoint({node:?}, \"ADDRESS:PORT\")",
            node = spec.virtual_node,
        )))
    }

    #[cfg(any(feature = "dns", feature = "aws"))]
    fn follow(&self, ask: impl Ask, spec: &ClusterSpec, all: bool) -> BoxStream<'static, Answer> {
        let watched = Watched::new(&self.freshness);
        let following = Following::new(ask, spec, all, watched, self.rng.clone());
        following.answers().boxed()
    }

    #[cfg(feature = "dns")]
    fn dns(
        &mut self,
        spec: &ClusterSpec,
        hostname: &str,
    ) -> Result<BoxStream<'static, Answer>, Error> {
        if let Some(addr) = dns::literal(hostname, spec.port) {
            return Ok(fixed::answers(vec![addr]).boxed());
        }
        let resolver = match &self.resolver {
            Some(resolver) => resolver.clone(),
            None => {
                let made = Arc::new(Resolver::new(&self.name_servers)?);
                self.resolver.insert(made).clone()
            }
        };
        let all = matches!(spec.discovery, Discovery::Dns { all: true, .. });
        let name = dns::HostName::new(resolver, spec, hostname)?;
        Ok(self.follow(name, spec, all))
    }

    #[cfg(not(feature = "dns"))]
    fn dns(
        &mut self,
        spec: &ClusterSpec,
        hostname: &str,
    ) -> Result<BoxStream<'static, Answer>, Error> {
        Err(Error::setup(format!(
            "the endpoints of virtual node {node} are found by DNS ({hostname}), for which mesh-tower needs its feature `dns`; \
             or give them with .endpoint({node:?}, \"ADDRESS:PORT\")",
            node = spec.virtual_node,
        )))
    }
}

impl fmt::Debug for Sources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sources")
            .field("fixed", &self.fixed)
            .field("updates", &self.updates.keys())
            .field("name_servers", &self.name_servers)
            .finish_non_exhaustive()
    }
}
