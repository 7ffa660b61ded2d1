//! What a node is registered as in AWS Cloud Map.

use std::{collections::HashMap, net::IpAddr};

use mesh_core::{
    name::{MeshName, VirtualNodeName},
    unit::Port,
};

use super::cloud_map::{IPV4, IPV6};

/// An instance to register in an AWS Cloud Map service: this process, as others shall find it.
///
/// Its id is its address. Of the attributes that the App Mesh controller for Kubernetes wrote, these are: the address
/// (`AWS_INSTANCE_IPV4` or `AWS_INSTANCE_IPV6`), the port of the node's first listener (`AWS_INSTANCE_PORT`),
/// `appmesh.k8s.aws/mesh` and `appmesh.k8s.aws/virtualNode`; and `AWS_INIT_HEALTH_STATUS` for a service
/// [with custom health checks](Self::custom_health_check). What a process does not know of itself is given by
/// [`attribute`](Self::attribute), where callers select by it: `k8s.io/pod`, `k8s.io/namespace` and the pod's labels, which the
/// downward API tells, `REGION` and `AVAILABILITY_ZONE`.
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
    pub(super) service_id: String,
    pub(super) ip: IpAddr,
    pub(super) attributes: HashMap<String, String>,
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

    /// Says that the service has custom health checks (`HealthCheckCustomConfig`), and that this instance begins healthy: it is
    /// registered when it is served.
    ///
    /// # Source
    /// App Mesh controller for Kubernetes, which wrote `AWS_INIT_HEALTH_STATUS` where custom health checks were switched on.
    pub fn custom_health_check(self) -> Self {
        self.attribute("AWS_INIT_HEALTH_STATUS", "HEALTHY")
    }

    /// With the attributes that the mesh knows.
    pub(super) fn complete(mut self, mesh: &MeshName, node: &VirtualNodeName, port: Port) -> Self {
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

const PORT: &str = "AWS_INSTANCE_PORT";
const MESH: &str = "appmesh.k8s.aws/mesh";
const VIRTUAL_NODE: &str = "appmesh.k8s.aws/virtualNode";
