//! A network inside the process, for tests with paused time.

use std::{
    collections::HashMap,
    fmt,
    future::pending,
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
};

use futures::future::BoxFuture;
use parking_lot::Mutex;
use tokio::sync::mpsc;

use super::{
    Connection,
    transport::{Accept, Bind, Dial},
};

/// A network of in-process connections that several meshes of one test can share.
///
/// HTTP on it is real; only the wire is not. No kernel works behind it, so a runtime whose clock is paused moves time only
/// when nothing else can happen (real sockets and paused time do not mix).
///
/// # Examples
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use mesh_core::{config::{Mesh as Model, VirtualNode, VirtualService}, unit::Protocol};
/// use mesh_tower::{Mesh, test_util::MemoryNetwork};
///
/// let model = Model::builder("shop")
///     .virtual_node(VirtualNode::builder("web").backend("orders.local"))
///     .virtual_node(VirtualNode::builder("orders").listener(8080, Protocol::Http).dns("orders.local"))
///     .virtual_service(VirtualService::builder("orders.local").virtual_node("orders"))
///     .build()?;
/// let network = MemoryNetwork::new();
/// let start = |node| Mesh::builder().config(model.clone()).virtual_node(node).network(&network);
/// let orders = start("orders").bind(8080, "10.0.0.1:8080").start().await?;
/// let web = start("web").endpoint("orders", "10.0.0.1:8080").start().await?;
///
/// # let _server = tokio::spawn({ let orders = orders.clone(); async move {
/// orders.serve_until(axum::Router::new().route("/", axum::routing::get(async || "hello")), std::future::pending()).await
/// # }});
/// let answer = web.client_for("orders.local:8080")?.get("/").send().await?.text().await?;
/// assert_eq!(answer, "hello");
/// # Ok::<(), mesh_tower::Error>(()) }).unwrap();
/// ```
#[derive(Clone, Default)]
pub struct MemoryNetwork(Arc<Mutex<Listening>>);

#[derive(Default)]
struct Listening {
    by_addr: HashMap<SocketAddr, mpsc::Sender<(Connection, SocketAddr)>>,
    next_port: u16,
}

impl MemoryNetwork {
    /// A network on which nothing listens yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Brings the far end of a connection to whoever listens there.
    pub(crate) async fn bring(
        &self,
        theirs: Connection,
        from: SocketAddr,
        to: SocketAddr,
    ) -> io::Result<()> {
        let listener = self.0.lock().by_addr.get(&to).cloned();
        let listener = listener.ok_or(io::ErrorKind::ConnectionRefused)?;
        let brought = listener.send((theirs, from)).await;
        brought.map_err(|_| io::ErrorKind::ConnectionRefused.into())
    }
}

impl fmt::Debug for MemoryNetwork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryNetwork")
            .field("listening", &self.0.lock().by_addr.keys())
            .finish()
    }
}

impl Dial for MemoryNetwork {
    fn dial(&self, to: SocketAddr) -> BoxFuture<'static, io::Result<Connection>> {
        let network = self.clone();
        Box::pin(async move {
            let (ours, theirs) = tokio::io::duplex(BUFFER);
            let from = SocketAddr::from((Ipv4Addr::LOCALHOST, EPHEMERAL));
            network.bring(Connection::new(theirs), from, to).await?;
            Ok(Connection::new(ours))
        })
    }
}

impl Bind for MemoryNetwork {
    fn bind(&self, mut at: SocketAddr) -> BoxFuture<'static, io::Result<Box<dyn Accept>>> {
        let mut listening = self.0.lock();
        if at.port() == 0 {
            listening.next_port = listening.next_port.max(EPHEMERAL) + 1;
            at.set_port(listening.next_port);
        }
        let taken = listening
            .by_addr
            .get(&at)
            .is_some_and(|listener| !listener.is_closed());
        let (sender, connections) = mpsc::channel(BACKLOG);
        if !taken {
            listening.by_addr.insert(at, sender);
        }
        Box::pin(async move {
            match taken {
                true => Err(io::ErrorKind::AddrInUse.into()),
                false => Ok(Box::new(MemoryAccept {
                    local: at,
                    connections,
                }) as Box<dyn Accept>),
            }
        })
    }
}

#[derive(Debug)]
struct MemoryAccept {
    local: SocketAddr,
    connections: mpsc::Receiver<(Connection, SocketAddr)>,
}

impl Accept for MemoryAccept {
    fn local_addr(&self) -> SocketAddr {
        self.local
    }

    fn accept(&mut self) -> BoxFuture<'_, io::Result<(Connection, SocketAddr)>> {
        Box::pin(async {
            match self.connections.recv().await {
                Some(connection) => Ok(connection),
                // The network is gone, and with it everyone who could connect.
                None => pending().await,
            }
        })
    }
}

/// About what a socket's buffers hold, so that back-pressure is felt as it would be there.
const BUFFER: usize = 64 * 1024;

/// Connections that wait to be taken, as `listen(2)` commonly allows.
const BACKLOG: usize = 128;

/// The lowest port that is given out where none was asked for.
const EPHEMERAL: u16 = 49_152;

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    fn at(port: u16) -> SocketAddr {
        SocketAddr::from(([10, 0, 0, 1], port))
    }

    #[tokio::test]
    async fn what_is_written_on_one_side_is_read_on_the_other() {
        let network = MemoryNetwork::new();
        let mut listener = network.bind(at(8080)).await.expect("free");
        let (ours, accepted) = tokio::join!(network.dial(at(8080)), listener.accept());
        let (mut ours, (mut theirs, _)) = (ours.expect("dialled"), accepted.expect("accepted"));
        ours.write_all(b"hello").await.expect("written");
        drop(ours);
        let mut read = Vec::new();
        theirs.read_to_end(&mut read).await.expect("read");
        assert_eq!(read, b"hello");
    }

    #[tokio::test]
    async fn an_address_is_taken_while_its_listener_lives() {
        let network = MemoryNetwork::new();
        let refused = network
            .dial(at(8080))
            .await
            .map(drop)
            .map_err(|error| error.kind());
        assert_eq!(refused, Err(io::ErrorKind::ConnectionRefused));
        let listener = network.bind(at(8080)).await.expect("free");
        let taken = network
            .bind(at(8080))
            .await
            .map(drop)
            .map_err(|error| error.kind());
        assert_eq!(taken, Err(io::ErrorKind::AddrInUse));
        drop(listener);
        let refused = network
            .dial(at(8080))
            .await
            .map(drop)
            .map_err(|error| error.kind());
        assert_eq!(refused, Err(io::ErrorKind::ConnectionRefused));
        network.bind(at(8080)).await.expect("free again");
    }

    #[tokio::test]
    async fn port_zero_means_one_that_nobody_has() {
        let network = MemoryNetwork::new();
        let first = network.bind(at(0)).await.expect("free").local_addr();
        let second = network.bind(at(0)).await.expect("free").local_addr();
        assert!(first.port() != 0 && second.port() != 0 && first != second);
    }
}
