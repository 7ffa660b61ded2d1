//! What of a request decides where it goes.

mod literal;

use std::{borrow::Cow, ops::Range};

use http::{
    HeaderMap, HeaderName, Method, Request, Uri,
    header::{CONTENT_TYPE, HOST},
    uri::{Authority, PathAndQuery},
};

use super::authority;
use crate::path::normalise;

/// The head of a request, as routes look at it: borrowed from the request, or made up for a test.
///
/// The host is that of the `Host` header where there is one, else the URI's; the port is the URI's, else the `Host` header's. What a
/// server [received](Self::received) believes the URI first.
/// The path is normalised (see [`path`](Self::path)); what is forwarded must be that one too.
///
/// # Examples
/// ```
/// use mesh_core::route::Head;
///
/// let head = Head::get("http://service-b.default:8080/a/../x?k=v").header("x-canary", "1");
/// assert_eq!((head.host(), head.port()), ("service-b.default", Some(8080)));
/// assert_eq!((head.path(), head.query()), ("/x", Some("k=v")));
/// ```
#[derive(Clone, Debug)]
pub struct Head<'a> {
    method: Cow<'a, Method>,
    uri_scheme: Option<Cow<'a, str>>,
    uri_port: Option<u16>,
    authority: Cow<'a, str>,
    /// Where in the authority the host stands.
    host: Range<usize>,
    port: Option<u16>,
    /// The path in its normal form, and the query with its `?`.
    target: Cow<'a, str>,
    path_length: usize,
    path_changed: bool,
    headers: Cow<'a, HeaderMap>,
}

impl<'a> Head<'a> {
    /// The head of a request that is sent; allocates only if the path is not in its normal form.
    #[must_use]
    pub fn new(method: &'a Method, uri: &'a Uri, headers: &'a HeaderMap) -> Self {
        Self::named(method, uri, headers, host_header(headers))
    }

    /// The head of a request as a server received it: of its host, the URI is believed before the `Host` header. Over HTTP/2 that is
    /// `:authority`, and over HTTP/1.1 what a caller writes who takes this server for a proxy.
    ///
    /// # Source
    /// RFC 9112, section 3.2.2, and RFC 9113, section 8.3.1; measured on Envoy 1.40.
    #[must_use]
    pub fn received(method: &'a Method, uri: &'a Uri, headers: &'a HeaderMap) -> Self {
        let host = host_header(headers).filter(|_| uri.authority().is_none());
        Self::named(method, uri, headers, host)
    }

    fn named(
        method: &'a Method,
        uri: &'a Uri,
        headers: &'a HeaderMap,
        host_header: Option<&'a str>,
    ) -> Self {
        let named = uri.authority().map_or("", Authority::as_str);
        let named = authority::without_user(named);
        let written = uri.path_and_query().map_or("", PathAndQuery::as_str);
        let (target, path_length) = normal(written);
        let path_changed = matches!(target, Cow::Owned(_));
        let (uri_host, uri_port) = authority::split(named);
        let (authority, host, port) = match host_header {
            None => (named, uri_host, uri_port),
            Some(header) => {
                let (host, port) = authority::split(header);
                (header, host, uri_port.or(port))
            }
        };
        Self {
            method: Cow::Borrowed(method),
            uri_scheme: uri.scheme_str().map(Cow::Borrowed),
            uri_port,
            host,
            authority: Cow::Borrowed(authority),
            port,
            target,
            path_length,
            path_changed,
            headers: Cow::Borrowed(headers),
        }
    }

    /// The head of a request that a gateway sends on: with this authority, for this port, and with another path and query, if it
    /// has got one. The path is normalised once more.
    ///
    /// # Source
    /// Measured on Envoy 1.40: what a gateway rewrote is routed as a new request.
    #[must_use]
    pub(crate) fn rewritten<'h>(
        &'h self,
        authority: &'h str,
        port: Option<u16>,
        target: Option<String>,
    ) -> Head<'h> {
        let (host, named) = authority::split(authority);
        let port = port.or(named);
        let (target, path_length, rewritten) = match target {
            None => (Cow::Borrowed(&*self.target), self.path_length, false),
            Some(written) => {
                let (target, path_length) = normal(&written);
                (Cow::Owned(target.into_owned()), path_length, true)
            }
        };
        Head {
            method: Cow::Borrowed(&self.method),
            uri_scheme: self.uri_scheme.as_deref().map(Cow::Borrowed),
            uri_port: port,
            authority: Cow::Borrowed(authority),
            host,
            port,
            target,
            path_length,
            path_changed: self.path_changed || rewritten,
            headers: Cow::Borrowed(&self.headers),
        }
    }

    /// The method.
    #[must_use]
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// The URI's scheme, else `https` if `x-forwarded-proto` says so in any case of letters, else `http`.
    #[must_use]
    pub fn scheme(&self) -> &str {
        let forwarded = || {
            let mut lines = self.written_lines(X_FORWARDED_PROTO);
            let first = lines.next();
            first.is_some_and(|proto| proto.eq_ignore_ascii_case(b"https"))
                && lines.next().is_none()
        };
        match &self.uri_scheme {
            Some(scheme) => scheme,
            None if forwarded() => "https",
            None => "http",
        }
    }

    /// The scheme that the URI itself names.
    pub(super) fn uri_scheme(&self) -> Option<&str> {
        self.uri_scheme.as_deref()
    }

    /// The authority that the caller wrote, port and case included, without a user.
    #[must_use]
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// The host that was called, without its port.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.authority[self.host.clone()]
    }

    /// The port that was called, if one was named.
    #[must_use]
    pub fn port(&self) -> Option<u16> {
        self.port
    }

    /// The path in its normal form: dot segments resolved, slashes merged, `\` turned, unreserved characters decoded;
    /// escaped slashes are kept.
    ///
    /// # Source
    /// App Mesh switched on Envoy's `normalize_path` and `merge_slashes`; details as measured on Envoy 1.40.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.target[..self.path_length]
    }

    /// The query, raw.
    #[must_use]
    pub fn query(&self) -> Option<&str> {
        self.target[self.path_length..].strip_prefix('?')
    }

    /// Path and query, as they have to be forwarded.
    #[must_use]
    pub fn path_and_query(&self) -> &str {
        &self.target
    }

    /// Whether the path was not in its normal form, so that what the caller wrote must not be forwarded.
    #[must_use]
    pub fn path_changed(&self) -> bool {
        self.path_changed
    }

    /// The headers.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// Whether it is a gRPC call, by its content type.
    #[must_use]
    pub fn is_grpc(&self) -> bool {
        let mut lines = self.written_lines(CONTENT_TYPE);
        match lines.next().and_then(|kind| kind.strip_prefix(GRPC)) {
            // What stands in another line follows a comma.
            Some([]) => lines.next().is_none(),
            Some([b'+', ..]) => true,
            _ => false,
        }
    }

    /// Of a header whose lines are one value; empty ones add nothing to it.
    fn written_lines(&self, name: HeaderName) -> impl Iterator<Item = &[u8]> {
        let lines = self.headers.get_all(name).iter();
        let lines = lines.map(|line| line.as_bytes().trim_ascii());
        lines.filter(|line| !line.is_empty())
    }
}

impl<'a, B> From<&'a Request<B>> for Head<'a> {
    fn from(request: &'a Request<B>) -> Self {
        Self::new(request.method(), request.uri(), request.headers())
    }
}

/// Path and query with the path in its normal form, and how long that is.
fn normal(written: &str) -> (Cow<'_, str>, usize) {
    let (path, query) = written.split_at(written.find('?').unwrap_or(written.len()));
    // Of a URI that goes on with its query after the authority, the path is `/` (RFC 9110, section 4.2.3).
    let path = match (path, query) {
        ("", "") => Cow::Borrowed(""),
        ("", _) => Cow::Owned("/".to_owned()),
        (path, _) => normalise(path),
    };
    let length = path.len();
    match path {
        Cow::Borrowed(_) => (Cow::Borrowed(written), length),
        Cow::Owned(path) => (Cow::Owned(path + query), length),
    }
}

/// Several hosts, or one that is not text, are none that a virtual service could have.
fn host_header(headers: &HeaderMap) -> Option<&str> {
    let mut hosts = headers.get_all(HOST).iter();
    let host = hosts
        .next()?
        .to_str()
        .ok()
        .filter(|_| hosts.next().is_none());
    Some(host.unwrap_or_default())
}

const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const GRPC: &[u8] = b"application/grpc";

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn the_host_header_names_the_host_and_the_uri_the_port() {
        let rows = [
            ("http://uri.local/", None, "uri.local", None),
            ("http://uri.local:1/", None, "uri.local", Some(1)),
            (
                "http://uri.local/",
                Some("header.local"),
                "header.local",
                None,
            ),
            (
                "http://uri.local:1/",
                Some("header.local"),
                "header.local",
                Some(1),
            ),
            (
                "http://uri.local:1/",
                Some("header.local:2"),
                "header.local",
                Some(1),
            ),
            (
                "http://uri.local/",
                Some("header.local:2"),
                "header.local",
                Some(2),
            ),
            ("/", Some("header.local:2"), "header.local", Some(2)),
            ("/", None, "", None),
            ("http://uri.local:1/", Some(""), "", Some(1)),
        ];
        for (uri, host, expected, port) in rows {
            let head = Head::get(uri);
            let head = match host {
                Some(host) => head.header("host", host),
                None => head,
            };
            assert_eq!(
                (head.host(), head.port()),
                (expected, port),
                "{uri} with {host:?}"
            );
        }
    }

    #[test]
    fn of_what_was_received_the_uri_names_the_host_before_the_header_does() {
        let (method, mut headers) = (Method::GET, HeaderMap::new());
        headers.insert(HOST, HeaderValue::from_static("header.local:2"));
        let rows = [
            ("http://uri.local:1/", "uri.local", Some(1)),
            ("http://uri.local/", "uri.local", None),
            ("/", "header.local", Some(2)),
        ];
        for (uri, host, port) in rows {
            let uri = uri.parse().unwrap();
            let head = Head::received(&method, &uri, &headers);
            assert_eq!((head.host(), head.port()), (host, port), "{uri}");
        }
    }

    #[test]
    fn a_user_in_the_uri_is_no_part_of_the_authority_and_one_in_the_host_header_is() {
        let head = Head::get("http://user:secret@uri.local:1/");
        assert_eq!((head.host(), head.port()), ("uri.local", Some(1)));
        assert_eq!(head.authority(), "uri.local:1");
        let head = Head::get("/").header("host", "user@header.local:2");
        assert_eq!((head.host(), head.port()), ("user@header.local", Some(2)));
    }

    #[test]
    fn two_hosts_are_none() {
        let head = Head::get("http://a/")
            .header("host", "a")
            .header("host", "b");
        assert_eq!(head.host(), "");
    }

    #[test]
    fn a_clean_path_is_borrowed_and_a_changed_one_is_told() {
        let (method, headers) = (Method::GET, HeaderMap::new());
        let clean = Uri::from_static("http://a/x%2Fy?q=//");
        let head = Head::new(&method, &clean, &headers);
        assert!(!head.path_changed() && matches!(head.target, Cow::Borrowed(_)));
        let other = Uri::from_static("http://a//x?q=//");
        let head = Head::new(&method, &other, &headers);
        assert_eq!(
            (head.path_changed(), head.path_and_query()),
            (true, "/x?q=//")
        );
    }

    #[test]
    fn a_path_that_was_changed_is_told_whoever_changed_it() {
        let rows = [
            ("http://a/x", None, false),
            ("http://a/x", Some("/y"), true),
            ("http://a//x", None, true),
        ];
        for (uri, target, changed) in rows {
            let head = Head::get(uri);
            let rewritten = head.rewritten("b", None, target.map(str::to_owned));
            assert_eq!(rewritten.path_changed(), changed, "{uri}, {target:?}");
        }
    }

    #[test]
    fn path_and_query_are_told_apart() {
        let rows = [
            ("http://a", "/", None),
            ("http://a/", "/", None),
            ("http://a/x?", "/x", Some("")),
            ("http://a/x?k=v?w", "/x", Some("k=v?w")),
            // What any client sends of it.
            ("http://a?k", "/", Some("k")),
            ("http://a??k", "/", Some("?k")),
            ("*", "*", None),
        ];
        for (uri, path, query) in rows {
            let head = Head::get(uri);
            assert_eq!((head.path(), head.query()), (path, query), "{uri}");
        }
    }

    #[test]
    fn the_scheme_is_the_uris_or_the_forwarded_one() {
        assert_eq!(Head::get("https://a/").scheme(), "https");
        assert_eq!(
            Head::get("http://a/")
                .header("x-forwarded-proto", "https")
                .scheme(),
            "http"
        );
        assert_eq!(
            Head::get("/").header("x-forwarded-proto", "https").scheme(),
            "https"
        );
        assert_eq!(Head::get("/").scheme(), "http");
        for (proto, scheme) in [("HTTPS", "https"), ("HTTP", "http"), ("wss", "http")] {
            let head = Head::get("/").header("x-forwarded-proto", proto);
            assert_eq!(head.scheme(), scheme, "{proto}");
        }
        // Two lines are one value, which is no scheme.
        let twice = Head::get("/").header("x-forwarded-proto", "https");
        assert_eq!(twice.header("x-forwarded-proto", "https").scheme(), "http");
    }

    #[test]
    fn grpc_is_told_by_its_content_type() {
        let rows = [
            ("application/grpc", true),
            ("application/grpc+proto", true),
            // Envoy 1.40 takes it for none either.
            ("application/grpc;charset=utf-8", false),
            ("application/grpc-web", false),
            ("application/grpcx", false),
            ("application/json", false),
        ];
        for (kind, expected) in rows {
            let head = Head::post("http://a/").header("content-type", kind);
            assert_eq!(head.is_grpc(), expected, "{kind}");
        }
        assert!(!Head::post("http://a/").is_grpc());
        // The lines of a content type are one value, joined with commas.
        let rows = [
            ("application/grpc", "application/grpc", false),
            ("application/grpc+proto", "text/plain", true),
            ("application/grpc", "", true),
            ("", "application/grpc", true),
        ];
        for (first, second, expected) in rows {
            let head = Head::post("http://a/").header("content-type", first);
            let head = head.header("content-type", second);
            assert_eq!(head.is_grpc(), expected, "{first:?}, {second:?}");
        }
    }
}
