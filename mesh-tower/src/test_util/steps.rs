//! Single steps of a request's way through a mesh, for benches: a whole call hides what each of them costs.

use std::{net::SocketAddr, sync::Arc};

use http::Request;
use mesh_core::Seed;

use crate::{
    Mesh,
    balance::Balance,
    call::Call,
    endpoint::Destination,
    runtime::{clock, live::Current, rng::SharedRng},
};

/// What a request to one virtual node does on its way, one step at a time, by the code that does it in a request.
///
/// # Examples
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use mesh_tower::{Mesh, Seed, Target, test_util::Steps};
///
/// let mesh = Mesh::builder()
///     .service("orders:8080", Target::dns("orders"))
///     .endpoint("orders", "10.0.0.1:8080")
///     .start()
///     .await?;
/// let steps = Steps::of(&mesh, "orders", Seed(7)).expect("a virtual node that is called");
/// assert_eq!(steps.generation(), 0);
/// assert_eq!(steps.pick(), "10.0.0.1:8080".parse().ok());
/// # Ok::<(), mesh_tower::Error>(()) }).unwrap();
/// ```
#[derive(Debug)]
pub struct Steps {
    current: Arc<Current>,
    balance: Balance,
    destination: Arc<Destination>,
    call: Arc<Call>,
}

impl Steps {
    /// The steps of one request to this virtual node, which draws from this seed; `None` if the mesh has no way there.
    #[must_use]
    pub fn of(mesh: &Mesh, virtual_node: &str, seed: Seed) -> Option<Self> {
        let (current, outbound) = mesh.requests();
        let live = current.load();
        let mut destinations = live.destinations().iter();
        let destination = destinations.find(|known| known.is_of(virtual_node))?;
        Some(Self {
            balance: Balance::new(usize::MAX, Arc::new(SharedRng::new(seed.0))),
            destination: destination.clone(),
            call: outbound.begin_outbound(&mut Request::new(())),
            current: current.clone(),
        })
    }

    /// Reads the configuration in force, as every request does: how many were in force before it.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.current.load().generation()
    }

    /// Picks the endpoint of an attempt, which counts as in flight there until this returns; `None` if there is none.
    #[must_use]
    pub fn pick(&self) -> Option<SocketAddr> {
        let endpoints = self.destination.cluster.endpoints();
        let picked = self
            .balance
            .pick(&endpoints, &self.destination, &self.call)?;
        let _in_flight = picked.load.begin();
        Some(picked.addr)
    }

    /// The request has tried this endpoint: others are picked from now on, while there are any.
    pub fn try_at(&self, endpoint: SocketAddr) {
        self.call.begin_attempt(endpoint, clock::now());
    }
}

#[cfg(test)]
mod tests {
    use mesh_core::{balance::Algorithm, compile::Target};

    use super::*;
    use crate::test_util::MemoryNetwork;

    #[tokio::test]
    async fn each_pick_is_what_the_next_attempt_would_get() {
        let addrs = [1, 2, 3].map(|host| SocketAddr::from(([10, 0, 0, host], 80)));
        let target = Target::dns("orders").balance(Algorithm::RoundRobin);
        let mut builder = Mesh::builder().service("orders:80", target);
        for addr in addrs {
            builder = builder.endpoint("orders", addr);
        }
        let mesh = builder.network(&MemoryNetwork::new()).start().await;
        let mesh = mesh.expect("the mesh starts");
        let steps = Steps::of(&mesh, "orders", Seed(7)).expect("the mesh calls it");
        assert_eq!(addrs.map(|_| steps.pick()), addrs.map(Some));
        steps.try_at(addrs[0]);
        assert_eq!(
            addrs.map(|_| steps.pick()),
            [addrs[1], addrs[2], addrs[1]].map(Some)
        );
        assert!(
            mesh.endpoints("orders")
                .iter()
                .all(|endpoint| endpoint.in_flight == 0)
        );
        assert!(Steps::of(&mesh, "stock", Seed(7)).is_none());
    }
}
