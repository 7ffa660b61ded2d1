//! What an upstream does with the attempts that reach it, one after the other.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU16, AtomicUsize, Ordering},
    },
    time::Duration,
};

use mesh_core::unit::Protocol;
use tokio::{
    net::{TcpListener, TcpSocket, TcpStream},
    task::JoinHandle,
};

use super::{http1, http2};

/// What becomes of one attempt.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Step {
    /// An answer with this status, which says which attempt it is for.
    Status(u16),
    /// The same with a header.
    Marked(u16, &'static str, &'static str),
    /// An answer of 200 whose head says how the gRPC call ended.
    Grpc(u8),
    /// A message, and then trailers that say so.
    GrpcTrailers(u8),
    /// A head and trailers that say so, and nothing between them; the trailers later, or at once.
    GrpcBare(u8),
    GrpcAtOnce(u8),
    /// 103, and then 200.
    Interim,
    /// 200, but only after a while.
    Slow(Duration),
    /// Nothing.
    Hang,
    /// The connection ends: without a word, in the middle of the head, or after bytes that are no HTTP.
    Close,
    Abort,
    HalfHead,
    Garbage,
    /// A head, half of the body, and then this.
    Half(u16, Ending),
    /// HTTP/2 alone: the stream ends with this code.
    Rst(u32),
    /// HTTP/2 alone: the connection goes away with this code, and this stream was not looked at.
    GoAway(u32),
    /// HTTP/2 alone: the connection goes away once this stream is answered.
    LastAnswer(u16),
    /// Nobody listens, from now on. It is the last step.
    Refused,
    /// Nobody answers a connect. It is the only step.
    Unreachable,
}

/// How a response ends that has begun.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Ending {
    Close,
    Abort,
    Hang,
    /// HTTP/2 alone.
    Rst(u32),
}

impl Step {
    /// Whether it takes a limit of time to get past it.
    pub(super) fn is_endless(self) -> bool {
        matches!(self, Self::Hang | Self::Half(_, Ending::Hang))
    }
}

/// A step, as the connection plays it.
pub(super) struct Turn {
    pub(super) step: Step,
    /// What its answer says.
    pub(super) text: String,
    /// Whether the connection ends after it.
    pub(super) last: bool,
}

/// An upstream that plays a script; the last step is played again and again.
pub(super) struct Upstream {
    pub(super) addr: SocketAddr,
    script: Arc<Script>,
    /// Connections that nobody will accept.
    _full: Vec<JoinHandle<()>>,
}

pub(super) struct Script {
    steps: Vec<Step>,
    played: AtomicUsize,
    accepting: Mutex<Option<JoinHandle<()>>>,
}

impl Upstream {
    pub(super) async fn start(protocol: Protocol, steps: &[Step]) -> Self {
        let script = Arc::new(Script {
            steps: steps.to_vec(),
            played: AtomicUsize::new(0),
            accepting: Mutex::default(),
        });
        let (addr, full) = match steps[0] {
            Step::Refused => (own_address().await, Vec::new()),
            Step::Unreachable => unreachable_peer(&script).await,
            _ => (accept(protocol, &script).await, Vec::new()),
        };
        Self {
            addr,
            script,
            _full: full,
        }
    }

    /// How many attempts have reached it.
    pub(super) fn played(&self) -> usize {
        self.script.played.load(Ordering::SeqCst)
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        if let Some(accepting) = self.script.accepting() {
            accepting.abort();
        }
    }
}

impl Script {
    /// The step of the attempt that has come.
    pub(super) async fn turn(&self) -> Turn {
        let number = self.played.fetch_add(1, Ordering::SeqCst);
        let step = |number: usize| self.steps[number.min(self.steps.len() - 1)];
        let last = step(number + 1) == Step::Refused;
        if last && let Some(accepting) = self.accepting() {
            accepting.abort();
            // It ends as it was told to, by which the socket is closed.
            let _ = accepting.await;
        }
        Turn {
            step: step(number),
            text: format!("attempt {}", number + 1),
            last,
        }
    }

    fn accepting(&self) -> Option<JoinHandle<()>> {
        self.accepting.lock().expect("no panic held it").take()
    }
}

/// An address where nobody listens, now or later: each has an IP of its own, of those that Linux has for loopback, for a port
/// that is free again is soon another's.
async fn own_address() -> SocketAddr {
    static LAST: AtomicU16 = AtomicU16::new(0);
    let [high, low] = LAST.fetch_add(1, Ordering::Relaxed).to_be_bytes();
    let any = SocketAddr::from(([127, 77, high, low], 0));
    let bound = TcpListener::bind(any).await.expect("loopback can be bound");
    bound.local_addr().expect("it is bound")
}

async fn accept(protocol: Protocol, script: &Arc<Script>) -> SocketAddr {
    let listener = TcpListener::bind(own_address().await).await.expect("bound");
    let addr = listener.local_addr().expect("it is bound");
    let playing = script.clone();
    let accepting = tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.expect("loopback accepts");
            stream.set_nodelay(true).expect("a socket takes options");
            let script = playing.clone();
            tokio::spawn(async move {
                // A peer that hangs up has nothing to say about it.
                let _ = match protocol {
                    Protocol::Http => http1::play(stream, &script).await,
                    _ => http2::play(stream, &script).await,
                };
            });
        }
    });
    *script.accepting.lock().expect("no panic held it") = Some(accepting);
    addr
}

/// A socket whose queue is full, so that it answers no further connect.
async fn unreachable_peer(script: &Script) -> (SocketAddr, Vec<JoinHandle<()>>) {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket
        .bind(own_address().await)
        .expect("loopback can be bound");
    let listener = socket.listen(1).expect("it listens");
    let addr = listener.local_addr().expect("it is bound");
    let fill = move || {
        tokio::spawn(async move {
            let _connection = TcpStream::connect(addr).await;
            std::future::pending::<()>().await;
        })
    };
    let holding = tokio::spawn(async move {
        let _listener = listener;
        std::future::pending::<()>().await;
    });
    *script.accepting.lock().expect("no panic held it") = Some(holding);
    (addr, (0..3).map(|_| fill()).collect())
}
