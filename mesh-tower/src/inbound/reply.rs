//! The body of an inbound call's response: what ends with it is released when it ends, fails or is dropped.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use http_body_util::Full;
use mesh_core::metric::Flag;
use pin_project::{pin_project, pinned_drop};

use crate::{
    body::BoxError,
    context::CallContext,
    error::{Cause, Error},
    guard::Guard,
    limits::Limits,
};

/// The body of a response: the application's, or one of ours where a request was refused.
///
/// It is polled as part of the call that it answers, and the call ends with it.
#[pin_project(PinnedDrop, project = ReplyProjection)]
pub struct Reply<B> {
    #[pin]
    kind: Kind<B>,
    open: Option<Open>,
    limits: Option<Limits>,
}

#[pin_project(project = KindProjection)]
enum Kind<B> {
    App(#[pin] B),
    Local(Full<Bytes>),
    Over,
}

/// The request is open until the body has ended.
struct Open {
    guard: Guard,
    /// How many bytes are still to come, where that was said.
    left: Option<u64>,
}

impl<B: HttpBody<Data = Bytes>> Reply<B> {
    /// The application's, with nothing that would end with it.
    pub(super) fn passed_on(body: B) -> Self {
        Self::new(Kind::App(body))
    }

    /// An answer of ours.
    pub(super) fn local(text: Bytes) -> Self {
        Self::new(Kind::Local(Full::new(text)))
    }

    fn new(kind: Kind<B>) -> Self {
        Self {
            kind,
            open: None,
            limits: None,
        }
    }

    /// Holds the call's guard to the end of the body, which is `length` bytes away if that was announced, or to where a limit
    /// cuts it.
    pub(super) fn hold(&mut self, guard: Guard, limits: Option<Limits>, length: Option<u64>) {
        let left = length.or_else(|| self.kind.size_hint().exact());
        if left == Some(0) || self.kind.is_end_stream() {
            guard.call().complete();
        } else {
            self.open = Some(Open { guard, left });
            self.limits = limits;
        }
    }

    fn poll_kind(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>>
    where
        B::Error: Into<BoxError>,
    {
        let this = self.project();
        match this.kind.project() {
            KindProjection::App(body) => {
                let frame = match this.open {
                    // A body is polled after the handler has returned, so it has to be put into the call once more.
                    Some(open) => open.context().enter(|| body.poll_frame(cx)),
                    None => body.poll_frame(cx),
                };
                frame.map_err(Into::into)
            }
            KindProjection::Local(body) => Pin::new(body).poll_frame(cx).map_err(Into::into),
            KindProjection::Over => Poll::Ready(None),
        }
    }

    /// A frame came: the last one, or one after which a limit may have passed.
    fn moved(mut self: Pin<&mut Self>, frame: &Frame<Bytes>) -> Option<Cause> {
        if let Some(open) = &self.open {
            open.guard.call().saw(frame);
        }
        if frame.is_trailers() || self.kind.is_end_stream() {
            self.finish();
            return None;
        }
        let this = self.as_mut().project();
        let open = this.open.as_mut()?;
        let came = frame.data_ref().map_or(0, |data| data.len() as u64);
        if let Some(left) = &mut open.left {
            *left = left.saturating_sub(came);
        }
        let limits = this.limits.as_mut().filter(|_| open.left != Some(0))?;
        limits.moved(open.guard.call().request_end())
    }

    fn finish(self: Pin<&mut Self>) {
        let this = self.project();
        *this.limits = None;
        if let Some(open) = this.open.take() {
            open.guard.call().complete();
        }
    }

    /// Nothing more will come: what is held goes now, not when the server drops the body.
    fn cut(self: Pin<&mut Self>, flag: Option<Flag>) {
        let mut this = self.project();
        this.kind.set(Kind::Over);
        *this.limits = None;
        if let Some(open) = this.open.take() {
            open.guard.call().failed(flag);
        }
    }

    fn poll_limits(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Cause> {
        match self.project() {
            ReplyProjection {
                limits: Some(limits),
                open: Some(open),
                ..
            } => limits.poll_expired(open.guard.call().request_end(), cx),
            _ => Poll::Pending,
        }
    }
}

impl<B> HttpBody for Reply<B>
where
    B: HttpBody<Data = Bytes>,
    B::Error: Into<BoxError>,
{
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        // The frame goes first: one that is there beats silence. The limit on the whole is asked after it all the same.
        let cause = match self.as_mut().poll_kind(cx) {
            Poll::Ready(Some(Ok(frame))) => match self.as_mut().moved(&frame) {
                None => return Poll::Ready(Some(Ok(frame))),
                Some(cause) => cause,
            },
            Poll::Ready(None) => {
                self.finish();
                return Poll::Ready(None);
            }
            Poll::Ready(Some(Err(error))) => {
                self.cut(Some(Flag::UpstreamConnectionTermination));
                return Poll::Ready(Some(Err(error)));
            }
            Poll::Pending => ready!(self.as_mut().poll_limits(cx)),
        };
        let error = Error::new(cause);
        self.cut(error.flag());
        Poll::Ready(Some(Err(error.into())))
    }

    fn is_end_stream(&self) -> bool {
        self.kind.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.kind.size_hint()
    }
}

impl Open {
    fn context(&self) -> CallContext {
        CallContext::new(self.guard.call().clone())
    }
}

impl<B: HttpBody<Data = Bytes>> Kind<B> {
    fn is_end_stream(&self) -> bool {
        match self {
            Self::App(body) => body.is_end_stream(),
            Self::Local(body) => body.is_end_stream(),
            Self::Over => true,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::App(body) => body.size_hint(),
            Self::Local(body) => body.size_hint(),
            Self::Over => SizeHint::with_exact(0),
        }
    }
}

#[pinned_drop]
impl<B> PinnedDrop for Reply<B> {
    fn drop(self: Pin<&mut Self>) {
        // A server that has sent as many bytes as were announced does not ask for the end.
        if let Some(Open {
            guard,
            left: Some(0),
        }) = self.project().open
        {
            guard.call().complete();
        }
    }
}

impl<B> fmt::Debug for Reply<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match &self.kind {
            Kind::App(_) => "App",
            Kind::Local(_) => "Local",
            Kind::Over => "Over",
        };
        f.debug_struct("Reply")
            .field("kind", &kind)
            .finish_non_exhaustive()
    }
}
