//! This node's own entries in AWS Cloud Map: made while it is served, gone before it drains.

use std::{future::Future, sync::Arc};

use aws_sdk_servicediscovery::Client;
use futures::future::join_all;
use mesh_core::{
    metric::Number,
    name::{MeshName, VirtualNodeName},
    unit::Port,
};
use tokio::sync::oneshot;
use tokio_util::task::AbortOnDropHandle;

use super::{entry::Entry, registration::Registration};
use crate::runtime::rng::SharedRng;

/// What a mesh registers while it is served.
pub(crate) struct Registrations {
    client: Option<Client>,
    entries: Vec<Entry>,
    rng: Arc<SharedRng>,
}

impl Registrations {
    pub(crate) fn new(client: Option<Client>, rng: Arc<SharedRng>) -> Self {
        Self {
            client,
            entries: Vec::new(),
            rng,
        }
    }

    /// Adds one for a node and the port that it is found on.
    pub(crate) fn add(
        &mut self,
        registration: Registration,
        mesh: &MeshName,
        node: &VirtualNodeName,
        port: Port,
    ) {
        let registration = registration.complete(mesh, node, port);
        self.entries.push(Entry::new(registration));
    }

    /// Begins to register, in a task that tries until all are, or until it is dropped; and gives what ends it and deregisters. `None`
    /// if there is nothing to register.
    pub(crate) fn begin(
        self: &Arc<Self>,
    ) -> Option<(
        AbortOnDropHandle<()>,
        impl Future<Output = ()> + Send + 'static + use<>,
    )> {
        let client = self.client.clone().filter(|_| !self.entries.is_empty())?;
        let (registrations, registering) = (self.clone(), client.clone());
        let (running, ended) = oneshot::channel::<()>();
        let task = tokio::spawn(async move {
            let _running = running;
            let Self { entries, rng, .. } = &*registrations;
            join_all(
                entries
                    .iter()
                    .map(|entry| entry.register(&registering, rng)),
            )
            .await;
        });
        let (registrations, registering) = (self.clone(), task.abort_handle());
        let leave = async move {
            registering.abort();
            // An error is what says so: the task is gone, and asks for nothing any more.
            let _ = ended.await;
            let entries = registrations.entries.iter();
            join_all(entries.map(|entry| entry.deregister(&client))).await;
        };
        Some((AbortOnDropHandle::new(task), leave))
    }

    /// How many there are, as a metric.
    pub(crate) fn number(&self) -> Number {
        let registered = self.entries.iter().filter(|entry| entry.is_registered());
        Number::gauge(
            "mesh_discovery_registrations",
            "Cloud Map services that this node is registered in.",
            u64::try_from(registered.count()).unwrap_or(u64::MAX),
        )
    }
}
