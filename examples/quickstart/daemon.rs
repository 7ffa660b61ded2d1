//! In place of the X-Ray daemon: takes the documents that meshes send by UDP, and keeps them.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr, UdpSocket},
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    thread,
    time::Duration,
};

use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

/// A socket that hears datagrams until it is dropped.
pub(crate) struct Daemon {
    addr: SocketAddr,
    heard: Arc<Mutex<Heard>>,
}

/// The datagrams as they came.
type Heard = Vec<Vec<u8>>;

impl Daemon {
    pub(crate) fn start() -> io::Result<Self> {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
        socket.set_read_timeout(Some(PATIENCE))?;
        let (addr, heard) = (socket.local_addr()?, Arc::default());
        let hearing = Arc::downgrade(&heard);
        // In a thread of its own, as a daemon is a process of its own: what waits longer than the socket's buffer holds is lost.
        thread::Builder::new()
            .name("daemon".to_owned())
            .spawn(move || hear(&socket, &hearing))?;
        Ok(Self { addr, heard })
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
        let heard = lock(&self.heard);
        heard.iter().filter_map(|sent| document(sent)).collect()
    }
}

fn hear(socket: &UdpSocket, heard: &Weak<Mutex<Heard>>) {
    let mut datagram = vec![0; LONGEST];
    loop {
        let length = socket.recv(&mut datagram);
        let Some(heard) = heard.upgrade() else { return };
        // Nothing came for a while, it may be.
        let Ok(length) = length else { continue };
        let sent = datagram.get(..length).map(<[u8]>::to_vec);
        let mut heard = lock(&heard);
        if heard.len() < MOST {
            heard.extend(sent);
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

fn lock(heard: &Mutex<Heard>) -> MutexGuard<'_, Heard> {
    heard.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The longest datagram that UDP carries.
const LONGEST: usize = 65_507;
/// More than one run sends; and with `--serve`, nobody shall fill the memory.
const MOST: usize = 10_000;
const PATIENCE: Duration = Duration::from_secs(1);
const PAUSE: Duration = Duration::from_millis(10);
