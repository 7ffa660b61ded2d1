//! The body of a response that has to end within its limits.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use pin_project::pin_project;

use super::limited::Limited;
use crate::{
    body::BoxError,
    error::Error,
    standalone::answer::{Answer, AnswerProjection},
};

/// The inner service's body, which a limit may cut, or the text of the answer in its place.
#[pin_project]
pub struct RequestTimeoutBody<B> {
    #[pin]
    answer: Answer<B>,
    limited: Option<Limited>,
}

impl<B: HttpBody<Data = Bytes>> RequestTimeoutBody<B> {
    pub(super) fn inner(body: B, limited: Option<Limited>) -> Self {
        let mut limited = limited.filter(|_| !body.is_end_stream());
        if let Some(limited) = &mut limited {
            limited.answered();
        }
        Self {
            answer: Answer::Inner(body),
            limited,
        }
    }

    pub(super) fn local(text: Bytes) -> Self {
        Self {
            answer: Answer::Local(text.into()),
            limited: None,
        }
    }

    /// A frame came: the last one, or one after which a limit may have passed.
    fn moved(self: Pin<&mut Self>, frame: &Frame<Bytes>) -> Option<Error> {
        let last = frame.is_trailers() || self.answer.is_end_stream();
        let limited = self.project().limited;
        if last {
            *limited = None;
        }
        limited.as_mut()?.moved()
    }
}

impl<B> HttpBody for RequestTimeoutBody<B>
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
        let this = self.as_mut().project();
        let polled = match this.answer.project() {
            AnswerProjection::Inner(body) => body.poll_frame(cx).map_err(Into::into),
            AnswerProjection::Local(body) => Pin::new(body).poll_frame(cx).map_err(Into::into),
            AnswerProjection::Over => Poll::Ready(None),
        };
        // The frame goes first: one that is there beats silence. The limit on the whole is asked after it all the same.
        let error = match polled {
            Poll::Ready(Some(Ok(frame))) => match self.as_mut().moved(&frame) {
                None => return Poll::Ready(Some(Ok(frame))),
                Some(error) => error,
            },
            Poll::Ready(last) => {
                *this.limited = None;
                return Poll::Ready(last);
            }
            Poll::Pending => match this.limited {
                Some(limited) => ready!(limited.poll_expired(cx)),
                None => return Poll::Pending,
            },
        };
        // What is cut goes now, not when the reader drops this body.
        let mut this = self.project();
        this.answer.set(Answer::Over);
        *this.limited = None;
        Poll::Ready(Some(Err(error.into())))
    }

    fn is_end_stream(&self) -> bool {
        self.answer.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.answer.size_hint()
    }
}

impl<B> fmt::Debug for RequestTimeoutBody<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestTimeoutBody")
            .field("answer", &self.answer)
            .field("limited", &self.limited.is_some())
            .finish()
    }
}
