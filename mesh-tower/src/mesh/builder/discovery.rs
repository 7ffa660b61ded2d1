//! Where endpoints are found, if not where the configuration says.

use std::{fmt, net::SocketAddr};

#[cfg(feature = "aws")]
use aws_sdk_servicediscovery::Client;
use futures::{
    StreamExt,
    stream::{BoxStream, Stream},
};
use parking_lot::Mutex;

use super::MeshBuilder;
#[cfg(feature = "aws")]
use crate::discovery::Registration;

type Updates = BoxStream<'static, Vec<SocketAddr>>;

/// What a builder was told about discovery.
#[derive(Default)]
pub(in crate::mesh) struct Discoveries {
    /// Behind a lock that nobody contends for: what is being started is shared, and streams cannot be.
    pub(in crate::mesh) updates: Mutex<Vec<(String, Updates)>>,
    pub(in crate::mesh) name_servers: Vec<SocketAddr>,
    #[cfg(feature = "aws")]
    pub(in crate::mesh) cloud_map: Option<Client>,
    #[cfg(feature = "aws")]
    pub(in crate::mesh) registrations: Vec<Registration>,
}

impl MeshBuilder {
    /// Takes a virtual node's endpoints from a stream, in place of the node's own discovery: each item is all of them, and an
    /// empty one says that there are none. Requests wait for the first item; when the stream has ended, the last one stays in force.
    ///
    /// The node is named as for [`endpoint`](Self::endpoint): that of a [`service`](Self::service) has its host name. Addresses that
    /// stay keep their connections; from those that leave, running requests are still answered. Of each item, the first
    /// [`MAX_ENDPOINTS`](mesh_core::discovery::MAX_ENDPOINTS) are used. A node has one stream, or endpoints that were given
    /// one by one; both together are an error at start.
    ///
    /// # Examples
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// use futures::stream;
    /// use mesh_tower::{Mesh, Target};
    ///
    /// let found = vec!["10.0.0.1:8080".parse()?, "10.0.0.2:8080".parse()?];
    /// let mesh = Mesh::builder()
    ///     .service("orders:8080", Target::dns("orders"))
    ///     .discover("orders", stream::iter([found]))
    ///     .start()
    ///     .await?;
    /// mesh.ready().await;
    /// # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    pub fn discover(
        mut self,
        virtual_node: impl Into<String>,
        updates: impl Stream<Item = Vec<SocketAddr>> + Send + 'static,
    ) -> Self {
        let updates = (virtual_node.into(), updates.boxed());
        self.discoveries.updates.get_mut().push(updates);
        self
    }

    /// Asks this name server for host names, in place of those that the system names (`/etc/resolv.conf`). Called again, there are
    /// several. Names are then taken as they are, without search domains; `/etc/hosts` still comes first.
    #[cfg(feature = "dns")]
    pub fn name_server(mut self, addr: SocketAddr) -> Self {
        self.discoveries.name_servers.push(addr);
        self
    }

    /// Asks AWS Cloud Map for the instances of nodes that are found there (`serviceDiscovery.awsCloudMap`).
    ///
    /// Credentials, region, HTTP client and TLS are the client's. It needs `servicediscovery:DiscoverInstances` and
    /// `servicediscovery:DiscoverInstancesRevision`, which App Mesh's control plane had in the sidecar's place. Asked for are the
    /// healthy instances, or all if none is: what the mesh itself does with endpoints whose checks fail. Their port is the listener's.
    ///
    /// # Examples
    /// ```no_run
    /// # async fn example(client: aws_sdk_servicediscovery::Client) -> Result<(), mesh_tower::Error> {
    /// use mesh_tower::Mesh;
    ///
    /// // let client = aws_sdk_servicediscovery::Client::new(&aws_config::load_from_env().await);
    /// let mesh = Mesh::builder().app_mesh_file("mesh.yaml").virtual_node("web").cloud_map(client).start().await?;
    /// # Ok(()) }
    /// ```
    #[cfg(feature = "aws")]
    pub fn cloud_map(mut self, client: Client) -> Self {
        self.discoveries.cloud_map = Some(client);
        self
    }

    /// Registers this node in AWS Cloud Map while an application is [served](crate::Mesh::serve), and deregisters it before the mesh
    /// drains, while requests are still taken. Called again, there are several.
    ///
    /// It is done with the client of [`cloud_map`](Self::cloud_map), which needs `servicediscovery:RegisterInstance`,
    /// `servicediscovery:DeregisterInstance` and, to see whether what was begun has succeeded, `servicediscovery:GetOperation`. A
    /// failure is logged, counted (`mesh_discovery_registrations` stays behind) and tried again, and keeps nobody from being served.
    #[cfg(feature = "aws")]
    pub fn register(mut self, registration: Registration) -> Self {
        self.discoveries.registrations.push(registration);
        self
    }
}

impl fmt::Debug for Discoveries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let updates = self.updates.lock();
        let nodes: Vec<_> = updates.iter().map(|(node, _)| node).collect();
        f.debug_struct("Discoveries")
            .field("updates", &nodes)
            .field("name_servers", &self.name_servers)
            .finish()
    }
}
