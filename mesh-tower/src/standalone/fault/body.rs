//! The body of a response that may have been given on purpose.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use pin_project::pin_project;

use crate::standalone::answer::{Answer, AnswerProjection};

/// The inner service's body, or the text of a fault.
#[pin_project]
pub struct FaultBody<B>(#[pin] Answer<B>);

impl<B> FaultBody<B> {
    pub(super) fn inner(body: B) -> Self {
        Self(Answer::Inner(body))
    }

    pub(super) fn local(text: Bytes) -> Self {
        Self(Answer::Local(text.into()))
    }
}

impl<B: HttpBody<Data = Bytes>> HttpBody for FaultBody<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        match self.project().0.project() {
            AnswerProjection::Inner(body) => body.poll_frame(cx),
            AnswerProjection::Local(body) => {
                let frame = Pin::new(body).poll_frame(cx);
                frame.map_err(|never| match never {})
            }
            AnswerProjection::Over => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.0.size_hint()
    }
}

impl<B> fmt::Debug for FaultBody<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("FaultBody").field(&self.0).finish()
    }
}
