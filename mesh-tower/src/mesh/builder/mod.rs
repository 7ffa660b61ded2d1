//! What a mesh is started with.

mod balance;
mod bypass;
mod connections;
mod discovery;
mod egress;
mod faults;
mod life;
mod source;
#[cfg(any(test, feature = "test-util"))]
mod test_util;

use std::{io, sync::Arc, time::Duration};

use mesh_core::{Defaults, fault::Faults, load::Reader};
use parking_lot::Mutex;

pub(in crate::mesh) use self::{
    balance::Balancing,
    discovery::Discoveries,
    life::Life,
    source::{Following, Source},
};

use super::{Mesh, overrides::Overrides, records::AccessLog, start::start};
#[cfg(any(test, feature = "test-util"))]
use crate::record::Witness;
#[cfg(feature = "xray")]
use crate::trace::XRay;
use crate::{
    connect::{Tcp, Transport},
    error::Error,
};

/// Describes a mesh; made by [`Mesh::builder`].
///
/// What is wrong with any part of it is said by [`start`](Self::start), so that the parts can be chained.
#[derive(Debug)]
#[must_use = "a mesh does nothing until it is started"]
pub struct MeshBuilder {
    pub(in crate::mesh) source: Source,
    /// How the source's texts are read; `None`: nothing was said.
    pub(in crate::mesh) reader: Option<Reader>,
    pub(in crate::mesh) virtual_node: Option<String>,
    pub(in crate::mesh) defaults: Option<Defaults>,
    pub(in crate::mesh) binds: Vec<(u16, String)>,
    pub(in crate::mesh) listen: bool,
    pub(in crate::mesh) endpoints: Vec<(String, String)>,
    pub(in crate::mesh) discoveries: Discoveries,
    pub(in crate::mesh) transport: Arc<dyn Transport>,
    pub(in crate::mesh) seed: Option<u64>,
    pub(in crate::mesh) max_waiting: usize,
    pub(in crate::mesh) balancing: Balancing,
    pub(in crate::mesh) following: Following,
    pub(in crate::mesh) life: Life,
    pub(in crate::mesh) keep_alive: Duration,
    pub(in crate::mesh) max_connections: usize,
    pub(in crate::mesh) overrides: Overrides,
    pub(in crate::mesh) access_log: Option<AccessLog>,
    pub(in crate::mesh) carried: Vec<String>,
    pub(in crate::mesh) faults: Option<Faults>,
    #[cfg(feature = "xray")]
    pub(in crate::mesh) xray: Option<XRay>,
    #[cfg(any(test, feature = "test-util"))]
    pub(in crate::mesh) witness: Option<Witness>,
}

impl Default for MeshBuilder {
    fn default() -> Self {
        Self {
            source: Source::default(),
            reader: None,
            virtual_node: None,
            defaults: None,
            binds: Vec::new(),
            listen: true,
            endpoints: Vec::new(),
            discoveries: Discoveries::default(),
            transport: Arc::new(Tcp),
            seed: None,
            max_waiting: MAX_WAITING,
            balancing: Balancing::default(),
            following: Following::default(),
            life: Life::default(),
            keep_alive: connections::KEEP_ALIVE,
            max_connections: connections::MAX,
            overrides: Overrides::default(),
            access_log: None,
            carried: Vec::new(),
            faults: None,
            #[cfg(feature = "xray")]
            xray: None,
            #[cfg(any(test, feature = "test-util"))]
            witness: None,
        }
    }
}

impl MeshBuilder {
    /// Says which virtual node this process is. Without it, the first of `APPMESH_RESOURCE_ARN`, `APPMESH_RESOURCE_NAME` and
    /// `APPMESH_VIRTUAL_NODE_NAME` that is set says so, as it did to the sidecar, in [these forms](mesh_core::load::sidecar::MeshResource).
    /// [What became of the sidecar's other variables](mesh_core::load::sidecar) is listed there.
    pub fn virtual_node(mut self, name: impl Into<String>) -> Self {
        self.virtual_node = Some(name.into());
        self
    }

    /// Chooses what applies where the configuration is silent: [`Defaults::AppMesh`] for App Mesh files and
    /// [`Defaults::Safe`] for a mesh built in Rust, unless said here.
    pub fn defaults(mut self, defaults: Defaults) -> Self {
        self.defaults = Some(defaults);
        self
    }

    /// Binds the node's listener on `port` to this address; without it, to `0.0.0.0:PORT`.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "an address is small, and reads better without a borrow"
    )]
    pub fn bind(mut self, port: u16, addr: impl ToString) -> Self {
        self.binds.push((port, addr.to_string()));
        self
    }

    /// Binds none of the node's listeners: the application is served by a server of one's own, with
    /// [`Mesh::inbound`] around it.
    pub fn without_listeners(mut self) -> Self {
        self.listen = false;
        self
    }

    /// Gives an endpoint of a virtual node, in place of the node's own discovery. Called again for the same node, it has
    /// several. Every listener of the node is reached at this address; with port 0, each at its own port.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "an address is small, and reads better without a borrow"
    )]
    pub fn endpoint(mut self, virtual_node: impl Into<String>, addr: impl ToString) -> Self {
        self.endpoints.push((virtual_node.into(), addr.to_string()));
        self
    }

    /// Makes every random decision follow from this seed, for tests.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// How many requests may wait for an endpoint or a connection of one target: 1,024 unless said here. The next one is
    /// shed.
    pub fn max_waiting(mut self, requests: usize) -> Self {
        self.max_waiting = requests;
        self
    }

    /// Writes a line for each request that was sent or answered, in Envoy's default text format; in place of the file that
    /// the configuration may name (`logging.accessLog.file.path`).
    ///
    /// A thread of the mesh's own writes, some 50 ms after a request has ended at the latest. A writer that blocks costs
    /// lines, which are counted, and no request waits for it. A query and what callers say of themselves are written as they
    /// came.
    ///
    /// # Shape
    /// See [`Record`](mesh_core::access_log::Record).
    pub fn access_log(mut self, log: impl io::Write + Send + 'static) -> Self {
        self.access_log = Some(AccessLog(Mutex::new(Box::new(log))));
        self
    }

    /// Lets the calls that a handler makes take along this header of the request it answers, unless it sets it itself:
    /// `x-tenant`, say, or what a route matches. Beside those named here, only `x-request-id` is carried. What belongs to one
    /// message alone (`host`, `content-type`, `te`) is refused at start.
    pub fn carry_header(mut self, name: impl Into<String>) -> Self {
        self.carried.push(name.into());
        self
    }

    /// Records traces for X-Ray. Without it, a mesh does so where the environment asks for it: `AWS_XRAY_DAEMON_ADDRESS`, or
    /// `ENABLE_ENVOY_XRAY_TRACING=1` as for the sidecar. Otherwise trace headers pass through.
    #[cfg(feature = "xray")]
    pub fn xray(mut self, xray: XRay) -> Self {
        self.xray = Some(xray);
        self
    }

    /// Starts the mesh: reads and checks the configuration, binds the listeners, warms the targets.
    ///
    /// # Errors
    /// One of kind [`Config`](crate::ErrorKind::Config) or [`Bind`](crate::ErrorKind::Bind); nothing is left running.
    pub async fn start(self) -> Result<Mesh, Error> {
        start(self).await
    }
}

const MAX_WAITING: usize = 1024;
