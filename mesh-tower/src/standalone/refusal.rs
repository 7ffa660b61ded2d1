//! What becomes of a request that a layer refuses: an answer for a caller elsewhere, an error for one in this process.

use bytes::Bytes;
use http::Response;

use crate::{body::BoxError, error::Error};

/// How a layer refuses: [`WithResponse`] or [`WithError`].
pub trait Refusal<E>: sealed::Sealed {
    /// The errors of a service that refuses so.
    type Error;

    /// Whether requests come in there, or are sent.
    #[doc(hidden)]
    const INBOUND: bool;

    #[doc(hidden)]
    fn pass(error: E) -> Self::Error;

    #[doc(hidden)]
    fn refuse(
        error: Error,
        answer: impl FnOnce(&Error) -> Response<Bytes>,
    ) -> Result<Response<Bytes>, Self::Error>;
}

/// Refuses with the response that a sidecar would have given, and passes the inner service's errors through untouched: for
/// servers, and what stands around an axum `Router`.
#[derive(Clone, Copy, Debug)]
pub enum WithResponse {}

/// Refuses with an [`Error`] in a box, Tower's idiom: for clients.
#[derive(Clone, Copy, Debug)]
pub enum WithError {}

impl<E> Refusal<E> for WithResponse {
    type Error = E;
    const INBOUND: bool = true;

    fn pass(error: E) -> E {
        error
    }

    fn refuse(
        error: Error,
        answer: impl FnOnce(&Error) -> Response<Bytes>,
    ) -> Result<Response<Bytes>, E> {
        Ok(answer(&error))
    }
}

impl<E: Into<BoxError>> Refusal<E> for WithError {
    type Error = BoxError;
    const INBOUND: bool = false;

    fn pass(error: E) -> BoxError {
        error.into()
    }

    fn refuse(
        error: Error,
        _answer: impl FnOnce(&Error) -> Response<Bytes>,
    ) -> Result<Response<Bytes>, BoxError> {
        Err(error.into())
    }
}

mod sealed {
    #[expect(unnameable_types, reason = "there are two ways to refuse")]
    pub trait Sealed {}
    impl Sealed for super::WithResponse {}
    impl Sealed for super::WithError {}
}
