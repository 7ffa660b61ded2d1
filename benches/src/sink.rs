//! A stand-in for the X-Ray daemon: reads the datagrams and counts them.

use std::{
    net::{SocketAddr, UdpSocket},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
};

use crate::Error;

/// A UDP socket on loopback that a thread of its own reads, for as long as the process lives.
#[derive(Debug)]
pub struct Sink {
    addr: SocketAddr,
    received: Arc<AtomicU64>,
}

impl Sink {
    /// Binds a free port and begins to read.
    ///
    /// # Errors
    /// No port can be bound.
    pub fn start() -> Result<Self, Error> {
        let socket = UdpSocket::bind("127.0.0.1:0")?;
        let addr = socket.local_addr()?;
        let received = Arc::new(AtomicU64::new(0));
        let count = received.clone();
        thread::spawn(move || {
            let mut datagram = vec![0; LONGEST];
            while socket.recv(&mut datagram).is_ok() {
                count.fetch_add(1, Ordering::Relaxed);
            }
        });
        Ok(Self { addr, received })
    }

    /// Where it listens.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// How many datagrams have come.
    #[must_use]
    pub fn received(&self) -> u64 {
        self.received.load(Ordering::Relaxed)
    }
}

const LONGEST: usize = 64 * 1024;
