//! What the tests have in common: plain HTTP peers that count what reaches them, and meshes that call them.

use std::{
    convert::Infallible,
    error::Error as StdError,
    future::{Future, pending},
    io::{self, Write},
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::Router;
use bytes::Bytes;
use futures::{FutureExt, StreamExt, stream};
use http::{Request, Response, StatusCode};
use http_body::Frame;
use http_body_util::{BodyExt, Full, StreamBody, combinators::UnsyncBoxBody};
use hyper::body::Incoming;
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
};
use mesh_core::{
    config::{Mesh as Model, VirtualNode, VirtualService},
    unit::Protocol,
};
use mesh_tower::{Error, Mesh, test_util::MemoryNetwork};
use tokio::{net::TcpListener, task::JoinHandle, time};

pub(crate) type BoxError = Box<dyn StdError + Send + Sync>;
pub(crate) type PeerBody = UnsyncBoxBody<Bytes, BoxError>;

/// A plain HTTP server on loopback, of either version; ends when dropped.
pub(crate) struct Peer {
    pub(crate) addr: SocketAddr,
    connections: Arc<AtomicUsize>,
    accepting: JoinHandle<()>,
}

impl Peer {
    pub(crate) async fn start<H, F>(handler: H) -> Self
    where
        H: Fn(Request<Incoming>) -> F + Clone + Send + Sync + 'static,
        F: Future<Output = Response<PeerBody>> + Send + 'static,
    {
        Self::with_max_streams(200, handler).await
    }

    /// A server that lets each HTTP/2 connection carry no more than so many streams.
    pub(crate) async fn with_max_streams<H, F>(max: u32, handler: H) -> Self
    where
        H: Fn(Request<Incoming>) -> F + Clone + Send + Sync + 'static,
        F: Future<Output = Response<PeerBody>> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0")
            .await
            .expect("loopback can be bound");
        Self::on(listener, max, handler)
    }

    /// A server on a socket that is bound already.
    pub(crate) fn on<H, F>(listener: TcpListener, max: u32, handler: H) -> Self
    where
        H: Fn(Request<Incoming>) -> F + Clone + Send + Sync + 'static,
        F: Future<Output = Response<PeerBody>> + Send + 'static,
    {
        let addr = listener
            .local_addr()
            .expect("a bound socket has an address");
        let connections = Arc::new(AtomicUsize::new(0));
        let counted = connections.clone();
        let accepting = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.expect("loopback accepts");
                stream.set_nodelay(true).expect("a socket takes options");
                counted.fetch_add(1, Ordering::SeqCst);
                let handler = handler.clone();
                tokio::spawn(async move {
                    let service = hyper::service::service_fn(move |request| {
                        let answer = handler(request);
                        async { Ok::<_, Infallible>(answer.await) }
                    });
                    let mut server = auto::Builder::new(TokioExecutor::new());
                    server.http2().max_concurrent_streams(max);
                    // A peer that is hung up on has nothing to say about it.
                    let _ = server
                        .serve_connection_with_upgrades(TokioIo::new(stream), service)
                        .await;
                });
            }
        });
        Self {
            addr,
            connections,
            accepting,
        }
    }

    /// How many connections were made to it.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// A mesh whose node `web` calls these virtual services, all of them provided by the node `orders` at this address.
pub(crate) async fn calling(services: &[&str], protocol: Protocol, addr: SocketAddr) -> Mesh {
    let web = services
        .iter()
        .fold(VirtualNode::builder("web"), |web, &service| {
            web.backend(service)
        });
    let orders = VirtualNode::builder("orders")
        .listener(8080, protocol)
        .dns("orders.local");
    let model = Model::builder("shop")
        .virtual_node(web)
        .virtual_node(orders);
    let model = services.iter().fold(model, |model, &service| {
        model.virtual_service(VirtualService::builder(service).virtual_node("orders"))
    });
    let model = model.build().expect("the model is valid");
    Mesh::builder()
        .config(model)
        .virtual_node("web")
        .endpoint("orders", addr)
        .seed(7)
        .start()
        .await
        .expect("the mesh starts")
}

pub(crate) fn text(text: impl Into<Bytes>) -> Response<PeerBody> {
    Response::new(
        Full::new(text.into())
            .map_err(|never: Infallible| match never {})
            .boxed_unsync(),
    )
}

pub(crate) fn status(status: StatusCode) -> Response<PeerBody> {
    let mut response = text("");
    *response.status_mut() = status;
    response
}

/// Four bytes, and then whatever comes.
pub(crate) fn half_and(
    rest: impl Future<Output = Result<Bytes, BoxError>> + Send + 'static,
) -> Response<PeerBody> {
    let half = async { Ok(Bytes::from_static(b"half")) };
    // What failed must not overtake what came before it.
    let rest = time::sleep(Duration::from_millis(1)).then(|()| rest);
    let frames = stream::once(half).chain(stream::once(rest));
    Response::new(StreamBody::new(frames.map(|data| data.map(Frame::data))).boxed_unsync())
}

/// A node's application, served on the in-memory network until the test ends.
pub(crate) async fn served(
    network: &MemoryNetwork,
    model: &Model,
    node: &str,
    addr: &str,
    app: Router,
) -> Mesh {
    let builder = Mesh::builder()
        .config(model.clone())
        .virtual_node(node)
        .network(network);
    let mesh = builder
        .bind(8080, addr)
        .start()
        .await
        .expect("the mesh starts");
    let server = mesh.clone();
    tokio::spawn(async move { server.serve_until(app, pending()).await });
    mesh.ready().await;
    mesh
}

/// `web` and `orders`, each with a listener, and `web` calls `orders.local`.
pub(crate) fn two_nodes() -> Model {
    let listening = |name: &str| {
        VirtualNode::builder(name)
            .listener(8080, Protocol::Http)
            .dns(name)
    };
    Model::builder("shop")
        .virtual_node(listening("web").backend("orders.local"))
        .virtual_node(listening("orders"))
        .virtual_service(VirtualService::builder("orders.local").virtual_node("orders"))
        .build()
        .expect("the model is valid")
}

/// A task that ends with the test.
pub(crate) struct Abort(pub(crate) JoinHandle<Result<(), Error>>);

impl Drop for Abort {
    fn drop(&mut self) {
        self.0.abort();
    }
}

pub(crate) fn serving(mesh: &Mesh, app: Router) -> Abort {
    let server = mesh.clone();
    Abort(tokio::spawn(async move {
        server.serve_until(app, pending()).await
    }))
}

/// An access log that the test reads.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// The lines that were written since they were asked for the last time, and those that still waited to be.
    pub(crate) async fn lines(&self, mesh: &Mesh) -> Vec<String> {
        mesh.flush().await;
        let written = std::mem::take(&mut *self.0.lock().expect("no panic held it"));
        let written = String::from_utf8(written).expect("the test's requests are text");
        assert!(
            written.is_empty() || written.ends_with('\n'),
            "a line is written whole: {written:?}"
        );
        written.lines().map(ToOwned::to_owned).collect()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("no panic held it").write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
