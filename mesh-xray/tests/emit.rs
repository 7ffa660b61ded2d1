//! Documents through real sockets on loopback.

#![expect(clippy::disallowed_types, reason = "these tests are the daemon")]

use std::io;
use std::net::UdpSocket;
use std::time::Duration;

use mesh_xray::emit::{Counters, DaemonAddress, Dropped, Emit, MemoryEmitter, UdpEmitter};

const HEADER: &[u8] = b"{\"format\":\"json\",\"version\":1}\n";
/// The most that a datagram holds beside the header line.
const MOST: usize = 65_507 - HEADER.len();

#[test]
fn each_document_arrives_as_one_datagram_after_the_header_line() -> io::Result<()> {
    for (any, name) in [
        ("127.0.0.1:0", "127.0.0.1"),
        ("127.0.0.1:0", "localhost"),
        ("[::1]:0", "[::1]"),
    ] {
        let Some(daemon) = listen(any)? else { continue };
        let mut emitter = UdpEmitter::connect(&address(name, &daemon)?)?;
        let large = vec![b'x'; MOST];
        let documents: [&[u8]; 4] = [b"{\"id\":\"1\"}", b"{}", b"", &large];
        for document in documents {
            assert!(emitter.send(document), "{name}");
            assert_eq!(receive(&daemon)?, [HEADER, document].concat(), "{name}");
        }
        let bytes: u64 = documents
            .iter()
            .map(|document| (HEADER.len() + document.len()) as u64)
            .sum();
        let seen = emitter.counters().snapshot();
        assert_eq!((seen.sent, seen.bytes), (4, bytes), "{name}");
        assert_eq!((seen.dropped(), seen.refused), (0, 0), "{name}");
    }
    Ok(())
}

#[test]
fn what_no_datagram_holds_is_counted_and_the_next_one_goes_out() -> io::Result<()> {
    let daemon = bound("127.0.0.1:0")?;
    let mut emitter = UdpEmitter::connect(&daemon.local_addr()?.into())?;
    assert!(!emitter.send(&vec![b'x'; MOST + 1]));
    assert!(emitter.send(b"{}"));
    assert_eq!(receive(&daemon)?, [HEADER, b"{}"].concat());
    let seen = emitter.counters().snapshot();
    assert_eq!((seen.sent, seen.too_large, seen.dropped()), (1, 1, 1));
    Ok(())
}

#[test]
fn without_a_daemon_the_counters_tell_and_sending_goes_on() -> io::Result<()> {
    let closed = bound("127.0.0.1:0")?;
    let address: DaemonAddress = closed.local_addr()?.into();
    drop(closed);
    let mut emitter = UdpEmitter::connect(&address)?;
    for _ in 0..1000 {
        emitter.send(b"{}");
    }
    let seen = emitter.counters().snapshot();
    assert_eq!(seen.sent + seen.dropped(), 1000);
    assert!(seen.refused > 900, "{seen:?}");
    assert!(seen.refused <= seen.sent, "{seen:?}");
    Ok(())
}

#[test]
fn a_daemon_that_comes_up_later_gets_the_next_document() -> io::Result<()> {
    let closed = bound("127.0.0.1:0")?;
    let address = closed.local_addr()?;
    drop(closed);
    let mut emitter = UdpEmitter::connect(&address.into())?;
    for _ in 0..3 {
        emitter.send(b"lost");
    }
    let daemon = bound(&address.to_string())?;
    assert!(emitter.send(b"{}"));
    assert_eq!(receive(&daemon)?, [HEADER, b"{}"].concat());
    Ok(())
}

#[test]
fn counters_survive_a_new_connection() -> io::Result<()> {
    let daemon = bound("127.0.0.1:0")?;
    let mut emitter = UdpEmitter::connect(&daemon.local_addr()?.into())?;
    emitter.send(b"{}");
    emitter.reconnect()?;
    emitter.send(b"{}");
    assert_eq!(emitter.counters().snapshot().sent, 2);
    assert_eq!(
        (receive(&daemon)?, receive(&daemon)?),
        ([HEADER, b"{}"].concat(), [HEADER, b"{}"].concat())
    );
    Ok(())
}

#[test]
fn every_reason_has_a_counter_of_its_own() {
    let counters = Counters::default();
    let reasons = [
        Dropped::QueueFull,
        Dropped::TooLarge,
        Dropped::Blocked,
        Dropped::Failed,
    ];
    for (times, reason) in (1..).zip(reasons) {
        (0..times).for_each(|_| counters.dropped(reason));
    }
    let seen = counters.snapshot();
    assert_eq!(
        (seen.queue_full, seen.too_large, seen.blocked, seen.failed),
        (1, 2, 3, 4)
    );
    assert_eq!((seen.dropped(), seen.sent), (10, 0));
}

#[test]
fn clones_of_a_memory_emitter_share_what_they_keep() {
    let kept = MemoryEmitter::default();
    let mut boxed: Box<dyn Emit + Send> = Box::new(kept.clone());
    assert!(boxed.send(b"1") && boxed.send(b"2"));
    assert_eq!(kept.take(), [b"1", b"2"]);
    assert!(kept.take().is_empty());
}

fn address(name: &str, daemon: &UdpSocket) -> io::Result<DaemonAddress> {
    let port = daemon.local_addr()?.port();
    Ok(format!("{name}:{port}").parse().unwrap())
}

/// `None` where the machine has no such address.
fn listen(any: &str) -> io::Result<Option<UdpSocket>> {
    match bound(any) {
        Err(error) if error.kind() == io::ErrorKind::AddrNotAvailable => Ok(None),
        other => other.map(Some),
    }
}

fn bound(address: &str) -> io::Result<UdpSocket> {
    let socket = UdpSocket::bind(address)?;
    socket.set_read_timeout(Some(Duration::from_secs(5)))?;
    Ok(socket)
}

fn receive(daemon: &UdpSocket) -> io::Result<Vec<u8>> {
    let mut datagram = vec![0; 65_536];
    let length = daemon.recv(&mut datagram)?;
    datagram.truncate(length);
    Ok(datagram)
}
