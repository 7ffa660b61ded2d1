//! What a failed exchange means: from the HTTP library's errors to the core's outcomes and Envoy's flags.

use std::error::Error as StdError;

use h2::Reason;
use mesh_core::metric::{Flag, Outcome};

/// What an attempt's failure on a connection of our own was. `untouched` says that the library handed the request back.
///
/// A stream that ended with the peer's GOAWAY was above the last one that the peer has looked at: nothing of it was executed.
/// That holds only where no GOAWAY can come between the opening of a stream and the library's next look at the connection,
/// for there the library fails the new stream whatever its number is. Our connections are driven so that none can.
///
/// # Source
/// RFC 9113 §6.8, §8.7; Envoy counts such streams as refused, too.
pub(crate) fn outcome(error: &hyper::Error, untouched: bool) -> Outcome {
    if untouched {
        return Outcome::Unsent;
    }
    match h2_error(error) {
        Some(h2) if h2.is_go_away() && h2.is_remote() => Outcome::RefusedStream,
        _ => outcome_anywhere(error),
    }
}

/// What a failure on anybody's connection was, or one that came after the response's head: there a GOAWAY proves nothing, and
/// only a stream that the peer reset as refused is known not to have reached the application.
pub(crate) fn outcome_anywhere(error: &hyper::Error) -> Outcome {
    match h2_error(error) {
        Some(h2)
            if h2.is_reset() && h2.is_remote() && h2.reason() == Some(Reason::REFUSED_STREAM) =>
        {
            Outcome::RefusedStream
        }
        // What the library ends by itself is no HTTP/2.
        Some(h2) if h2.is_library() || h2.reason() == Some(Reason::PROTOCOL_ERROR) => {
            Outcome::ProtocolError
        }
        None if error.is_parse() => Outcome::ProtocolError,
        _ => Outcome::Reset,
    }
}

/// What it was that broke off a response's body: over HTTP/1, where the end of the connection is no end of a body, it is no
/// HTTP.
pub(crate) fn outcome_of_body(error: &hyper::Error) -> Outcome {
    match h2_error(error) {
        Some(_) => outcome_anywhere(error),
        None => Outcome::ProtocolError,
    }
}

/// Envoy's letters for it: a stream is reset, and so is one that a connection which goes away has not looked at; a connection
/// is terminated.
pub(crate) fn flag(error: &hyper::Error, outcome: Outcome) -> Flag {
    match outcome {
        Outcome::ProtocolError => Flag::UpstreamProtocolError,
        Outcome::RefusedStream => Flag::UpstreamReset,
        _ if h2_error(error).is_some_and(h2::Error::is_reset) => Flag::UpstreamReset,
        _ => Flag::UpstreamConnectionTermination,
    }
}

/// Whether the peer says that the connection beyond it, which CONNECT asked for, has failed.
pub(crate) fn is_connect_error(error: &hyper::Error) -> bool {
    h2_error(error).is_some_and(|h2| h2.is_reset() && h2.reason() == Some(Reason::CONNECT_ERROR))
}

fn h2_error(error: &hyper::Error) -> Option<&h2::Error> {
    let causes = std::iter::successors(error.source(), |&cause| cause.source());
    causes.filter_map(|cause| cause.downcast_ref()).next()
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use futures::FutureExt;
    use http::{Request, Response};
    use http_body_util::{BodyExt, Empty};
    use hyper::client::conn::{http1, http2};
    use hyper_util::rt::{TokioExecutor, TokioIo};
    use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};

    use super::*;

    fn request() -> Request<Empty<Bytes>> {
        Request::post("http://orders.local/")
            .body(Empty::new())
            .expect("a request")
    }

    /// What an exchange means whose peer reads the request and then answers these bytes, and no more.
    async fn over_http1(answer: &'static [u8]) -> (Outcome, Flag) {
        let (ours, mut theirs) = tokio::io::duplex(1024);
        let (mut send, driver) = http1::handshake(TokioIo::new(ours))
            .await
            .expect("a handshake");
        tokio::spawn(driver);
        tokio::spawn(async move {
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                theirs.read_buf(&mut head).await.expect("a request");
            }
            theirs.write_all(answer).await.expect("answered");
        });
        meaning(send.send_request(request()).await)
    }

    /// What an exchange means whose peer does this with the stream.
    async fn over_http2<F>(
        peer: impl FnOnce(h2::server::Connection<DuplexStream, Bytes>) -> F,
    ) -> (Outcome, Flag)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let (ours, theirs) = tokio::io::duplex(64 * 1024);
        let (handshake, peer_handshake) = tokio::join!(
            http2::handshake(TokioExecutor::new(), TokioIo::new(ours)),
            h2::server::handshake(theirs),
        );
        let (mut send, driver) = handshake.expect("a handshake");
        tokio::spawn(driver);
        tokio::spawn(peer(peer_handshake.expect("a handshake")));
        let answered = send.send_request(request()).await;
        meaning(match answered {
            Ok(response) => response
                .into_body()
                .collect()
                .await
                .map(|_| Response::new(())),
            Err(error) => Err(error),
        })
    }

    fn meaning<B>(result: Result<Response<B>, hyper::Error>) -> (Outcome, Flag) {
        let error = result.err().expect("a failure");
        let outcome = outcome_anywhere(&error);
        (outcome, flag(&error, outcome))
    }

    async fn reset(mut peer: h2::server::Connection<DuplexStream, Bytes>, reason: Reason) {
        let (_request, mut respond) = peer.accept().await.expect("a stream").expect("a request");
        respond.send_reset(reason);
        while peer.accept().await.is_some() {}
    }

    #[tokio::test]
    async fn what_http1_peers_do_is_a_reset_unless_it_is_no_http() {
        assert_eq!(
            over_http1(b"").await,
            (Outcome::Reset, Flag::UpstreamConnectionTermination)
        );
        let half = over_http1(b"HTTP/1.1 200 OK\r\ncontent-").await;
        assert_eq!(half, (Outcome::Reset, Flag::UpstreamConnectionTermination));
        let garbage = over_http1(b"\x15\x03\x01 nonsense\r\n\r\n").await;
        assert_eq!(
            garbage,
            (Outcome::ProtocolError, Flag::UpstreamProtocolError)
        );
    }

    #[tokio::test]
    async fn only_a_refused_stream_is_known_not_to_have_been_executed() {
        let rows = [
            (
                Reason::REFUSED_STREAM,
                Outcome::RefusedStream,
                Flag::UpstreamReset,
            ),
            (Reason::INTERNAL_ERROR, Outcome::Reset, Flag::UpstreamReset),
            (Reason::CANCEL, Outcome::Reset, Flag::UpstreamReset),
            (
                Reason::PROTOCOL_ERROR,
                Outcome::ProtocolError,
                Flag::UpstreamProtocolError,
            ),
        ];
        for (reason, outcome, flag) in rows {
            assert_eq!(
                over_http2(move |peer| reset(peer, reason)).await,
                (outcome, flag),
                "{reason:?}"
            );
        }
    }

    #[tokio::test]
    async fn a_connection_that_goes_away_under_a_stream_is_a_reset_whatever_its_reason() {
        for reason in [Reason::NO_ERROR, Reason::ENHANCE_YOUR_CALM] {
            let gone = over_http2(move |mut peer| {
                async move {
                    let _stream = peer.accept().await;
                    peer.abrupt_shutdown(reason);
                    while peer.accept().await.is_some() {}
                }
                .boxed()
            });
            assert_eq!(gone.await.0, Outcome::Reset, "{reason:?}");
        }
    }
}
