//! The node's own listeners: bound at the start, and then handed to whoever serves on them.

use std::{collections::BTreeMap, net::SocketAddr};

use mesh_core::{
    snapshot::{ListenerPlan, Snapshot},
    unit::{Port, Protocol},
};
use parking_lot::Mutex;

use super::{Mesh, Phase, builder::MeshBuilder, start::address};
use crate::{
    connect::Transport,
    error::{Cause, Error},
    serve::{Bound, Door, Listener},
};

/// The listeners of a mesh.
#[derive(Debug)]
pub(super) struct Listeners {
    addrs: BTreeMap<u16, SocketAddr>,
    /// Those that nobody serves on yet; none once the mesh has stopped.
    free: Mutex<Option<Vec<Bound>>>,
}

impl Listeners {
    /// Binds the node's listeners, unless another server is to have them.
    pub(super) async fn bind(builder: &MeshBuilder, snapshot: &Snapshot) -> Result<Self, Error> {
        let bound = match builder.listen {
            true => bind(&*builder.transport, snapshot, &builder.binds).await?,
            false if builder.binds.is_empty() => Vec::new(),
            false => {
                return Err(Error::setup(
                    ".bind(…) has no use beside .without_listeners(): nothing is bound",
                ));
            }
        };
        let addr = |bound: &Bound| (bound.port.get(), bound.local_addr());
        Ok(Self {
            addrs: bound.iter().map(addr).collect(),
            free: Mutex::new(Some(bound)),
        })
    }

    pub(super) fn addrs(&self) -> &BTreeMap<u16, SocketAddr> {
        &self.addrs
    }

    /// Nobody will serve on those that are left.
    pub(super) fn close(&self) {
        let free = self.free.lock().take();
        drop(free);
    }

    /// All that nobody has yet.
    pub(super) fn take_all(&self) -> Vec<Bound> {
        self.free.lock().take().unwrap_or_default()
    }

    fn take(&self, port: u16) -> Option<Bound> {
        let mut free = self.free.lock();
        let free = free.as_mut()?;
        let at = free.iter().position(|bound| bound.port.get() == port)?;
        Some(free.swap_remove(at))
    }
}

impl Mesh {
    /// The listener on this port of the node, for a server that one runs oneself, with [`inbound`](Self::inbound) around what
    /// it serves. The connections that come from it are known to the inbound services, where the server passes them on:
    /// tonic does so by itself, axum with `into_make_service_with_connect_info::<ConnInfo>()`. Then limits and time limits are
    /// those of this listener, and a call knows its peer.
    ///
    /// The node counts as served from now on. It is the server's owner who calls [`stop`](Self::stop) at the end, and has the
    /// server finish what runs when the mesh [drains](Phase::Draining).
    ///
    /// # Errors
    /// One of kind [`Config`](crate::ErrorKind::Config) if the node has no listener on this port, or somebody serves on it
    /// already.
    ///
    /// # Examples
    /// With axum:
    /// ```no_run
    /// # #[cfg(feature = "axum")]
    /// # async fn example(mesh: mesh_tower::Mesh) -> Result<(), Box<dyn std::error::Error>> {
    /// use axum::{Router, routing::get};
    /// use mesh_tower::{ConnInfo, Phase};
    ///
    /// let app = Router::new().route("/", get(async || "hello")).layer(mesh.inbound());
    /// let app = app.into_make_service_with_connect_info::<ConnInfo>();
    /// let server = axum::serve(mesh.listener(8080)?, app);
    /// server.with_graceful_shutdown(async move { mesh.reached(Phase::Draining).await }).await?;
    /// # Ok(())
    /// # }
    /// ```
    /// With tonic, whose server ends with the listener:
    /// ```no_run
    /// # #[cfg(feature = "tonic")]
    /// # async fn example<S>(mesh: mesh_tower::Mesh, routes: tonic::service::Routes) -> Result<(), Box<dyn std::error::Error>> {
    /// use mesh_tower::Phase;
    /// use tonic::transport::Server;
    ///
    /// let server = Server::builder().layer(mesh.inbound()).add_routes(routes);
    /// let draining = { let mesh = mesh.clone(); async move { mesh.reached(Phase::Draining).await } };
    /// server.serve_with_incoming_shutdown(mesh.listener(50051)?, draining).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn listener(&self, port: u16) -> Result<Listener, Error> {
        let handle = &self.handle;
        let bound = handle.listeners.take(port).ok_or_else(|| {
            let (node, ports) = (&handle.node, handle.listeners.addrs().keys());
            Error::setup(format!(
                "virtual node {node} has no listener on port {port} that nobody serves on yet; it listens on {:?}",
                ports.collect::<Vec<_>>()
            ))
        })?;
        handle.lived.reach(Phase::Serving);
        let listener = Listener::new(Door::new(bound, handle.inbound.clone()));
        #[cfg(feature = "aws")]
        let listener = listener.holding(handle.register());
        Ok(listener)
    }

    /// Where the node's listeners are really bound, by the port that the mesh knows.
    #[must_use]
    pub fn addrs(&self) -> &BTreeMap<u16, SocketAddr> {
        self.handle.listeners.addrs()
    }
}

async fn bind(
    transport: &dyn Transport,
    snapshot: &Snapshot,
    binds: &[(u16, String)],
) -> Result<Vec<Bound>, Error> {
    let mut wanted = BTreeMap::new();
    for (port, addr) in binds {
        if !snapshot
            .listeners()
            .iter()
            .any(|listener| listener.port.get() == *port)
        {
            let node = snapshot.virtual_node();
            return Err(Error::setup(format!(
                "port {port} is to be bound, but virtual node {node} has no listener on it"
            )));
        }
        wanted.insert(*port, address(addr, "a bind address")?);
    }
    let mut bound = Vec::new();
    for plan in snapshot.listeners() {
        bound.push(listen(transport, plan, wanted.get(&plan.port.get())).await?);
    }
    Ok(bound)
}

async fn listen(
    transport: &dyn Transport,
    plan: &ListenerPlan,
    wanted: Option<&SocketAddr>,
) -> Result<Bound, Error> {
    if plan.protocol == Protocol::Tcp {
        return Err(Error::setup(format!(
            "the listener on port {} speaks tcp, which this version does not serve",
            plan.port
        )));
    }
    let addr = wanted.copied().unwrap_or_else(|| everywhere(plan.port));
    match transport.bind(addr).await {
        Ok(accept) => Ok(Bound {
            port: plan.port,
            accept,
        }),
        Err(source) => Err(Error::new(Cause::Bind { addr, source })),
    }
}

fn everywhere(port: Port) -> SocketAddr {
    SocketAddr::from(([0, 0, 0, 0], port.get()))
}
