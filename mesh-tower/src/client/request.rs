//! A request in the making.

use std::time::Duration;

use http::{HeaderName, HeaderValue, Method, Request, Uri};

use super::{Client, ClientResponse};
use crate::{
    body::Body,
    error::{Cause, Error},
};

/// A request that is being put together; made by [`Client::get`], [`Client::post`] and [`Client::request`].
///
/// What cannot be sent is reported by [`send`](Self::send), so that the parts can be chained.
#[derive(Debug)]
#[must_use = "a request does nothing until it is sent"]
pub struct RequestBuilder {
    client: Client,
    request: Result<Request<Body>, Error>,
    limit: Option<Duration>,
}

impl RequestBuilder {
    pub(super) fn new(client: Client, method: Method, uri: &str) -> Self {
        let request = uri
            .parse::<Uri>()
            // Without the text: what a caller put together may hold what no log should.
            .map_err(|error| unsendable(format!("what was given is no URI ({error})")))
            .map(|uri| {
                let mut request = Request::new(Body::empty());
                *request.method_mut() = method;
                *request.uri_mut() = uri;
                request
            });
        Self {
            client,
            request,
            limit: None,
        }
    }

    /// Adds a header; one that was there under the same name goes.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.request = self.request.and_then(|mut request| {
            let name = HeaderName::try_from(name)
                .map_err(|_| unsendable(format!("{name:?} is no header name")))?;
            let value = HeaderValue::try_from(value)
                .map_err(|_| unsendable(format!("header {name} cannot have this value")))?;
            request.headers_mut().insert(name, value);
            Ok(request)
        });
        self
    }

    /// Sets the body.
    pub fn body(mut self, body: impl Into<Body>) -> Self {
        if let Ok(request) = &mut self.request {
            *request.body_mut() = body.into();
        }
        self
    }

    /// Ends the call after this long, retries included, if the route's own limit would not do so before.
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.limit = Some(limit);
        self
    }

    /// Sends it.
    ///
    /// # Errors
    /// Why it could not be sent or was not answered.
    pub async fn send(mut self) -> Result<ClientResponse, Error> {
        self.client
            .begin(self.request?, self.limit)
            .await
            .map(ClientResponse::new)
    }
}

fn unsendable(why: String) -> Error {
    Error::new(Cause::Request(why))
}
