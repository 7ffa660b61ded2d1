//! How connections come to be: the seams behind which real sockets and the in-memory network stand.

use std::{fmt, io, net::SocketAddr, time::Duration};

use futures::future::BoxFuture;
use socket2::{SockRef, TcpKeepalive};
use tokio::net::{TcpListener, TcpStream};

use super::Connection;

/// Makes connections and takes them.
pub(crate) trait Transport: Dial + Bind {}

impl<T: Dial + Bind> Transport for T {}

/// Makes a connection.
pub(crate) trait Dial: fmt::Debug + Send + Sync + 'static {
    fn dial(&self, to: SocketAddr) -> BoxFuture<'static, io::Result<Connection>>;
}

/// Opens a place to take connections at.
pub(crate) trait Bind: fmt::Debug + Send + Sync + 'static {
    fn bind(&self, at: SocketAddr) -> BoxFuture<'static, io::Result<Box<dyn Accept>>>;
}

/// Takes connections, one at a time.
pub(crate) trait Accept: fmt::Debug + Send {
    fn local_addr(&self) -> SocketAddr;

    /// The next connection and who made it. Cancel safe.
    fn accept(&mut self) -> BoxFuture<'_, io::Result<(Connection, SocketAddr)>>;
}

/// Sockets of the operating system.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tcp;

impl Dial for Tcp {
    fn dial(&self, to: SocketAddr) -> BoxFuture<'static, io::Result<Connection>> {
        Box::pin(async move { prepared(TcpStream::connect(to).await?) })
    }
}

impl Bind for Tcp {
    fn bind(&self, at: SocketAddr) -> BoxFuture<'static, io::Result<Box<dyn Accept>>> {
        Box::pin(async move {
            let listener = TcpListener::bind(at).await?;
            let local = listener.local_addr()?;
            Ok(Box::new(TcpAccept { listener, local }) as Box<dyn Accept>)
        })
    }
}

#[derive(Debug)]
struct TcpAccept {
    listener: TcpListener,
    local: SocketAddr,
}

impl Accept for TcpAccept {
    fn local_addr(&self) -> SocketAddr {
        self.local
    }

    fn accept(&mut self) -> BoxFuture<'_, io::Result<(Connection, SocketAddr)>> {
        Box::pin(async {
            let (stream, peer) = self.listener.accept().await?;
            Ok((prepared(stream)?, peer))
        })
    }
}

/// Nagle's algorithm beside delayed acknowledgements costs a small request some 40 ms. And a peer that vanished is found by
/// the operating system, which wakes no process for it.
fn prepared(stream: TcpStream) -> io::Result<Connection> {
    stream.set_nodelay(true)?;
    let keep_alive = TcpKeepalive::new()
        .with_time(SILENCE)
        .with_interval(BETWEEN_PROBES)
        .with_retries(PROBES);
    SockRef::from(&stream).set_tcp_keepalive(&keep_alive)?;
    Ok(Connection::new(stream))
}

/// After how long a silence a peer is asked whether it is still there; with [`PROBES`], it takes 30 s to find that it is not.
const SILENCE: Duration = Duration::from_secs(15);
const BETWEEN_PROBES: Duration = Duration::from_secs(5);
const PROBES: u32 = 3;

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    #[tokio::test]
    async fn sockets_connect_both_sides_and_know_their_addresses() {
        let mut listener = Tcp
            .bind((Ipv4Addr::LOCALHOST, 0).into())
            .await
            .expect("bound");
        let at = listener.local_addr();
        assert_ne!(at.port(), 0);
        let (ours, accepted) = tokio::join!(Tcp.dial(at), listener.accept());
        let (mut ours, (mut theirs, peer)) = (ours.expect("dialled"), accepted.expect("accepted"));
        assert!(peer.ip().is_loopback() && peer != at);
        ours.write_all(b"hello").await.expect("written");
        drop(ours);
        let mut read = Vec::new();
        theirs.read_to_end(&mut read).await.expect("read");
        assert_eq!(read, b"hello");
    }
}
