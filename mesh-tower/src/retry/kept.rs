//! What is kept of a request so that another attempt can send it.

use http::{HeaderMap, HeaderName, Method, Request, Uri, Version};

use crate::body::{Body, Replay};

/// The head of a request without its extensions, and its body. Kept only while another attempt can still be made: the clone of a
/// header map is the dearest thing that a request which never fails would pay for.
#[derive(Debug)]
pub(crate) struct Kept {
    method: Method,
    uri: Uri,
    version: Version,
    headers: HeaderMap,
    body: Replay,
}

impl Kept {
    /// Keeps a copy; `None` for a body that is too long to be kept.
    pub(crate) fn of(request: &mut Request<Body>) -> Option<Self> {
        Some(Self {
            body: Replay::of(request.body_mut())?,
            method: request.method().clone(),
            uri: request.uri().clone(),
            version: request.version(),
            headers: request.headers().clone(),
        })
    }

    /// The request once more, for the attempt with this number; `None` if too much of its body has gone by meanwhile.
    pub(crate) fn request(&self, attempt: u32) -> Option<Request<Body>> {
        let mut request = Request::new(self.body.body()?);
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = self.uri.clone();
        *request.version_mut() = self.version;
        *request.headers_mut() = self.headers.clone();
        request.headers_mut().insert(ATTEMPT_COUNT, attempt.into());
        Some(request)
    }
}

/// Tells the peer that it may have seen the request before. Envoy can be told to write it, and writes it on every attempt.
const ATTEMPT_COUNT: HeaderName = HeaderName::from_static("x-envoy-attempt-count");
