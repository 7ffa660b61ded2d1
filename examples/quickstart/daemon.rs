//! In place of the X-Ray daemon: takes the documents that meshes send by UDP, and keeps them.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use serde_json::{Value, json};
use tokio::{
    net::UdpSocket,
    task::JoinHandle,
    time::{Instant, sleep},
};

/// A socket that hears documents until it is dropped.
pub(crate) struct Daemon {
    addr: SocketAddr,
    heard: Arc<Mutex<Vec<Value>>>,
    hearing: JoinHandle<()>,
}

impl Daemon {
    pub(crate) async fn start() -> io::Result<Self> {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let (addr, heard) = (socket.local_addr()?, Arc::default());
        // In a task of its own, for the system drops what waits too long.
        let hearing = tokio::spawn(hear(socket, Arc::clone(&heard)));
        Ok(Self {
            addr,
            heard,
            hearing,
        })
    }

    /// Where to send documents.
    pub(crate) fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The documents, as soon as there are this many; after a second, those that have come until then.
    pub(crate) async fn documents(&self, expected: usize) -> Vec<Value> {
        let patience = Instant::now() + PATIENCE;
        while lock(&self.heard).len() < expected && Instant::now() < patience {
            sleep(PAUSE).await;
        }
        lock(&self.heard).clone()
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        self.hearing.abort();
    }
}

async fn hear(socket: UdpSocket, heard: Arc<Mutex<Vec<Value>>>) {
    let mut datagram = vec![0; LONGEST];
    while let Ok(length) = socket.recv(&mut datagram).await {
        let document = datagram.get(..length).and_then(document);
        let mut heard = lock(&heard);
        if heard.len() < MOST {
            heard.extend(document);
        }
    }
}

/// What stands below the header line; `None` for whatever else came.
fn document(datagram: &[u8]) -> Option<Value> {
    let (header, document) = str::from_utf8(datagram).ok()?.split_once('\n')?;
    let header: Value = serde_json::from_str(header).ok()?;
    match header == json!({"format": "json", "version": 1}) {
        true => serde_json::from_str(document).ok(),
        false => None,
    }
}

fn lock(heard: &Mutex<Vec<Value>>) -> MutexGuard<'_, Vec<Value>> {
    heard.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The longest datagram that UDP carries.
const LONGEST: usize = 65_507;
/// More than one run sends; and with `--serve`, nobody shall fill the memory.
const MOST: usize = 10_000;
const PATIENCE: Duration = Duration::from_secs(1);
const PAUSE: Duration = Duration::from_millis(10);
