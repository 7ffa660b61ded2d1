//! This node's own entries in AWS Cloud Map: made while it is served, gone before it drains.

use std::{
    collections::HashMap,
    future::Future,
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use aws_sdk_servicediscovery::{
    Client, error::SdkError, operation::deregister_instance::DeregisterInstanceError,
};
use futures::future::join_all;
use mesh_core::{
    discovery::retry_after,
    metric::Number,
    name::{MeshName, VirtualNodeName},
    unit::Port,
};
use tokio::time;
use tokio_util::task::AbortOnDropHandle;

use super::{
    cloud_map::{IPV4, IPV6, LIMIT, failure},
    follow::Failure,
};
use crate::runtime::rng::SharedRng;

/// An instance to register in an AWS Cloud Map service: this process, as others shall find it.
///
/// Its id is its address, and its attributes are those that the App Mesh controller for Kubernetes wrote: the address
/// (`AWS_INSTANCE_IPV4` or `AWS_INSTANCE_IPV6`), the port of the node's first listener (`AWS_INSTANCE_PORT`),
/// `appmesh.k8s.aws/mesh` and `appmesh.k8s.aws/virtualNode`.
///
/// # Source
/// App Mesh controller for Kubernetes, package `cloudmap`.
///
/// # Examples
/// ```
/// use mesh_tower::Registration;
///
/// let task = "10.0.3.17".parse()?;
/// let registration = Registration::new("srv-utcrh6wavdkggqtk", task).attribute("version", "v2");
/// # let _ = registration;
/// # Ok::<(), std::net::AddrParseError>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "it does nothing until a mesh is started with it"]
pub struct Registration {
    service_id: String,
    ip: IpAddr,
    attributes: HashMap<String, String>,
}

impl Registration {
    /// Registers under this address in the service of this id or ARN.
    pub fn new(service_id: impl Into<String>, ip: IpAddr) -> Self {
        Self {
            service_id: service_id.into(),
            ip,
            attributes: HashMap::new(),
        }
    }

    /// Adds an attribute, by which callers can select instances; or replaces one of those that are written anyway.
    pub fn attribute(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.attributes.insert(name.into(), value.into());
        self
    }

    fn complete(mut self, mesh: &MeshName, node: &VirtualNodeName, port: Port) -> Self {
        let address = if self.ip.is_ipv4() { IPV4 } else { IPV6 };
        for (name, value) in [
            (address, self.ip.to_string()),
            (PORT, port.to_string()),
            (MESH, mesh.to_string()),
            (VIRTUAL_NODE, node.to_string()),
        ] {
            self.attributes.entry(name.to_owned()).or_insert(value);
        }
        self
    }
}

/// What a mesh registers while it is served.
pub(crate) struct Registrations {
    client: Option<Client>,
    entries: Vec<Registration>,
    registered: AtomicU64,
    rng: Arc<SharedRng>,
}

impl Registrations {
    pub(crate) fn new(client: Option<Client>, rng: Arc<SharedRng>) -> Self {
        Self {
            client,
            entries: Vec::new(),
            registered: AtomicU64::new(0),
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
        self.entries.push(registration.complete(mesh, node, port));
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
        let task = tokio::spawn(async move {
            let entries = registrations.entries.iter();
            join_all(entries.map(|entry| registrations.register(&registering, entry))).await;
        });
        let (registrations, registering) = (self.clone(), task.abort_handle());
        let leave = async move {
            registering.abort();
            // Also those whose registration has not been answered: it may have been taken.
            let entries = registrations.entries.iter();
            join_all(entries.map(|entry| registrations.deregister(&client, entry))).await;
        };
        Some((AbortOnDropHandle::new(task), leave))
    }

    /// How many there are, as a metric.
    pub(crate) fn number(&self) -> Number {
        Number::gauge(
            "mesh_discovery_registrations",
            "Cloud Map services that this node is registered in.",
            self.registered.load(Ordering::Relaxed),
        )
    }

    async fn register(&self, client: &Client, entry: &Registration) {
        let Registration { service_id, ip, .. } = entry;
        for failures in 1_u32.. {
            let Err(error) = within(register(client, entry)).await else {
                self.registered.fetch_add(1, Ordering::Relaxed);
                tracing::info!(service_id, %ip, "registered in Cloud Map");
                return;
            };
            if failures.is_power_of_two() {
                tracing::warn!(service_id, %ip, failures, error, "cannot register in Cloud Map; callers that look there do not come");
            }
            time::sleep(retry_after(failures, &mut &*self.rng)).await;
        }
    }

    async fn deregister(&self, client: &Client, entry: &Registration) {
        let Registration { service_id, ip, .. } = entry;
        match within(deregister(client, entry)).await {
            Ok(()) => tracing::info!(service_id, %ip, "deregistered from Cloud Map"),
            Err(error) => {
                tracing::warn!(service_id, %ip, error, "cannot deregister from Cloud Map; callers go on coming");
            }
        }
        self.registered.store(0, Ordering::Relaxed);
    }
}

async fn within(asked: impl Future<Output = Result<(), Failure>>) -> Result<(), String> {
    match time::timeout(LIMIT, asked).await {
        Ok(answer) => answer.map_err(|error| error.to_string()),
        Err(_) => Err(format!("no answer within {LIMIT:?}")),
    }
}

async fn register(client: &Client, entry: &Registration) -> Result<(), Failure> {
    let asked = client
        .register_instance()
        .service_id(&entry.service_id)
        .instance_id(entry.ip.to_string())
        .set_attributes(Some(entry.attributes.clone()));
    let answered = asked.send().await;
    answered.map(drop).map_err(|error| failure(&error))
}

async fn deregister(client: &Client, entry: &Registration) -> Result<(), Failure> {
    let asked = client
        .deregister_instance()
        .service_id(&entry.service_id)
        .instance_id(entry.ip.to_string());
    match asked.send().await {
        Err(error) if !is_gone(&error) => Err(failure(&error)),
        _ => Ok(()),
    }
}

fn is_gone<R>(error: &SdkError<DeregisterInstanceError, R>) -> bool {
    error
        .as_service_error()
        .is_some_and(DeregisterInstanceError::is_instance_not_found)
}

const PORT: &str = "AWS_INSTANCE_PORT";
const MESH: &str = "appmesh.k8s.aws/mesh";
const VIRTUAL_NODE: &str = "appmesh.k8s.aws/virtualNode";
