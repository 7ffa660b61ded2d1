//! What a response of a layer consists of: the inner service's body, or an answer of the layer's own.

use std::fmt;

use bytes::Bytes;
use http_body::{Body as HttpBody, SizeHint};
use http_body_util::Full;
use pin_project::pin_project;

#[pin_project(project = AnswerProjection)]
pub(super) enum Answer<B> {
    Inner(#[pin] B),
    Local(Full<Bytes>),
    /// It was cut.
    Over,
}

impl<B: HttpBody<Data = Bytes>> Answer<B> {
    pub(super) fn is_end_stream(&self) -> bool {
        match self {
            Self::Inner(body) => body.is_end_stream(),
            Self::Local(body) => body.is_end_stream(),
            Self::Over => true,
        }
    }

    pub(super) fn size_hint(&self) -> SizeHint {
        match self {
            Self::Inner(body) => body.size_hint(),
            Self::Local(body) => body.size_hint(),
            Self::Over => SizeHint::with_exact(0),
        }
    }
}

impl<B> fmt::Debug for Answer<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Inner(_) => "Inner",
            Self::Local(_) => "Local",
            Self::Over => "Over",
        })
    }
}
