//! Heads from literals.

use std::borrow::Cow;

use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};

use super::{Head, host_header};
use crate::route::authority;

/// For tests: heads from literals, whose author is there to read why one is none. What comes from outside is made into an
/// [`http::Request`] first, which says so in an error, and then `Head::from(&request)`.
impl Head<'static> {
    /// A GET of that URI.
    ///
    /// # Panics
    /// If it is not a URI.
    #[must_use]
    pub fn get(uri: &str) -> Self {
        Self::request(&Method::GET, uri)
    }

    /// A POST to that URI.
    ///
    /// # Panics
    /// If it is not a URI.
    #[must_use]
    pub fn post(uri: &str) -> Self {
        Self::request(&Method::POST, uri)
    }

    /// A request of that method for that URI.
    ///
    /// # Panics
    /// If it is not a URI.
    #[must_use]
    pub fn request(method: &Method, uri: &str) -> Self {
        let uri: Uri = uri
            .parse()
            .unwrap_or_else(|error| panic!("`{uri}`: {error}"));
        Head::new(method, &uri, &HeaderMap::new()).into_owned()
    }

    /// This head with one more header; a second one of the same name stands beside the first.
    ///
    /// # Panics
    /// If name or value may not stand in a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        let name: HeaderName = name
            .parse()
            .unwrap_or_else(|error| panic!("`{name}`: {error}"));
        let value: HeaderValue = value
            .parse()
            .unwrap_or_else(|error| panic!("`{value}`: {error}"));
        self.headers.to_mut().append(name, value);
        if let Some(host) = host_header(&self.headers) {
            let (name, port) = authority::split(host);
            self.host = name;
            self.port = self.uri_port.or(port);
            self.authority = Cow::Owned(host.to_owned());
        }
        self
    }
}

impl Head<'_> {
    fn into_owned(self) -> Head<'static> {
        let owned = |text: Cow<'_, str>| Cow::Owned(text.into_owned());
        Head {
            method: Cow::Owned(self.method.into_owned()),
            uri_scheme: self.uri_scheme.map(owned),
            uri_port: self.uri_port,
            authority: owned(self.authority),
            host: self.host,
            port: self.port,
            target: owned(self.target),
            path_length: self.path_length,
            path_changed: self.path_changed,
            headers: Cow::Owned(self.headers.into_owned()),
        }
    }
}
