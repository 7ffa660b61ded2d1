//! The body of a response whose request is in flight until it ends.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use pin_project::pin_project;

use crate::{
    gate::Permit,
    standalone::answer::{Answer, AnswerProjection},
};

/// The inner service's body, or the text of a refusal. Its request is in flight until it ends, fails or is dropped.
#[pin_project]
pub struct LimitBody<B> {
    #[pin]
    answer: Answer<B>,
    permit: Option<Permit>,
}

impl<B: HttpBody<Data = Bytes>> LimitBody<B> {
    pub(super) fn inner(body: B, permit: Option<Permit>) -> Self {
        Self {
            permit: permit.filter(|_| !body.is_end_stream()),
            answer: Answer::Inner(body),
        }
    }

    pub(super) fn local(text: Bytes) -> Self {
        Self {
            answer: Answer::Local(text.into()),
            permit: None,
        }
    }
}

impl<B: HttpBody<Data = Bytes>> HttpBody for LimitBody<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let mut this = self.project();
        let frame = match this.answer.as_mut().project() {
            AnswerProjection::Inner(body) => ready!(body.poll_frame(cx)),
            AnswerProjection::Local(body) => {
                let frame = ready!(Pin::new(body).poll_frame(cx));
                frame.map(|frame| frame.map_err(|never| match never {}))
            }
            AnswerProjection::Over => None,
        };
        let goes_on = matches!(&frame, Some(Ok(frame)) if !frame.is_trailers());
        if !goes_on || this.answer.is_end_stream() {
            *this.permit = None;
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.answer.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.answer.size_hint()
    }
}

impl<B> fmt::Debug for LimitBody<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LimitBody")
            .field("answer", &self.answer)
            .field("in_flight", &self.permit.is_some())
            .finish()
    }
}
