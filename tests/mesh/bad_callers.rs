//! Callers that mean harm or nothing at all: they get an answer or an end, hold nothing, and hinder nobody.

use std::time::Duration;

use axum::{Router, routing::get};
use mesh_tower::Mesh;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time,
};

use crate::support::{serving, two_nodes};

/// `orders` on a real socket, and what it serves with.
async fn orders() -> (Mesh, impl Drop) {
    let orders = Mesh::builder()
        .config(two_nodes())
        .virtual_node("orders")
        .bind(8080, "127.0.0.1:0");
    let orders = orders.start().await.expect("the mesh starts");
    let served = serving(&orders, Router::new().route("/", get(async || "hello")));
    orders.ready().await;
    (orders, served)
}

async fn connect(orders: &Mesh) -> TcpStream {
    let connected = TcpStream::connect(orders.addrs()[&8080]).await;
    connected.expect("it listens")
}

/// Says this over and over until the other side has had enough, and gives what it answered and how much it took.
async fn insist(orders: &Mesh, first: &[u8], then: impl Fn(u32) -> Vec<u8>) -> (Vec<u8>, usize) {
    let (mut read, mut write) = connect(orders).await.into_split();
    let answer = tokio::spawn(async move {
        let mut answer = Vec::new();
        // A reset is an end as good as any.
        let _ = read.read_to_end(&mut answer).await;
        answer
    });
    let mut taken = 0;
    let saying = async {
        write.write_all(first).await?;
        for turn in 0.. {
            let said = then(turn);
            write.write_all(&said).await?;
            taken += said.len();
            assert!(taken < ENOUGH, "it takes whatever it is told");
        }
        Ok::<_, std::io::Error>(())
    };
    let ended = time::timeout(PATIENCE, saying).await;
    ended
        .expect("the other side has an end")
        .expect_err("it hangs up");
    (answer.await.expect("no panic"), taken)
}

/// What it answers to this, and then hangs up.
async fn answer_to(orders: &Mesh, said: &[u8]) -> Vec<u8> {
    let mut io = connect(orders).await;
    io.write_all(said).await.expect("sent");
    let mut answer = Vec::new();
    // A reset is an end as good as any.
    let ended = time::timeout(PATIENCE, io.read_to_end(&mut answer)).await;
    let _ = ended.expect("the other side hangs up");
    answer
}

/// Others are served, and nothing is left of the one before.
async fn is_well(orders: &Mesh) {
    let answer = answer_to(
        orders,
        b"GET / HTTP/1.1\r\nhost: orders\r\nconnection: close\r\n\r\n",
    )
    .await;
    assert!(
        answer.ends_with(b"hello"),
        "{}",
        String::from_utf8_lossy(&answer)
    );
    let settled = async {
        while !orders
            .metrics()
            .contains("mesh_inbound_requests_in_flight 0")
        {
            time::sleep(Duration::from_millis(5)).await;
        }
    };
    time::timeout(PATIENCE, settled)
        .await
        .expect("nothing is in flight");
}

#[tokio::test]
async fn endless_headers_are_refused_and_not_kept() {
    let (orders, _served) = orders().await;
    let head = b"GET / HTTP/1.1\r\nhost: orders\r\nx-endless: ";
    let (answer, _) = insist(&orders, head, |_| vec![b'a'; 1024]).await;
    // What it said may be lost in the reset that ends the flood.
    assert!(answer.is_empty() || answer.starts_with(b"HTTP/1.1 431 "));

    let padding = "a".repeat(61 * 1024);
    let long = format!("GET / HTTP/1.1\r\nhost: orders\r\nx-long: {padding}");
    let answer = answer_to(&orders, long.as_bytes()).await;
    assert!(
        answer.starts_with(b"HTTP/1.1 431 "),
        "{}",
        String::from_utf8_lossy(&answer)
    );
    let many = "x-one-of-many: a\r\n".repeat(101);
    let answer = answer_to(&orders, format!("GET / HTTP/1.1\r\n{many}\r\n").as_bytes()).await;
    assert!(
        answer.starts_with(b"HTTP/1.1 431 "),
        "{}",
        String::from_utf8_lossy(&answer)
    );
    is_well(&orders).await;
}

#[tokio::test]
async fn what_is_no_http_is_hung_up_on() {
    let (orders, _served) = orders().await;
    for said in [
        // The beginning of TLS, and with it whatever ALPN would say.
        &b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"[..],
        b"\x00\x00\x00\x00\x00\x00\x00\x00\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.9\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nno settings but bytes of whatever kind",
    ] {
        let answer = answer_to(&orders, said).await;
        assert!(!answer.starts_with(b"HTTP/1.1 2"), "{said:?}: {answer:?}");
        is_well(&orders).await;
    }
}

#[tokio::test]
async fn a_flood_of_streams_that_are_reset_at_once_ends_the_connection() {
    let (orders, _served) = orders().await;
    let opening = [PREFACE, &frame(SETTINGS, 0, 0, &[])].concat();
    let flood = |turn: u32| {
        let stream = 2 * turn + 1;
        let opened = frame(HEADERS, END_HEADERS, stream, HEAD);
        let reset = frame(RST_STREAM, 0, stream, &[0, 0, 0, 8]);
        [opened, reset].concat()
    };
    let (answer, taken) = insist(&orders, &opening, flood).await;
    let calm = answer.windows(4).any(|code| code == [0, 0, 0, 0xb]);
    assert!(
        calm || answer.is_empty(),
        "ENHANCE_YOUR_CALM after {taken} bytes: {answer:?}"
    );
    is_well(&orders).await;
}

#[tokio::test]
async fn connections_that_say_nothing_hinder_neither_others_nor_the_end() {
    let (orders, _served) = orders().await;
    let mut silent = Vec::new();
    for _ in 0..200 {
        silent.push(connect(&orders).await);
    }
    let mut trickling = connect(&orders).await;
    trickling
        .write_all(b"GET / HTTP/1.1\r\nx-sl")
        .await
        .expect("sent");
    is_well(&orders).await;
    let stopped = orders.stop(Duration::from_secs(20));
    // They are given a moment to say something, not the time of the drain.
    time::timeout(PATIENCE, stopped)
        .await
        .expect("long before the deadline");
    let mut rest = Vec::new();
    let _ = trickling.read_to_end(&mut rest).await;
    assert!(rest.is_empty(), "{}", String::from_utf8_lossy(&rest));
}

pub(crate) fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("short");
    let mut frame = length.to_be_bytes()[1..].to_vec();
    frame.extend([kind, flags]);
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
pub(crate) const HEADERS: u8 = 1;
pub(crate) const RST_STREAM: u8 = 3;
pub(crate) const SETTINGS: u8 = 4;
pub(crate) const END_HEADERS: u8 = 4;

/// `GET http://a/`: three fields of the static table, and an authority.
const HEAD: &[u8] = &[0x82, 0x86, 0x84, 0x41, 1, b'a'];

/// More than any caller may say in vain.
const ENOUGH: usize = 64 * 1024 * 1024;

const PATIENCE: Duration = Duration::from_secs(15);
