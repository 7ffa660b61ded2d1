//! HTTP/2 connections: what the peer says about its streams is known before the next request.

use std::{sync::Arc, time::Duration};

use hyper::client::conn::http2::{self, SendRequest};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::sync::oneshot;

pub(crate) use super::streams::Opened;
use super::{
    connections::Multiplexed,
    driver::{Driver, Tasks},
    paced::{Bell, Paced},
    streams::Shared,
};
use crate::{body::Body, connect::Connection, error::ConnectError};

impl Multiplexed for SendRequest<Body> {
    fn is_ready(&self) -> bool {
        self.is_ready()
    }

    fn is_closed(&self) -> bool {
        self.is_closed()
    }
}

/// Starts HTTP/2 on a connection and waits for the peer's settings, for only they tell how many streams it takes.
///
/// While streams are open and nothing has come for `keep_alive`, the peer is asked whether it is still there. `lost` is called
/// when the connection takes no more requests, if it was used and somebody still has it.
pub(crate) async fn handshake(
    connection: Connection,
    keep_alive: Duration,
    lost: impl FnOnce() + Send + 'static,
) -> Result<Opened<SendRequest<Body>>, ConnectError> {
    let (tasks, bell) = (Tasks::default(), Arc::new(Bell::default()));
    let (connection, requests) = http2::Builder::new(tasks.clone())
        .timer(TokioTimer::new())
        .initial_max_send_streams(UNKNOWN)
        .max_header_list_size(MAX_HEAD)
        .keep_alive_interval(keep_alive)
        .keep_alive_timeout(PING_ANSWER)
        .handshake(TokioIo::new(Paced::new(connection, &bell)))
        .await
        .map_err(ConnectError::Handshake)?;
    let shared = Arc::new(Shared::new(UNKNOWN));
    let (settled, settings) = oneshot::channel();
    tokio::spawn(Driver {
        requests: Some(requests),
        wire: tasks.take_wire(),
        bell,
        shared: Arc::downgrade(&shared),
        max: UNKNOWN,
        settled: Some(settled),
        lost: Some(Box::new(lost)),
    });
    settings.await.map_err(|_| ConnectError::Closed)?;
    Ok(Opened { connection, shared })
}

/// Before the peer's settings have come, no stream may be opened.
const UNKNOWN: usize = 0;

/// How long a peer may take to answer a ping; as long as hyper and gRPC allow it.
const PING_ANSWER: Duration = Duration::from_secs(20);

/// What the fields of a response's head may take together.
///
/// # Source
/// Envoy, `max_response_headers_kb`.
const MAX_HEAD: u32 = 60 * 1024;

#[cfg(test)]
mod tests {
    use http::Request;
    use mesh_core::metric::Outcome;
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt, DuplexStream},
        time,
    };

    use super::{super::connections::Connections, *};
    use crate::connect::outcome;

    /// SETTINGS with this MAX_CONCURRENT_STREAMS.
    fn settings(max: u8) -> [u8; 15] {
        [0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, max]
    }

    /// GOAWAY without an error, above this stream.
    fn goodbye(last: u32) -> [u8; 17] {
        let [a, b, c, d] = last.to_be_bytes();
        [0, 0, 8, 7, 0, 0, 0, 0, 0, a, b, c, d, 0, 0, 0, 0]
    }

    /// The first of two, which leaves the peer time to say which stream was the last.
    const SOON: u32 = 0x7FFF_FFFF;

    /// A connection to a peer that takes five streams; and the peer.
    async fn connected() -> (Connections<SendRequest<Body>>, DuplexStream) {
        let (ours, mut peer) = tokio::io::duplex(4096);
        let connections = Connections::new();
        peer.write_all(&settings(5)).await.expect("written");
        let made = handshake(Connection::new(ours), Duration::from_secs(300), || ()).await;
        drop(connections.add_used(made.expect("HTTP/2")));
        let mut preface = [0; 24];
        peer.read_exact(&mut preface).await.expect("HTTP/2");
        assert!(connections.reserve().is_some());
        (connections, peer)
    }

    #[tokio::test(start_paused = true)]
    async fn what_the_peer_says_between_requests_is_known_before_the_next_one() {
        for (what, frame) in [
            ("no streams", &settings(0)[..]),
            ("goodbye", &goodbye(SOON)),
        ] {
            let (connections, mut peer) = connected().await;
            peer.write_all(frame).await.expect("written");
            time::sleep(Duration::from_millis(1)).await;
            assert!(connections.reserve().is_none(), "{what}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_is_handed_back_whole_by_a_connection_that_has_ended_and_does_not_know_it() {
        for farewell in [Some(goodbye(SOON)), None] {
            let (connections, mut peer) = connected().await;
            let mut stream = connections.reserve().expect("a stream");
            let mut sender = stream.take_connection().expect("the first request");
            match farewell {
                Some(goodbye) => peer.write_all(&goodbye).await.expect("written"),
                None => drop(peer),
            }
            let request = Request::post("http://orders.local/").body(Body::from("once"));
            let sent = sender.try_send_request(request.expect("a request")).await;
            let failed = sent
                .map(drop)
                .map_err(|mut failed| failed.take_message().is_some());
            assert_eq!(failed, Err(true), "{farewell:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn only_a_request_above_the_peers_last_stream_is_known_not_to_have_been_executed() {
        for (goodbyes, want) in [
            (&[goodbye(0)][..], Outcome::RefusedStream),
            (&[goodbye(SOON), goodbye(0)], Outcome::RefusedStream),
            (&[goodbye(1)], Outcome::Reset),
            (&[goodbye(SOON)], Outcome::Reset),
            (&[], Outcome::Reset),
        ] {
            let (connections, mut peer) = connected().await;
            let mut stream = connections.reserve().expect("a stream");
            let request = Request::post("http://orders.local/").body(Body::empty());
            let mut sender = stream.take_connection().expect("the first request");
            let answer = tokio::spawn(sender.try_send_request(request.expect("a request")));
            time::sleep(Duration::from_millis(1)).await;
            for goodbye in goodbyes {
                peer.write_all(goodbye).await.expect("written");
            }
            time::sleep(Duration::from_millis(1)).await;
            drop(peer);
            let mut failed = answer.await.expect("no panic").expect_err("no answer");
            let untouched = failed.take_message().is_some();
            assert_eq!(outcome(failed.error(), untouched), want, "{goodbyes:?}");
        }
    }
}
