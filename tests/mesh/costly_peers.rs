//! What bad peers cost: no more connections, bytes and time than a call has to spend, and nothing that stays.

use std::{
    future::Future,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use futures::future::join_all;
use mesh_core::{compile::Target, metric::Flag, retry::Policy, unit::Protocol};
use mesh_tower::{Error, ErrorKind, Mesh};
use tokio::{
    io::{self, AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
    time,
};

use crate::bad_callers::{END_HEADERS, HEADERS, RST_STREAM, SETTINGS, frame};

/// Whatever it says, on every connection that is made to it; ends when dropped.
struct BadPeer {
    addr: SocketAddr,
    connections: Arc<AtomicUsize>,
    accepting: JoinHandle<()>,
}

impl BadPeer {
    async fn start<F>(speak: impl Fn(TcpStream) -> F + Send + 'static) -> Self
    where
        F: Future<Output = io::Result<()>> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback");
        let addr = listener.local_addr().expect("it is bound");
        let connections = Arc::new(AtomicUsize::new(0));
        let counted = connections.clone();
        let accepting = tokio::spawn(async move {
            loop {
                let (io, _) = listener.accept().await.expect("loopback accepts");
                counted.fetch_add(1, SeqCst);
                tokio::spawn(speak(io));
            }
        });
        Self {
            addr,
            connections,
            accepting,
        }
    }

    /// Says the one when it was asked, and then the other over and over.
    async fn saying(once: Vec<u8>, then: Vec<u8>) -> Self {
        let peer = Self::start(move |mut io| {
            let (once, then) = (once.clone(), then.clone());
            async move {
                asked(&mut io).await?;
                let (mut read, mut write) = io.split();
                let speak = async {
                    write.write_all(&once).await?;
                    while !then.is_empty() {
                        write.write_all(&then).await?;
                    }
                    Ok(())
                };
                let mut sink = io::sink();
                let listen = io::copy(&mut read, &mut sink);
                tokio::try_join!(speak, listen).map(drop)
            }
        });
        peer.await
    }

    /// A mesh that calls it, with this much patience.
    async fn caller(&self, protocol: Protocol, limit: Duration) -> Mesh {
        let target = Target::dns("orders").protocol(protocol).timeout(limit);
        let target = target.retry(Policy::none());
        let mesh = Mesh::builder().service("orders:80", target);
        let mesh = mesh.endpoint("orders", self.addr).seed(7).start().await;
        mesh.expect("the mesh starts")
    }
}

impl Drop for BadPeer {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// The first that a caller says.
async fn asked(io: &mut TcpStream) -> io::Result<()> {
    let mut said = [0; 1024];
    match io.read(&mut said).await? {
        0 => Err(io::ErrorKind::UnexpectedEof.into()),
        _ => Ok(()),
    }
}

/// How a call fails, read to its end.
async fn failure(mesh: &Mesh) -> Error {
    let call = async {
        let client = mesh.client_for("orders:80").expect("a service");
        client.get("/").send().await?.text().await
    };
    let failed = time::timeout(PATIENCE, call).await;
    failed
        .expect("a call has an end")
        .expect_err("it is no answer")
}

/// Nothing is left of the calls.
async fn is_at_rest(mesh: &Mesh) {
    let settled = async {
        while mesh.in_flight().0 > 0 || mesh.endpoints("orders")[0].in_flight > 0 {
            time::sleep(Duration::from_millis(5)).await;
        }
    };
    let settled = time::timeout(PATIENCE, settled).await;
    settled.expect("nothing is in flight");
}

#[tokio::test]
async fn hints_without_an_answer_do_not_outlast_the_limit() {
    let hint = b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n".to_vec();
    let peer = BadPeer::saying(Vec::new(), hint).await;
    let mesh = peer.caller(Protocol::Http, SHORT).await;
    let error = failure(&mesh).await;
    let ended = [Flag::UpstreamTimeout, Flag::UpstreamProtocolError];
    assert!(
        error.flag().is_some_and(|flag| ended.contains(&flag)),
        "{error:?}"
    );
    is_at_rest(&mesh).await;
}

#[tokio::test]
async fn a_head_that_comes_byte_by_byte_does_not_outlast_the_limit() {
    let peer = BadPeer::start(|mut io| async move {
        asked(&mut io).await?;
        io.set_nodelay(true)?;
        for byte in b"HTTP/1.1 200 OK\r\nx-slow: "
            .iter()
            .chain([b'a'].iter().cycle())
        {
            io.write_all(&[*byte]).await?;
            time::sleep(Duration::from_millis(10)).await;
        }
        Ok(())
    });
    let peer = peer.await;
    let mesh = peer.caller(Protocol::Http, SHORT).await;
    let error = failure(&mesh).await;
    assert_eq!(error.flag(), Some(Flag::UpstreamTimeout), "{error:?}");
    is_at_rest(&mesh).await;
}

#[tokio::test]
async fn a_peer_that_takes_connections_and_says_nothing_costs_the_limit_and_no_connection() {
    for protocol in [Protocol::Http, Protocol::Http2] {
        let peer =
            BadPeer::start(
                |mut io| async move { io::copy(&mut io, &mut io::sink()).await.map(drop) },
            );
        let peer = peer.await;
        let mesh = peer.caller(protocol, SHORT).await;
        for error in join_all([(); 8].map(|()| failure(&mesh))).await {
            let late = [ErrorKind::Timeout, ErrorKind::Unavailable];
            assert!(late.contains(&error.kind()), "{protocol}: {error:?}");
        }
        is_at_rest(&mesh).await;
        let connections = peer.connections.load(SeqCst);
        assert!(connections <= 10, "{protocol}: {connections}");
    }
}

#[tokio::test]
async fn a_peer_that_resets_whoever_connects_is_not_connected_to_by_every_request() {
    for (protocol, most) in [(Protocol::Http, 40), (Protocol::Http2, 8)] {
        let peer = BadPeer::start(|io| async move {
            // Closed with something unread or not, it is a reset.
            io.set_zero_linger()?;
            drop(io);
            Ok(())
        });
        let peer = peer.await;
        let mesh = peer.caller(protocol, LONG).await;
        for error in join_all([(); 32].map(|()| failure(&mesh))).await {
            let theirs = [ErrorKind::Upstream, ErrorKind::Unavailable];
            assert!(theirs.contains(&error.kind()), "{protocol}: {error:?}");
        }
        is_at_rest(&mesh).await;
        let connections = peer.connections.load(SeqCst);
        assert!(connections <= most, "{protocol}: {connections}");
    }
}

#[tokio::test]
async fn goodbyes_on_every_connection_are_an_error_and_no_endless_reconnecting() {
    // No stream was seen, and none will be.
    let goodbye = frame(GOAWAY, 0, 0, &[0, 0, 0, 0, 0, 0, 0, 0]);
    let opening = [frame(SETTINGS, 0, 0, &[]), goodbye.repeat(100)].concat();
    let peer = BadPeer::saying(opening, Vec::new()).await;
    let mesh = peer.caller(Protocol::Http2, SHORT).await;
    for error in join_all([(); 16].map(|()| failure(&mesh))).await {
        let gone = [
            Flag::UpstreamTimeout,
            Flag::UpstreamConnectionFailure,
            Flag::UpstreamConnectionTermination,
            Flag::UpstreamReset,
        ];
        assert!(
            error.flag().is_some_and(|flag| gone.contains(&flag)),
            "{error:?}"
        );
    }
    is_at_rest(&mesh).await;
    let after = peer.connections.load(SeqCst);
    assert!(after <= 100, "{after} for 16 calls");
    time::sleep(SHORT).await;
    let later = peer.connections.load(SeqCst);
    // One tries, and waits longer each time.
    assert!(later <= after + 6, "{} without any call", later - after);
}

#[tokio::test]
async fn a_stream_that_is_reset_fails_its_call_and_so_does_one_in_a_flood_of_frames_for_nothing() {
    let reset = |stream| frame(RST_STREAM, 0, stream, &[0, 0, 0, 2]);
    let opening = [frame(SETTINGS, 0, 0, &[]), reset(1)].concat();
    let ping = frame(6, 0, 0, &[0; 8]).repeat(64);
    let settings = frame(SETTINGS, 0, 0, &[]).repeat(64);
    let empty = frame(HEADERS, END_HEADERS, 2, &[0x88]);
    for flood in [reset(1).repeat(64), reset(2), ping, settings, empty] {
        let told = format!("{:?}", &flood[..9]);
        let peer = BadPeer::saying(opening.clone(), flood).await;
        let mesh = peer.caller(Protocol::Http2, SHORT).await;
        let error = failure(&mesh).await;
        // A reset may come before its stream does, which ends the connection; what only floods, the limit ends.
        let ended = [
            Flag::UpstreamReset,
            Flag::UpstreamConnectionFailure,
            Flag::UpstreamConnectionTermination,
            Flag::UpstreamProtocolError,
            Flag::UpstreamTimeout,
        ];
        let flag = error.flag();
        assert!(
            flag.is_some_and(|flag| ended.contains(&flag)),
            "{told}: {error:?}"
        );
        is_at_rest(&mesh).await;
    }
}

const GOAWAY: u8 = 7;

/// Longer than a test may take, so that nothing ends by it.
const LONG: Duration = Duration::from_secs(120);

/// What a call may take where a limit has to end it.
const SHORT: Duration = Duration::from_millis(500);

/// Many times what a limit gives, and far less than what would be for ever.
const PATIENCE: Duration = Duration::from_secs(10);
