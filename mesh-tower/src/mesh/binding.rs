//! Where the node's listeners are to be bound, and the binding of them.

use std::{collections::BTreeMap, net::SocketAddr, sync::Arc};

use mesh_core::{
    snapshot::{ListenerPlan, Snapshot},
    unit::{Port, Protocol},
};

use super::{builder::MeshBuilder, start::address};
use crate::{
    connect::Transport,
    error::{Cause, Error},
    serve::Bound,
};

/// What the builder said of listeners, for those that it starts with and those to come.
#[derive(Debug)]
pub(super) struct Binding {
    transport: Arc<dyn Transport>,
    /// By the port that the mesh knows; another is bound at all addresses.
    wanted: BTreeMap<u16, SocketAddr>,
    /// Whether they are bound here at all, or another server has them.
    listen: bool,
}

impl Binding {
    pub(super) fn new(builder: &MeshBuilder, first: &Snapshot) -> Result<Self, Error> {
        if !builder.listen && !builder.binds.is_empty() {
            return Err(Error::setup(
                ".bind(…) has no use beside .without_listeners(): nothing is bound",
            ));
        }
        let mut wanted = BTreeMap::new();
        for (port, addr) in &builder.binds {
            let mut listeners = first.listeners().iter();
            if !listeners.any(|listener| listener.port.get() == *port) {
                let node = first.virtual_node();
                return Err(Error::setup(format!(
                    "port {port} is to be bound, but virtual node {node} has no listener on it"
                )));
            }
            wanted.insert(*port, address(addr, "a bind address")?);
        }
        Ok(Self {
            transport: builder.transport.clone(),
            wanted,
            listen: builder.listen,
        })
    }

    /// Binds the listeners of a configuration, those that are bound already apart.
    pub(super) async fn bind(
        &self,
        snapshot: &Snapshot,
        bound: &[u16],
    ) -> Result<Vec<Bound>, Error> {
        let mut new = Vec::new();
        for plan in snapshot.listeners().iter().filter(|_| self.listen) {
            speaks(plan)?;
            if !bound.contains(&plan.port.get()) {
                new.push(self.bind_one(plan.port).await?);
            }
        }
        Ok(new)
    }

    async fn bind_one(&self, port: Port) -> Result<Bound, Error> {
        let everywhere = || SocketAddr::from(([0, 0, 0, 0], port.get()));
        let wanted = self.wanted.get(&port.get()).copied();
        let addr = wanted.unwrap_or_else(everywhere);
        match self.transport.bind(addr).await {
            Ok(accept) => Ok(Bound { port, accept }),
            Err(source) => Err(Error::new(Cause::Bind { addr, source })),
        }
    }
}

fn speaks(plan: &ListenerPlan) -> Result<(), Error> {
    match plan.protocol {
        Protocol::Tcp => Err(Error::setup(format!(
            "the listener on port {} speaks tcp, which this version does not serve",
            plan.port
        ))),
        _ => Ok(()),
    }
}
