//! What is known of the endpoints behind this node's targets, and the switch for who is on call.

use std::{collections::BTreeMap, net::SocketAddr, sync::Arc};

use mesh_core::metric::Number;

use super::{Mesh, running::Running};
use crate::{
    endpoint::{Cluster, Destination, Ejected, EndpointState, Tally},
    error::{Cause, Error},
};

impl Mesh {
    /// The endpoints of a virtual node as they stand now, in order of address; none if no route leads there.
    #[must_use]
    pub fn endpoints(&self, virtual_node: &str) -> Vec<EndpointState> {
        let destinations = self.destinations(virtual_node);
        destinations
            .iter()
            .flat_map(|destination| destination.list())
            .collect()
    }

    /// Takes an endpoint out by hand: this process sends it no new requests, until it is [admitted](Self::admit) again.
    ///
    /// Requests that are there run to their ends. It stays out while discovery forgets it and finds it again, whatever its
    /// health, and also where so few others are usable that all are used; only if every endpoint of the node is out by
    /// hand, all are used.
    ///
    /// # Errors
    /// One of kind [`Unavailable`](crate::ErrorKind::Unavailable), with the addresses that are known, if this is none of
    /// them.
    ///
    /// # Examples
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// use mesh_tower::{Ejected, Mesh, Target};
    ///
    /// let mesh = Mesh::builder()
    ///     .service("orders:8080", Target::dns("orders"))
    ///     .endpoint("orders", "10.0.0.1:8080")
    ///     .endpoint("orders", "10.0.0.2:8080")
    ///     .start().await?;
    /// let addr = mesh.endpoints("orders")[0].addr;
    /// mesh.eject("orders", addr)?;
    /// assert_eq!(mesh.endpoints("orders")[0].ejected, Some(Ejected::ByHand));
    /// mesh.admit("orders", addr)?;
    /// assert!(mesh.endpoints("orders")[0].takes_attempts);
    /// # Ok::<(), mesh_tower::Error>(()) }).unwrap();
    /// ```
    pub fn eject(&self, virtual_node: &str, endpoint: SocketAddr) -> Result<(), Error> {
        self.switch(virtual_node, endpoint, Cluster::withdraw)?;
        tracing::warn!(virtual_node, %endpoint, reason = Ejected::ByHand.reason(), "ejected");
        Ok(())
    }

    /// Brings an endpoint back that was taken out by hand or for its failures, with nothing held against it. What its health
    /// checks say stands.
    ///
    /// # Errors
    /// As [`eject`](Self::eject).
    pub fn admit(&self, virtual_node: &str, endpoint: SocketAddr) -> Result<(), Error> {
        self.switch(virtual_node, endpoint, Cluster::admit)?;
        tracing::warn!(virtual_node, %endpoint, reason = Ejected::ByHand.reason(), "admitted");
        Ok(())
    }

    fn switch(
        &self,
        virtual_node: &str,
        endpoint: SocketAddr,
        switch: fn(&Cluster, SocketAddr) -> bool,
    ) -> Result<(), Error> {
        let destinations = self.destinations(virtual_node).into_iter();
        // All of them: a node may have the same address behind several of its ports.
        let known = destinations.filter(|destination| switch(&destination.cluster, endpoint));
        match known.count() {
            0 => Err(Error::new(Cause::UnknownEndpoint {
                node: virtual_node.to_owned(),
                endpoint,
                known: self
                    .endpoints(virtual_node)
                    .iter()
                    .map(|known| known.addr)
                    .collect(),
            })),
            _ => Ok(()),
        }
    }

    fn destinations(&self, virtual_node: &str) -> Vec<Arc<Destination>> {
        let live = self.handle.current.load();
        let named = live
            .destinations()
            .iter()
            .filter(|destination| destination.is_of(virtual_node));
        named.cloned().collect()
    }
}

impl Running {
    /// How the endpoints of each target stand.
    pub(super) fn endpoint_numbers(&self) -> Vec<Number> {
        let live = self.current.load().clone();
        let mut targets = BTreeMap::<_, Tally>::new();
        for cluster in live.clusters() {
            let target = cluster.spec().virtual_node.as_str();
            targets.entry(target).or_default().add(cluster);
        }
        let numbers = targets.iter().map(|(target, tally)| tally.numbers(target));
        numbers.flatten().collect()
    }
}
