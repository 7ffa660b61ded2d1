//! The one body of requests: what a caller hands over, whatever its type was, and what an application is handed.

mod ahead;
mod convert;
mod replay;
mod report;

use std::{
    error::Error as StdError,
    fmt, mem,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http::{HeaderMap, header};
use http_body::{Body as HttpBody, Frame, SizeHint};
use http_body_util::{BodyExt, combinators::UnsyncBoxBody};
use hyper::body::Incoming;

pub(crate) use self::replay::Replay;
use self::{replay::Replayed, report::Report};
use crate::runtime::clock;

pub(crate) type BoxError = Box<dyn StdError + Send + Sync>;

/// A request's body, its type erased: `Send`, not `Sync`.
///
/// A connection pool is typed by the body it sends, so everything below the facade knows this one. An empty body and one
/// that is already whole cost no allocation.
///
/// # Examples
/// ```
/// use http_body::Body as _;
/// use mesh_tower::Body;
///
/// assert!(Body::empty().is_end_stream());
/// assert_eq!(Body::from("hello").size_hint().exact(), Some(5));
/// ```
#[derive(Default)]
pub struct Body {
    kind: Kind,
    report: Option<Report>,
}

#[derive(Default)]
enum Kind {
    #[default]
    Empty,
    Full(Bytes),
    Incoming(Incoming),
    Boxed(UnsyncBoxBody<Bytes, BoxError>),
    Replayed(Replayed),
}

impl Body {
    /// A body of nothing.
    #[must_use]
    pub fn empty() -> Self {
        Self::default()
    }

    /// Any body.
    pub fn new<B>(body: B) -> Self
    where
        B: HttpBody<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        if body.is_end_stream() {
            return Self::empty();
        }
        let mut slot = Some(body);
        if let Some(ours) = (&mut slot as &mut dyn std::any::Any).downcast_mut::<Option<Self>>() {
            return ours.take().unwrap_or_default();
        }
        match slot {
            Some(body) => Kind::Boxed(body.map_err(Into::into).boxed_unsync()).into(),
            None => Self::empty(),
        }
    }

    pub(crate) fn incoming(body: Incoming) -> Self {
        Kind::Incoming(body).into()
    }

    /// Whether all of it was there from the start, so that nothing of it is waited for.
    pub(crate) fn is_whole(&self) -> bool {
        matches!(self.kind, Kind::Empty | Kind::Full(_))
    }

    /// The same body once more, if that takes no recording.
    pub(crate) fn try_clone(&self) -> Option<Self> {
        match &self.kind {
            Kind::Empty => Some(Self::empty()),
            Kind::Full(bytes) => Some(bytes.clone().into()),
            Kind::Incoming(_) | Kind::Boxed(_) | Kind::Replayed(_) => None,
        }
    }

    fn poll_kind(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        Poll::Ready(match &mut self.kind {
            Kind::Empty => None,
            Kind::Full(bytes) => {
                let bytes = mem::take(bytes);
                self.kind = Kind::Empty;
                Some(Ok(Frame::data(bytes)))
            }
            Kind::Incoming(body) => {
                ready!(Pin::new(body).poll_frame(cx)).map(|frame| frame.map_err(Into::into))
            }
            Kind::Boxed(body) => ready!(Pin::new(body).poll_frame(cx)),
            Kind::Replayed(body) => ready!(Pin::new(body).poll_frame(cx)),
        })
    }
}

impl HttpBody for Body {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let polled = self.poll_kind(cx);
        if self.is_abandoned(polled.is_pending().then(|| cx.waker())) {
            self.kind = Kind::Empty;
            self.ended();
            return Poll::Ready(Some(Err(Abandoned::new().into())));
        }
        let frame = ready!(polled);
        if let (Some(Err(_)), Some(report)) = (&frame, &self.report) {
            report.to.request_end().failed();
        }
        // Whoever sends a body need not poll it once more when it says that it is at its end.
        let at_end = self.is_end_stream();
        if let (Some(Ok(frame)), Some(report)) = (&frame, &mut self.report)
            && !report.is_last(frame)
            && !at_end
        {
            report.to.request_end().moved(clock::now());
        } else {
            self.ended();
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        match &self.kind {
            Kind::Empty => true,
            Kind::Full(_) => false,
            Kind::Incoming(body) => body.is_end_stream(),
            Kind::Boxed(body) => body.is_end_stream(),
            Kind::Replayed(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.kind {
            Kind::Empty => SizeHint::with_exact(0),
            Kind::Full(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Kind::Incoming(body) => body.size_hint(),
            Kind::Boxed(body) => body.size_hint(),
            Kind::Replayed(body) => body.size_hint(),
        }
    }
}

impl Drop for Body {
    fn drop(&mut self) {
        self.ended();
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Body")
            .field("size_hint", &self.size_hint())
            .finish_non_exhaustive()
    }
}

/// Ends a body whose call is over.
#[derive(Debug, thiserror::Error)]
#[error("the call was over before its request")]
struct Abandoned(#[source] h2::Error);

impl Abandoned {
    fn new() -> Self {
        // What the HTTP library writes into the reset of the stream.
        Self(h2::Reason::CANCEL.into())
    }
}

/// How long a head says that its body is.
pub(crate) fn announced_length(headers: &HeaderMap) -> Option<u64> {
    let length = headers.get(header::CONTENT_LENGTH)?;
    length.to_str().ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use futures::{FutureExt, stream};
    use http_body_util::StreamBody;

    use std::sync::Arc;

    use super::*;
    use crate::call::{Call, testing};

    fn call() -> Arc<Call> {
        Arc::new(testing::call())
    }

    fn frames(frames: Vec<Frame<Bytes>>) -> Body {
        Body::new(StreamBody::new(stream::iter(
            frames.into_iter().map(Ok::<_, Infallible>),
        )))
    }

    #[test]
    fn a_request_ends_with_the_last_frame_that_its_sender_asks_for() {
        let data = || Frame::data(Bytes::from_static(b"12345"));
        let rows = [
            ("trailers", vec![Frame::trailers(HeaderMap::new())], None, 1),
            ("all that was announced", vec![data(), data()], Some(10), 2),
            ("no more than that", vec![data(), data()], Some(5), 1),
            ("nothing was announced", vec![data(), data()], None, 3),
        ];
        for (what, list, length, polls) in rows {
            let call = call();
            let mut body = frames(list);
            body.report_to(&call, length);
            for poll in 1..=polls {
                assert!(call.request_end().at().is_none(), "{what}: before {poll}");
                let _ = body.frame().now_or_never();
            }
            assert!(call.request_end().at().is_some(), "{what}");
        }
    }

    #[test]
    fn an_announced_length_of_nothing_ends_at_once() {
        let call = call();
        let mut body = frames(vec![Frame::data(Bytes::new())]);
        body.report_to(&call, Some(0));
        assert!(call.request_end().at().is_some());
    }
}
