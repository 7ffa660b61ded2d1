//! A response, for those who want its text and no more.

use bytes::Bytes;
use http::{HeaderMap, Response, StatusCode};
use http_body_util::{BodyExt, LengthLimitError, Limited};

use crate::{
    call::Call,
    error::{Cause, Error},
    response_body::ResponseBody,
};

/// A response to a request that a [`RequestBuilder`](super::RequestBuilder) sent.
#[derive(Debug)]
pub struct ClientResponse(Response<ResponseBody>);

impl ClientResponse {
    pub(super) fn new(response: Response<ResponseBody>) -> Self {
        Self(response)
    }

    /// Its status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.0.status()
    }

    /// Its headers.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        self.0.headers()
    }

    /// What is known about the call: target, attempts, flags.
    #[must_use]
    pub fn call(&self) -> Option<&Call> {
        self.0.body().call()
    }

    /// The whole of it, for a body that is read piece by piece.
    #[must_use]
    pub fn into_http(self) -> Response<ResponseBody> {
        self.0
    }

    /// Itself, unless its status is 400 or above.
    ///
    /// # Errors
    /// One of kind [`Status`](crate::ErrorKind::Status).
    pub fn error_for_status(self) -> Result<Self, Error> {
        let status = self.status();
        if status.is_client_error() || status.is_server_error() {
            let place = self.call().map(Call::place).unwrap_or_default();
            return Err(Error::new(Cause::Status(status)).at(place));
        }
        Ok(self)
    }

    /// Its body, up to 64 MiB.
    ///
    /// # Errors
    /// One of kind [`Body`](crate::ErrorKind::Body) if there is more, or else why the body did not come to its end.
    pub async fn bytes(self) -> Result<Bytes, Error> {
        match Limited::new(self.0.into_body(), LONGEST).collect().await {
            Ok(body) => Ok(body.to_bytes()),
            Err(error) if error.is::<LengthLimitError>() => Err(Error::new(Cause::Body(error))),
            Err(error) => Err(error
                .downcast::<Error>()
                .map_or_else(|error| Error::new(Cause::Body(error)), |error| *error)),
        }
    }

    /// Its body as text; what is not UTF-8 is replaced.
    ///
    /// # Errors
    /// As [`bytes`](Self::bytes).
    pub async fn text(self) -> Result<String, Error> {
        Ok(String::from_utf8_lossy(&self.bytes().await?).into_owned())
    }
}

/// Whoever wants more than this at once reads the body himself.
const LONGEST: usize = 64 * 1024 * 1024;
