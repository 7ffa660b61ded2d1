//! How endpoints are found: each source is a stream of whole answers.

mod dns;
mod fixed;

use std::{collections::BTreeMap, fmt, net::SocketAddr};

use futures::{StreamExt, stream::BoxStream};
use mesh_core::{
    name::VirtualNodeName,
    snapshot::{ClusterSpec, Discovery},
};

use crate::error::Error;

/// Every address of a target, as one source knows them at one moment. An empty answer means that there are none.
pub(crate) type Answer = Vec<SocketAddr>;

/// Where each target's endpoints come from.
#[derive(Clone, Default)]
pub(crate) struct Sources {
    /// What the user gave instead of what the configuration says, by virtual node.
    fixed: BTreeMap<VirtualNodeName, Vec<SocketAddr>>,
}

impl Sources {
    /// Puts an address in place of the node's own discovery, or beside the ones put there before.
    pub(crate) fn fix(&mut self, node: VirtualNodeName, addr: SocketAddr) {
        self.fixed.entry(node).or_default().push(addr);
    }

    /// A target's answers, from the first one on, for as long as the stream is held.
    pub(crate) fn discover(&self, spec: &ClusterSpec) -> Result<BoxStream<'static, Answer>, Error> {
        if let Some(addrs) = self.fixed.get(&spec.virtual_node) {
            return Ok(fixed::answers(addrs.clone()).boxed());
        }
        match &spec.discovery {
            Discovery::Dns { hostname, all, .. } => {
                Ok(dns::answers(hostname.clone(), spec.port.get(), *all).boxed())
            }
            _ => Err(Error::setup(format!(
                "the endpoints of virtual node {node} are in AWS Cloud Map, which this version does not ask: give them \
                 with .endpoint({node:?}, \"ADDRESS:PORT\")",
                node = spec.virtual_node,
            ))),
        }
    }
}

impl fmt::Debug for Sources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sources")
            .field("fixed", &self.fixed)
            .finish()
    }
}
