//! The body of an outbound call's response: what ends with it is released when it ends, fails or is dropped.

use std::{
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker, ready},
};

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body as HttpBody, Frame, SizeHint};
use hyper::body::Incoming;

use crate::{
    call::Call,
    connect,
    endpoint::Lease,
    error::{Cause, Error},
    guard::SendGuard,
    limits::Limits,
    respond,
};

/// The body of a response to an outbound call.
///
/// The request is in flight until this body ends, fails or is dropped; its time limits run as long.
#[derive(Default)]
pub struct ResponseBody {
    kind: Kind,
    /// A frame that was looked at early. Boxed: seldom there, and large.
    first: Option<Box<Result<Frame<Bytes>, hyper::Error>>>,
    call: Option<Arc<Call>>,
    lease: Option<Lease>,
    guard: Option<SendGuard>,
    limits: Option<Limits>,
}

#[derive(Default)]
enum Kind {
    #[default]
    Empty,
    Full(Bytes),
    Incoming(Incoming),
}

impl ResponseBody {
    /// An answer of ours.
    pub(crate) fn local(text: impl Into<Bytes>) -> Self {
        let text = text.into();
        let kind = if text.is_empty() {
            Kind::Empty
        } else {
            Kind::Full(text)
        };
        Self {
            kind,
            ..Self::default()
        }
    }

    /// An answer of ours to a call that has failed.
    pub(crate) fn refusal(text: impl Into<Bytes>, call: &Arc<Call>) -> Self {
        Self {
            call: Some(call.clone()),
            ..Self::local(text)
        }
    }

    /// An endpoint's answer, with the connection it comes on.
    pub(crate) fn upstream(body: Incoming, lease: Lease, call: Arc<Call>) -> Self {
        let mut this = Self {
            kind: Kind::Incoming(body),
            call: Some(call),
            lease: Some(lease),
            ..Self::default()
        };
        if this.is_end_stream() {
            this.release();
        }
        this
    }

    /// No answer to be read: the connection has become something else than HTTP.
    pub(crate) fn tunnel(lease: Lease, call: Arc<Call>) -> Self {
        Self {
            call: Some(call),
            lease: Some(lease),
            ..Self::default()
        }
    }

    /// Lets these limits run to the body's end.
    pub(crate) fn limit(&mut self, limits: Limits) {
        if !self.is_end_stream() {
            self.limits = Some(limits);
        }
    }

    /// Holds the call's guard to the body's end, or to the end of what the connection has become.
    pub(crate) fn guard(&mut self, guard: SendGuard) {
        self.call = Some(guard.call().clone());
        if !self.is_end_stream() {
            self.guard = Some(guard);
            return;
        }
        guard.call().complete();
        // An answer that has ended has given its lease back, unless it was a tunnel's.
        if let Some(lease) = self.lease.take()
            && let Some(held) = lease.held().cloned()
        {
            held.hold((lease, guard));
        }
    }

    /// What is known about the call that this is the response to.
    ///
    /// # Examples
    /// ```
    /// # async fn example(client: mesh_tower::Client) -> Result<(), mesh_tower::Error> {
    /// let response = client.get("http://orders.local:8080/").send().await?.into_http();
    /// if let Some(call) = response.body().call() {
    ///     println!("{:?} answered after {} attempts", call.target(), call.attempts().count());
    /// }
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn call(&self) -> Option<&Call> {
        self.call.as_deref()
    }

    /// Trailers that are there already; a look that never waits, for a stream may not have begun.
    pub(crate) fn peek_trailers(&mut self) -> Option<&HeaderMap> {
        // Nobody is woken for what comes later: whoever reads the body asks again.
        let cx = &mut Context::from_waker(Waker::noop());
        if self.first.is_none()
            && let Kind::Incoming(body) = &mut self.kind
            && let Poll::Ready(Some(frame)) = Pin::new(body).poll_frame(cx)
        {
            // An error, too: it is told only once.
            self.first = Some(Box::new(frame));
        }
        self.first()?.trailers_ref()
    }

    fn first(&self) -> Option<&Frame<Bytes>> {
        self.first.as_deref()?.as_ref().ok()
    }

    fn poll_kind(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        if let Some(frame) = self.first.take() {
            return Poll::Ready(Some(frame.map_err(|error| self.broken(error))));
        }
        match &mut self.kind {
            Kind::Empty => Poll::Ready(None),
            Kind::Full(bytes) => {
                let bytes = std::mem::take(bytes);
                self.kind = Kind::Empty;
                Poll::Ready(Some(Ok(Frame::data(bytes))))
            }
            Kind::Incoming(body) => {
                let frame = ready!(Pin::new(&mut *body).poll_frame(cx));
                // The HTTP library takes a stream that is reset without an error for one that has ended.
                let torn = frame.is_none() && !body.is_end_stream() && self.is_stream();
                if torn {
                    return Poll::Ready(Some(Err(self.failed(Cause::Torn))));
                }
                Poll::Ready(frame.map(|frame| frame.map_err(|error| self.broken(error))))
            }
        }
    }

    /// Whether it comes on a stream of HTTP/2.
    fn is_stream(&self) -> bool {
        self.lease.as_ref().is_some_and(Lease::is_stream)
    }

    fn broken(&self, source: hyper::Error) -> Error {
        let outcome = connect::outcome_of_body(&source);
        self.failed(Cause::Upstream { outcome, source })
    }

    fn failed(&self, cause: Cause) -> Error {
        let Some(call) = &self.call else {
            return Error::new(cause);
        };
        let error = Error::new(cause).at(call.place());
        call.failed(error.flag());
        error
    }

    /// A frame came: the last one, or one after which a limit may have passed.
    fn moved(&mut self, frame: &Frame<Bytes>) -> Option<Cause> {
        if let Some(call) = &self.call {
            call.saw(frame);
        }
        if frame.is_trailers() || self.is_end_stream() {
            self.complete();
            return None;
        }
        match (&mut self.limits, &self.call) {
            (Some(limits), Some(call)) => limits.moved(call.request_end()),
            _ => None,
        }
    }

    fn poll_limits(&mut self, cx: &mut Context<'_>) -> Poll<Cause> {
        match (&mut self.limits, &self.call) {
            (Some(limits), Some(call)) => limits.poll_expired(call.request_end(), cx),
            _ => Poll::Pending,
        }
    }

    fn complete(&mut self) {
        // Without one, what is read to its end is the refusal of a call that has failed.
        if let Some(guard) = &self.guard {
            guard.call().complete();
        }
        self.release();
        self.limits = None;
        self.guard = None;
    }

    /// The response has ended; its connection can be used again if its request has, too.
    fn release(&mut self) {
        let lease = self.lease.take();
        if let (Some(lease), Some(call)) = (lease, &self.call)
            && call.request_end().at().is_some()
        {
            lease.give_back();
        }
    }

    /// Ends the body here. A gRPC client is told in trailers: it would make an unknown status out of any error of ours.
    fn end_with(&mut self, error: Error) -> Result<Frame<Bytes>, Error> {
        let told = match &self.call {
            Some(call) if call.is_grpc() => {
                let frame = Frame::trailers(respond::trailers(&error));
                call.saw(&frame);
                Ok(frame)
            }
            _ => Err(error),
        };
        self.abort();
        told
    }

    /// Nothing more will come: what is held goes now, not when the reader drops the body.
    fn abort(&mut self) {
        self.kind = Kind::Empty;
        self.limits = None;
        self.lease = None;
        self.guard = None;
    }
}

impl HttpBody for ResponseBody {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        // The frame goes first: one that is there beats silence. The limit on the whole is asked after it all the same, so a
        // response that is read too slowly is cut, too; its last frame never is.
        let cause = match self.poll_kind(cx) {
            Poll::Ready(Some(Ok(frame))) => match self.moved(&frame) {
                None => return Poll::Ready(Some(Ok(frame))),
                Some(cause) => cause,
            },
            Poll::Ready(None) => {
                self.complete();
                return Poll::Ready(None);
            }
            Poll::Ready(Some(Err(error))) => return Poll::Ready(Some(self.end_with(error))),
            Poll::Pending => ready!(self.poll_limits(cx)),
        };
        let error = self.failed(cause);
        Poll::Ready(Some(self.end_with(error)))
    }

    fn is_end_stream(&self) -> bool {
        match &self.kind {
            _ if self.first.is_some() => false,
            Kind::Empty => true,
            Kind::Full(_) => false,
            Kind::Incoming(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        let rest = match &self.kind {
            Kind::Empty => SizeHint::with_exact(0),
            Kind::Full(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Kind::Incoming(body) => body.size_hint(),
        };
        match self.first().and_then(Frame::data_ref) {
            Some(data) => longer(&rest, data.len() as u64),
            None => rest,
        }
    }
}

fn longer(hint: &SizeHint, by: u64) -> SizeHint {
    let mut longer = SizeHint::new();
    longer.set_lower(hint.lower().saturating_add(by));
    if let Some(upper) = hint.upper() {
        longer.set_upper(upper.saturating_add(by));
    }
    longer
}

impl fmt::Debug for ResponseBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseBody")
            .field("call", &self.call)
            .finish_non_exhaustive()
    }
}
