//! The one place that turns errors into answers, as a sidecar would have given them: Envoy's status and text, or for gRPC a
//! response of trailers only.

use std::{borrow::Cow, error::Error as _, fmt::Write as _, sync::Arc};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};
use mesh_core::{
    fault::Abort,
    metric::{Flag, Outcome},
};

use crate::{
    call::Call,
    connect,
    error::{Cause, Error},
    response_body::ResponseBody,
};

/// What a client of the mesh gets: the error, except that a gRPC call gets an answer, because its client would make an
/// unknown status out of every error that is not its own.
#[cold]
pub(crate) fn outbound(
    error: Error,
    call: Option<&Arc<Call>>,
) -> Result<Response<ResponseBody>, Error> {
    let Some(call) = call.filter(|call| call.is_grpc()) else {
        return Err(error);
    };
    // The caller is in this process: it may know who was called, where, and how often.
    let answer = Answer {
        text: whole(&error).into(),
        ..Answer::to(&error)
    };
    Ok(answer.grpc().map(|text| ResponseBody::refusal(text, call)))
}

/// What the sidecar would have answered.
#[cold]
pub(crate) fn as_proxy(error: &Error, call: Option<&Arc<Call>>) -> Response<ResponseBody> {
    let answer = Answer::to(error);
    match call {
        Some(call) if call.is_grpc() => answer.grpc().map(|text| ResponseBody::refusal(text, call)),
        Some(call) => answer.http().map(|text| ResponseBody::refusal(text, call)),
        None => answer.http().map(ResponseBody::local),
    }
}

/// The status of that answer, the length of its body, and a gRPC call's own status: its answers are all 200, and have no body.
pub(crate) fn told_as_proxy(error: &Error, grpc: bool) -> (StatusCode, usize, Option<i32>) {
    let answer = Answer::to(error);
    if grpc {
        return (StatusCode::OK, 0, Some(answer.code()));
    }
    (answer.status, answer.text.len(), None)
}

/// What a gRPC client gets where the head has gone out already: trailers with the code and the reason.
pub(crate) fn trailers(error: &Error) -> HeaderMap {
    let answer = Answer {
        text: whole(error).into(),
        ..Answer::to(error)
    };
    let mut trailers = HeaderMap::with_capacity(2);
    answer.status_into(&mut trailers);
    trailers
}

/// The answer to an inbound request.
pub(crate) fn inbound(error: &Error, call: &Call) -> Response<Bytes> {
    alone(error, call.is_grpc())
}

/// The answer of a layer that stands alone.
pub(crate) fn alone(error: &Error, grpc: bool) -> Response<Bytes> {
    let answer = Answer::to(error);
    if grpc { answer.grpc() } else { answer.http() }
}

/// The answer that is given on purpose.
///
/// # Source
/// Envoy 1.40's fault filter: its text, and for gRPC a response of trailers only.
pub(crate) fn aborted(abort: Abort, grpc: bool) -> Response<Bytes> {
    let status = match abort {
        Abort::Http(status) => status,
        _ => StatusCode::OK,
    };
    let answer = Answer {
        status,
        text: INJECTED.into(),
        overloaded: false,
        late: false,
    };
    let Abort::Grpc(code) = abort else {
        return if grpc { answer.grpc() } else { answer.http() };
    };
    let mut response = answer.grpc();
    response.headers_mut().insert(GRPC_STATUS, code.into());
    response
}

/// The answer of a handler that gives up with this error.
#[cfg(feature = "axum")]
pub(crate) fn http(error: &Error) -> Response<Bytes> {
    Answer::of_handler(error).http()
}

/// The gRPC code and message of this error.
#[cfg(feature = "tonic")]
pub(crate) fn status(error: &Error) -> (i32, String) {
    let answer = Answer::of_handler(error);
    (answer.code(), answer.text.into_owned())
}

/// What is said about an error, in whatever form.
#[derive(Debug)]
struct Answer {
    status: StatusCode,
    text: Cow<'static, str>,
    overloaded: bool,
    /// The caller's own clock ended it.
    late: bool,
}

impl Answer {
    /// # Source
    /// Measured on Envoy 1.40. What Envoy has no words for is said in ours, and never what the inside of this process
    /// looks like.
    fn to(error: &Error) -> Self {
        let (status, text) = match error.cause() {
            Cause::NoRoute(_) | Cause::NotABackend { .. } => (StatusCode::NOT_FOUND, "".into()),
            Cause::NoEndpoint => (
                StatusCode::SERVICE_UNAVAILABLE,
                "no healthy upstream".into(),
            ),
            Cause::Connect(_) | Cause::Overflow { .. } | Cause::TooManyHosts { .. } => {
                (StatusCode::SERVICE_UNAVAILABLE, reset(error))
            }
            Cause::Upstream {
                outcome: Outcome::ProtocolError,
                ..
            } => (StatusCode::BAD_GATEWAY, reset(error)),
            Cause::Upstream { .. } | Cause::Torn => (StatusCode::SERVICE_UNAVAILABLE, reset(error)),
            Cause::RequestTimeout { .. } | Cause::PerTryTimeout { .. } | Cause::Deadline => (
                StatusCode::GATEWAY_TIMEOUT,
                "upstream request timeout".into(),
            ),
            Cause::Idle { sent: true, .. } => {
                (StatusCode::GATEWAY_TIMEOUT, "stream timeout".into())
            }
            // The caller was the silent one.
            Cause::Idle { sent: false, .. } => {
                (StatusCode::REQUEST_TIMEOUT, "stream timeout".into())
            }
            Cause::Status(_) | Cause::Body(_) => {
                (StatusCode::BAD_GATEWAY, error.cause().to_string().into())
            }
            Cause::Request(_) => (StatusCode::BAD_REQUEST, "".into()),
            Cause::Stopping => (
                StatusCode::SERVICE_UNAVAILABLE,
                "the mesh is stopping".into(),
            ),
            _ => (StatusCode::INTERNAL_SERVER_ERROR, "".into()),
        };
        Self {
            status,
            text,
            overloaded: matches!(
                error.cause(),
                Cause::Overflow { .. } | Cause::TooManyHosts { .. }
            ),
            late: matches!(error.cause(), Cause::Deadline),
        }
    }

    /// A request that a handler could not send is the handler's fault, not its caller's.
    #[cfg(any(feature = "axum", feature = "tonic"))]
    fn of_handler(error: &Error) -> Self {
        match error.cause() {
            Cause::Request(_) => Self {
                status: StatusCode::INTERNAL_SERVER_ERROR,
                text: "".into(),
                overloaded: false,
                late: false,
            },
            _ => Self::to(error),
        }
    }

    fn http(self) -> Response<Bytes> {
        let mut response = Response::new(Bytes::new());
        *response.status_mut() = self.status;
        if !self.text.is_empty() {
            response
                .headers_mut()
                .insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain"));
        }
        self.mark(&mut response);
        *response.body_mut() = match self.text {
            Cow::Borrowed(text) => Bytes::from_static(text.as_bytes()),
            Cow::Owned(text) => text.into(),
        };
        response
    }

    /// Trailers only: status and message stand in the head, and there is no body.
    fn grpc(self) -> Response<Bytes> {
        let mut response = Response::new(Bytes::new());
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/grpc"),
        );
        self.status_into(headers);
        self.mark(&mut response);
        response
    }

    fn status_into(&self, headers: &mut HeaderMap) {
        headers.insert(GRPC_STATUS, self.code().into());
        if let Some(message) = percent_encoded(&self.text) {
            headers.insert(GRPC_MESSAGE, message);
        }
    }

    fn mark(&self, response: &mut Response<Bytes>) {
        if self.overloaded {
            response
                .headers_mut()
                .insert(OVERLOADED, HeaderValue::from_static("true"));
        }
    }

    /// # Source
    /// gRPC, "HTTP to gRPC Status Code Mapping", as Envoy applies it to its own answers; and gRPC's own code for a deadline,
    /// which Envoy does not keep.
    fn code(&self) -> i32 {
        match self.status {
            _ if self.late => DEADLINE_EXCEEDED,
            StatusCode::BAD_REQUEST => INTERNAL,
            StatusCode::UNAUTHORIZED => UNAUTHENTICATED,
            StatusCode::FORBIDDEN => PERMISSION_DENIED,
            StatusCode::NOT_FOUND => UNIMPLEMENTED,
            StatusCode::TOO_MANY_REQUESTS
            | StatusCode::BAD_GATEWAY
            | StatusCode::SERVICE_UNAVAILABLE
            | StatusCode::GATEWAY_TIMEOUT => UNAVAILABLE,
            _ => UNKNOWN,
        }
    }
}

/// The error with its causes: a status has one text, and no chain.
fn whole(error: &Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        // Writing to a text does not fail.
        let _ = write!(text, ": {cause}");
        source = cause.source();
    }
    text
}

/// # Source
/// Envoy's `Http::Utility::resetReasonToString`.
fn reset(error: &Error) -> Cow<'static, str> {
    let reason = match error.cause() {
        Cause::Overflow { .. } | Cause::TooManyHosts { .. } => "overflow",
        Cause::Connect(error) if error.is_elapsed() => "connection timeout",
        Cause::Connect(_) => "remote connection failure",
        Cause::Upstream {
            outcome: Outcome::ProtocolError,
            ..
        } => "protocol error",
        Cause::Upstream {
            outcome: Outcome::RefusedStream,
            ..
        } => "remote refused stream reset",
        Cause::Upstream { source, .. } if connect::is_connect_error(source) => {
            "remote error with CONNECT request"
        }
        _ if error.flag() == Some(Flag::UpstreamReset) => "remote reset",
        _ => "connection termination",
    };
    let latest = if error.attempts() > 1 {
        "retried and the latest "
    } else {
        ""
    };
    format!(
        "upstream connect error or disconnect/reset before headers. {latest}reset reason: {reason}"
    )
    .into()
}

/// A message as its header carries it; `None` for none.
///
/// # Source
/// gRPC over HTTP/2, `Percent-Encoded`.
fn percent_encoded(message: &str) -> Option<HeaderValue> {
    let mut encoded = String::with_capacity(message.len());
    for byte in message.bytes() {
        match byte {
            b' '..=b'~' if byte != b'%' => encoded.push(char::from(byte)),
            _ => write!(encoded, "%{byte:02X}").ok()?,
        }
    }
    // Only printable ASCII is left, which every header value may hold.
    HeaderValue::try_from(encoded)
        .ok()
        .filter(|value| !value.is_empty())
}

const GRPC_STATUS: HeaderName = HeaderName::from_static("grpc-status");
const GRPC_MESSAGE: HeaderName = HeaderName::from_static("grpc-message");
const OVERLOADED: HeaderName = HeaderName::from_static("x-envoy-overloaded");

/// Envoy's words.
const INJECTED: &str = "fault filter abort";

const UNKNOWN: i32 = 2;
const DEADLINE_EXCEEDED: i32 = 4;
const PERMISSION_DENIED: i32 = 7;
const UNIMPLEMENTED: i32 = 12;
const INTERNAL: i32 = 13;
const UNAVAILABLE: i32 = 14;
const UNAUTHENTICATED: i32 = 16;

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use http::Request;

    use super::*;
    use crate::{call::testing::call_of, error::ConnectError};

    fn errors() -> Vec<(Error, u16, i32, &'static str)> {
        let limit = Duration::from_secs(1);
        let refused = || ConnectError::Io(std::io::ErrorKind::ConnectionRefused.into());
        let connect = "upstream connect error or disconnect/reset before headers. ";
        let late = "upstream request timeout";
        let idle = |sent| Cause::Idle { limit, sent };
        [
            (Cause::NoEndpoint, 503, 14, "no healthy upstream", ""),
            (
                Cause::Connect(refused()),
                503,
                14,
                connect,
                "reset reason: remote connection failure",
            ),
            (
                Cause::Connect(ConnectError::Elapsed(limit)),
                503,
                14,
                connect,
                "reset reason: connection timeout",
            ),
            (
                Cause::Overflow { waiting: 1 },
                503,
                14,
                connect,
                "reset reason: overflow",
            ),
            (
                Cause::TooManyHosts { most: 1 },
                503,
                14,
                connect,
                "reset reason: overflow",
            ),
            (Cause::RequestTimeout { limit }, 504, 14, late, ""),
            (Cause::Deadline, 504, 4, late, ""),
            (Cause::PerTryTimeout { limit }, 504, 14, late, ""),
            (idle(true), 504, 14, "stream timeout", ""),
            (idle(false), 408, 2, "stream timeout", ""),
            (Cause::Request("it has no host".into()), 400, 13, "", ""),
            (Cause::Stopping, 503, 14, "the mesh is stopping", ""),
            (Cause::Setup("a secret".into()), 500, 2, "", ""),
        ]
        .into_iter()
        .map(|(cause, status, code, start, end)| {
            let text: &'static str = format!("{start}{end}").leak();
            (Error::new(cause), status, code, text)
        })
        .collect()
    }

    #[test]
    fn an_http_caller_reads_what_envoy_would_have_written() {
        for (error, status, _, text) in errors() {
            let response = Answer::to(&error).http();
            assert_eq!(
                (response.status().as_u16(), &response.body()[..]),
                (status, text.as_bytes()),
                "{error}"
            );
            let overloaded = response.headers().contains_key(OVERLOADED);
            assert_eq!(
                overloaded,
                matches!(
                    error.cause(),
                    Cause::Overflow { .. } | Cause::TooManyHosts { .. }
                ),
                "{error}"
            );
        }
    }

    #[test]
    fn a_grpc_caller_reads_a_status_and_never_a_body() {
        for (error, _, code, text) in errors() {
            let response = Answer::to(&error).grpc();
            assert_eq!(response.status(), StatusCode::OK, "{error}");
            assert_eq!(
                response.headers()[header::CONTENT_TYPE],
                "application/grpc",
                "{error}"
            );
            assert_eq!(response.headers()[GRPC_STATUS], code.to_string(), "{error}");
            assert_eq!(
                response
                    .headers()
                    .get(GRPC_MESSAGE)
                    .map_or(&b""[..], HeaderValue::as_bytes),
                text.as_bytes()
            );
            assert!(response.body().is_empty(), "{error}");
        }
    }

    #[test]
    fn retries_are_told_in_the_reason() {
        let error = Error::new(Cause::Overflow { waiting: 1 }).after(3, true);
        assert!(reset(&error).ends_with("headers. retried and the latest reset reason: overflow"));
    }

    #[test]
    fn a_message_is_encoded_as_grpc_wants_it() {
        for (message, want) in [("no: 5 %", "no: 5 %25"), ("zu spät\n", "zu sp%C3%A4t%0A")] {
            assert_eq!(percent_encoded(message).expect("not empty"), want);
        }
        assert_eq!(percent_encoded(""), None);
    }

    #[test]
    fn only_grpc_calls_get_an_answer_in_place_of_the_error() {
        let refused = |kind: &'static str| {
            let request = Request::post("http://orders/").header(header::CONTENT_TYPE, kind);
            let call = Arc::new(call_of(&request.body(()).expect("a request")));
            outbound(Error::new(Cause::NoEndpoint), Some(&call))
        };
        assert!(refused("text/plain").is_err());
        let answer = refused("application/grpc").expect("an answer");
        assert_eq!(answer.headers()[GRPC_STATUS], "14");
    }
}
