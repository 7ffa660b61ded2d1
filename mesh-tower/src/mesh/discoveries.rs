//! From what a builder was given to where endpoints are found, and where this node is.

use std::{mem, sync::Arc};

use mesh_core::name::VirtualNodeName;
#[cfg(feature = "aws")]
use mesh_core::snapshot::Snapshot;
#[cfg(feature = "aws")]
use tokio_util::task::AbortOnDropHandle;

#[cfg(feature = "aws")]
use super::running::Running;
use super::{builder::MeshBuilder, start::address};
#[cfg(feature = "aws")]
use crate::discovery::Registrations;
use crate::{discovery::Sources, error::Error, runtime::rng::SharedRng};

/// Where the endpoints of these nodes are found; waits are drawn from `rng`.
pub(super) fn sources(
    builder: &mut MeshBuilder,
    nodes: &[VirtualNodeName],
    rng: Arc<SharedRng>,
) -> Result<Sources, Error> {
    let known = |name: &str| {
        let node = nodes.iter().find(|known| known.as_str() == name);
        node.cloned().ok_or_else(|| {
            Error::setup(format!(
                "an endpoint is given for {name:?}, but no virtual node has that name; there are {nodes:?}"
            ))
        })
    };
    let mut sources = Sources::new(mem::take(&mut builder.discoveries.name_servers), rng);
    for (node, addr) in &builder.endpoints {
        sources.fix(known(node)?, address(addr, "an endpoint")?);
    }
    for (name, updates) in mem::take(builder.discoveries.updates.get_mut()) {
        let node = known(&name)?;
        if sources.are_given(&node) {
            return Err(Error::setup(format!(
                "the endpoints of {name:?} are given more than once: it is either one .discover(…), or .endpoint(…) for each"
            )));
        }
        sources.feed(node, updates);
    }
    #[cfg(feature = "aws")]
    sources.ask_cloud_map(builder.discoveries.cloud_map.clone());
    Ok(sources)
}

/// Where this node registers itself while it is served.
#[cfg(feature = "aws")]
pub(super) fn registrations(
    builder: &mut MeshBuilder,
    snapshot: &Snapshot,
    rng: &Arc<SharedRng>,
) -> Result<Arc<Registrations>, Error> {
    let client = builder.discoveries.cloud_map.clone();
    let wanted = mem::take(&mut builder.discoveries.registrations);
    if client.is_none() && !wanted.is_empty() {
        return Err(Error::setup(
            ".register(…) needs a client: give it with .cloud_map(CLIENT)",
        ));
    }
    let mut registrations = Registrations::new(client, rng.clone());
    for registration in wanted {
        let node = snapshot.virtual_node();
        let Some(listener) = snapshot.listeners().first() else {
            return Err(Error::setup(format!(
                "virtual node {node} has no listener, and so nothing to register in Cloud Map"
            )));
        };
        registrations.add(registration, snapshot.mesh(), node, listener.port);
    }
    Ok(Arc::new(registrations))
}

#[cfg(feature = "aws")]
impl Running {
    /// Registers the node as long as what this gives is held, and has it deregistered before the mesh drains.
    pub(super) fn register(&self) -> Option<AbortOnDropHandle<()>> {
        let (registering, leave) = self.registrations.begin()?;
        self.farewells.lock().add(leave);
        Some(registering)
    }
}
