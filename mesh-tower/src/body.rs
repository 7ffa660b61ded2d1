//! The one body of requests: what a caller hands over, whatever its type was, and what an application is handed.

use std::{
    error::Error as StdError,
    fmt, mem,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker, ready},
};

use bytes::Bytes;
use http::{HeaderMap, header};
use http_body::{Body as HttpBody, Frame, SizeHint};
use http_body_util::{BodyExt, combinators::UnsyncBoxBody};
use hyper::body::Incoming;

use crate::{
    call::{Call, RequestEnd},
    runtime::clock,
};

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

/// Who is told when a body was taken whole, or dropped.
struct Report {
    to: ReportTo,
    /// How many bytes are still to come, where that was said: whoever sends so many does not ask whether they were all.
    left: Option<u64>,
    /// Whether its bytes were counted when it was handed over: a copy of it may be sent in its place.
    counted: bool,
}

/// Who keeps how far a body has come: a call, or a layer that stands alone.
enum ReportTo {
    Call(Arc<Call>),
    Alone(Arc<RequestEnd>),
}

#[derive(Default)]
enum Kind {
    #[default]
    Empty,
    Full(Bytes),
    Incoming(Incoming),
    Boxed(UnsyncBoxBody<Bytes, BoxError>),
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

    /// Tells the call when this body was taken whole; `length` is what the request's head says about that.
    pub(crate) fn reporting_to(self, call: Arc<Call>, length: Option<u64>) -> Self {
        self.reporting(ReportTo::Call(call), length)
    }

    /// The same where there is no call.
    pub(crate) fn reporting_end_to(
        self,
        request_end: Arc<RequestEnd>,
        length: Option<u64>,
    ) -> Self {
        self.reporting(ReportTo::Alone(request_end), length)
    }

    fn reporting(mut self, to: ReportTo, length: Option<u64>) -> Self {
        let left = length.or_else(|| self.size_hint().exact());
        if left == Some(0) || self.is_end_stream() {
            to.request_end().reached_at_once();
            return self;
        }
        // A request that is passed on ends for the call it came by and for the one it goes out by.
        if self.report.is_some() {
            self = Kind::Boxed(self.boxed_unsync()).into();
        }
        let counted = match (&self.kind, &to) {
            (Kind::Full(bytes), ReportTo::Call(call)) => {
                call.received(bytes.len());
                true
            }
            _ => false,
        };
        self.report = Some(Report { to, left, counted });
        self
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
            Kind::Incoming(_) | Kind::Boxed(_) => None,
        }
    }

    fn ended(&mut self) {
        if let Some(report) = self.report.take() {
            report.to.request_end().reached(clock::now());
        }
    }

    /// Whether nobody wants the rest; wakes `sender`, if there is one, when that comes to be.
    fn is_abandoned(&self, sender: Option<&Waker>) -> bool {
        let Some(Report { to, .. }) = &self.report else {
            return false;
        };
        match sender {
            Some(sender) => to.request_end().watch_abandoned(sender),
            None => to.request_end().is_abandoned(),
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
        })
    }
}

impl Report {
    /// Whether nothing comes after this frame.
    fn is_last(&mut self, frame: &Frame<Bytes>) -> bool {
        if let Some(data) = frame.data_ref() {
            if let (ReportTo::Call(call), false) = (&self.to, self.counted) {
                call.received(data.len());
            }
            self.left = self.left.map(|left| left.saturating_sub(data.len() as u64));
        }
        self.left == Some(0) || frame.is_trailers()
    }
}

impl ReportTo {
    fn request_end(&self) -> &RequestEnd {
        match self {
            Self::Call(call) => call.request_end(),
            Self::Alone(request_end) => request_end,
        }
    }
}

impl From<Kind> for Body {
    fn from(kind: Kind) -> Self {
        Self { kind, report: None }
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        if bytes.is_empty() {
            Self::empty()
        } else {
            Kind::Full(bytes).into()
        }
    }
}

impl From<String> for Body {
    fn from(text: String) -> Self {
        Bytes::from(text).into()
    }
}

impl From<Vec<u8>> for Body {
    fn from(bytes: Vec<u8>) -> Self {
        Bytes::from(bytes).into()
    }
}

impl From<&'static str> for Body {
    fn from(text: &'static str) -> Self {
        Bytes::from_static(text.as_bytes()).into()
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
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.kind {
            Kind::Empty => SizeHint::with_exact(0),
            Kind::Full(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Kind::Incoming(body) => body.size_hint(),
            Kind::Boxed(body) => body.size_hint(),
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

    use super::*;
    use crate::call::testing;

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
            let mut body = frames(list).reporting_to(call.clone(), length);
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
        let _body = frames(vec![Frame::data(Bytes::new())]).reporting_to(call.clone(), Some(0));
        assert!(call.request_end().at().is_some());
    }
}
