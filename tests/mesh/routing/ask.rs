//! One request: as a caller of ours would write it, and as the same one reaches an Envoy.

use http::Request;

/// A request, as its caller writes it.
#[derive(Clone, Debug)]
pub(super) struct Ask {
    /// The port that a sidecar's caller dials, or a gateway's.
    pub(super) dialled: u16,
    pub(super) wire: Wire,
    /// Whether a gateway takes it, whose proxy sends it on to itself over HTTP/1.1.
    pub(super) by_gateway: bool,
    pub(super) method: String,
    /// Scheme and authority of the URI; `None`: it is a path alone.
    pub(super) origin: Option<(&'static str, String)>,
    /// `Host` headers; usually none beside an origin, and one without.
    pub(super) hosts: Vec<String>,
    /// Path and query.
    pub(super) target: String,
    pub(super) headers: Vec<(String, String)>,
}

/// In which form it reaches Envoy.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Wire {
    /// HTTP/1.1 with a path.
    Http1,
    /// HTTP/1.1 with a whole URI.
    Absolute,
    Http2,
}

impl Ask {
    /// What `Snapshot` is asked about.
    pub(super) fn request(&self) -> http::Result<Request<()>> {
        let origin = self.origin.as_ref();
        let origin = origin.map(|(scheme, authority)| format!("{scheme}://{authority}"));
        let uri = origin.unwrap_or_default() + &self.target;
        let mut request = Request::builder().method(self.method.as_str()).uri(uri);
        for host in &self.hosts {
            request = request.header("host", host);
        }
        self.with_headers(request)
    }

    /// The same as the server of a gateway has it, which sees what is on the wire.
    pub(super) fn received(&self) -> http::Result<Request<()>> {
        if self.wire == Wire::Http2 {
            return self.http2();
        }
        let origin = match (self.wire, &self.origin) {
            (Wire::Absolute, Some((scheme, authority))) => format!("{scheme}://{authority}"),
            _ => String::new(),
        };
        let request = Request::builder().method(self.method.as_str());
        let request = request.uri(origin + self.slash() + &self.target);
        let hosts = self.wire_hosts();
        let request = hosts
            .iter()
            .fold(request, |request, host| request.header("host", *host));
        self.with_headers(request)
    }

    /// The same over HTTP/2 (RFC 9113): there is one authority, and it is what a sidecar's caller put into `Host`. To a gateway both
    /// may come.
    pub(super) fn http2(&self) -> http::Result<Request<()>> {
        let scheme = self.origin.as_ref().map_or("http", |(scheme, _)| scheme);
        let (authority, others) = self.authority_of_http2();
        let uri = format!("{scheme}://{authority}{}{}", self.slash(), self.target);
        let request = Request::builder().version(http::Version::HTTP_2);
        let request = others
            .iter()
            .fold(request, |request, host| request.header("host", host));
        // Nor may there be blanks around a value (section 8.2.1), which HTTP/1.1 takes off.
        let mut trimmed = self.clone();
        for (_, value) in &mut trimmed.headers {
            *value = value.trim().to_owned();
        }
        trimmed.with_headers(request.method(self.method.as_str()).uri(uri))
    }

    fn authority_of_http2(&self) -> (&str, &[String]) {
        match &self.origin {
            Some((_, authority)) if self.by_gateway => (without_user(authority), &self.hosts),
            _ => (self.wire_hosts()[0], &[]),
        }
    }

    fn with_headers(&self, request: http::request::Builder) -> http::Result<Request<()>> {
        let headers = self.headers.iter();
        let request = headers.fold(request, |request, (name, value)| {
            request.header(name.as_str(), value.as_bytes())
        });
        request.body(())
    }

    /// The same over HTTP/1.1.
    pub(super) fn http1(&self) -> Vec<u8> {
        let origin = match (self.wire, &self.origin) {
            (Wire::Absolute, Some((scheme, authority))) => format!("{scheme}://{authority}"),
            _ => self.slash().to_owned(),
        };
        let mut text = format!("{} {origin}{} HTTP/1.1\r\n", self.method, self.target);
        let hosts = self.wire_hosts();
        let hosts = hosts.iter().map(|host| ("host", *host));
        let headers = self
            .headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()));
        for (name, value) in hosts.chain(headers) {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        (text + "\r\n").into_bytes()
    }

    /// A path begins with one, also where none is written.
    fn slash(&self) -> &'static str {
        match self.target.as_bytes() {
            [] | [b'?', ..] => "/",
            _ => "",
        }
    }

    fn wire_hosts(&self) -> Vec<&str> {
        match &self.origin {
            // A user is for the client alone.
            Some((_, authority)) if self.hosts.is_empty() => vec![without_user(authority)],
            _ => self.hosts.iter().map(String::as_str).collect(),
        }
    }
}

fn without_user(authority: &str) -> &str {
    authority.rsplit('@').next().unwrap_or_default()
}
