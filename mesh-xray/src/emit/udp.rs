//! [`UdpEmitter`]: documents as datagrams to the daemon.

use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::sync::Arc;

use super::{Counters, DaemonAddress, Dropped, Emit, HEADER_LINE};

/// Sends each document to the daemon as one datagram.
///
/// One sending costs one system call. If no daemon listens it costs two, and [`Emitted::refused`](super::Emitted::refused)
/// tells; nothing waits, and sending goes on, so a daemon that comes up later gets what follows.
///
/// # Examples
/// ```
/// use std::net::UdpSocket;
/// use mesh_xray::emit::{Emit, UdpEmitter};
///
/// let daemon = UdpSocket::bind("127.0.0.1:0")?;
/// let mut emitter = UdpEmitter::connect(&daemon.local_addr()?.into())?;
/// assert!(emitter.send(b"{}"));
///
/// let mut datagram = [0; 64];
/// let length = daemon.recv(&mut datagram)?;
/// assert_eq!(&datagram[..length], b"{\"format\":\"json\",\"version\":1}\n{}");
/// assert_eq!(emitter.counters().snapshot().sent, 1);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct UdpEmitter {
    address: DaemonAddress,
    socket: UdpSocket,
    /// The header line and, after it, the document being sent.
    datagram: Vec<u8>,
    counters: Arc<Counters>,
}

impl UdpEmitter {
    /// Opens a socket to where `address` takes documents. That nobody listens there is no error.
    ///
    /// Blocks while a name is resolved.
    ///
    /// # Errors
    /// The system's, if a name has no address or no socket can be had.
    pub fn connect(address: &DaemonAddress) -> io::Result<Self> {
        Ok(Self {
            socket: open(address)?,
            address: address.clone(),
            datagram: HEADER_LINE.to_vec(),
            counters: Arc::default(),
        })
    }

    /// Resolves the name and connects again, which follows a daemon to another address; the counters go on.
    ///
    /// Blocks while a name is resolved: best done from time to time by the thread that sends.
    ///
    /// # Errors
    /// Those of [`connect`](Self::connect); then the old socket stays.
    pub fn reconnect(&mut self) -> io::Result<()> {
        self.socket = open(&self.address)?;
        Ok(())
    }

    /// What became of the documents.
    #[must_use]
    pub fn counters(&self) -> &Arc<Counters> {
        &self.counters
    }

    /// A refusal is about an earlier datagram, and keeps this one from being sent.
    fn send_past_refusal(&self) -> io::Result<usize> {
        match self.socket.send(&self.datagram) {
            Err(error) if error.kind() == ErrorKind::ConnectionRefused => {
                self.counters.refused();
                self.socket.send(&self.datagram)
            }
            result => result,
        }
    }
}

impl Emit for UdpEmitter {
    fn send(&mut self, document: &[u8]) -> bool {
        if document.len() > MAX_DATAGRAM - HEADER_LINE.len() {
            self.counters.dropped(Dropped::TooLarge);
            return false;
        }
        self.datagram.truncate(HEADER_LINE.len());
        self.datagram.extend_from_slice(document);
        match self.send_past_refusal() {
            Ok(bytes) => {
                self.counters.sent(bytes);
                true
            }
            Err(error) => {
                self.counters.dropped(reason(&error));
                false
            }
        }
    }
}

fn reason(error: &io::Error) -> Dropped {
    match error.kind() {
        ErrorKind::WouldBlock => Dropped::Blocked,
        _ => Dropped::Failed,
    }
}

/// A socket connected to the first address that will do.
fn open(address: &DaemonAddress) -> io::Result<UdpSocket> {
    let mut last = io::Error::new(ErrorKind::NotFound, "the name has no address");
    for peer in address.udp().resolve()? {
        match connected(peer) {
            Ok(socket) => return Ok(socket),
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// Connected, because only then does the system tell of a refusal.
fn connected(peer: SocketAddr) -> io::Result<UdpSocket> {
    let any = match peer {
        SocketAddr::V4(_) => SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)),
        SocketAddr::V6(_) => SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0)),
    };
    let socket = UdpSocket::bind(any)?;
    socket.connect(peer)?;
    socket.set_nonblocking(true)?;
    Ok(socket)
}

/// The most that fits into one UDP datagram over IPv4.
const MAX_DATAGRAM: usize = 65_507;
