//! The head of one attempt: written for the endpoint's protocol, whatever the caller's was.

use std::mem;

use http::{
    HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, Uri, Version,
    header::{CONNECTION, HOST, TE, TRANSFER_ENCODING, UPGRADE},
    uri::{Authority, PathAndQuery, Scheme},
};

/// Whether a request asks for the connection to become something else; only HTTP/1 endpoints can grant it here.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Upgrade {
    No,
    /// By an `Upgrade` header.
    Header,
    /// By the method CONNECT.
    Connect,
}

impl Upgrade {
    fn of<B>(request: &Request<B>) -> Self {
        match request.method() == Method::CONNECT {
            true => Self::Connect,
            false if request.headers().contains_key(UPGRADE) => Self::Header,
            false => Self::No,
        }
    }

    /// Whether an answer with this status makes the connection a tunnel.
    pub(crate) fn is_granted_by(self, status: StatusCode) -> bool {
        match self {
            Self::No => false,
            Self::Header => status == StatusCode::SWITCHING_PROTOCOLS,
            Self::Connect => status.is_success(),
        }
    }
}

/// A head that no endpoint could be sent.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unsendable {
    #[error("it has neither a host in its URI nor a usable Host header")]
    NoAuthority,
    #[error("an upgrade cannot be sent to an HTTP/2 endpoint")]
    UpgradeOverHttp2,
    #[error("its URI cannot be rewritten")]
    Uri(#[source] http::Error),
}

/// Rewrites the head for an endpoint that speaks `version`: authority from the caller's `Host` header or else its URI,
/// the URI in the protocol's form, hop-by-hop headers away, and with them what somebody else's connection is said to have proved.
///
/// # Source
/// Envoy 1.40 takes `x-forwarded-client-cert` away, which App Mesh left at that;
/// RFC 9110 §7.6.1 (hop-by-hop), RFC 9113 §8.2.2 (`te: trailers` is the only one that HTTP/2 keeps), RFC 9112 §3.2.
pub(crate) fn prepare<B>(
    request: &mut Request<B>,
    version: Version,
) -> Result<Upgrade, Unsendable> {
    let upgrade = Upgrade::of(request);
    let authority = authority(request)?;
    if version == Version::HTTP_2 {
        if upgrade != Upgrade::No {
            return Err(Unsendable::UpgradeOverHttp2);
        }
        strip_hop_by_hop(request.headers_mut());
        request.headers_mut().remove(HOST);
        let mut parts = mem::take(request.uri_mut()).into_parts();
        parts.scheme = Some(Scheme::HTTP);
        parts.authority = Some(authority);
        parts
            .path_and_query
            .get_or_insert(PathAndQuery::from_static("/"));
        *request.uri_mut() =
            Uri::from_parts(parts).map_err(|error| Unsendable::Uri(error.into()))?;
    } else {
        let protocol = request.headers_mut().remove(UPGRADE);
        strip_hop_by_hop(request.headers_mut());
        if let Some(protocol) = protocol {
            // The one hop-by-hop wish that is the caller's own and not its connection's.
            request
                .headers_mut()
                .insert(CONNECTION, HeaderValue::from_static("upgrade"));
            request.headers_mut().insert(UPGRADE, protocol);
        }
        if request.headers().get(HOST).map(HeaderValue::as_bytes)
            != Some(authority.as_str().as_bytes())
        {
            // An authority has only characters that a header value may have.
            let host = HeaderValue::from_str(authority.as_str())
                .map_err(|error| Unsendable::Uri(error.into()))?;
            request.headers_mut().insert(HOST, host);
        }
        if request.method() != Method::CONNECT {
            let parts = mem::take(request.uri_mut()).into_parts();
            *request.uri_mut() = parts.path_and_query.map_or_else(Uri::default, Uri::from);
        }
    }
    *request.version_mut() = version;
    Ok(upgrade)
}

fn authority<B>(request: &Request<B>) -> Result<Authority, Unsendable> {
    let authority = match request.headers().get(HOST) {
        Some(host) => Authority::try_from(host.as_bytes()).map_err(|_| Unsendable::NoAuthority)?,
        None => request
            .uri()
            .authority()
            .cloned()
            .ok_or(Unsendable::NoAuthority)?,
    };
    match authority.as_str().rsplit_once('@') {
        // RFC 9110 §4.2.4: user and password are the caller's secret, and a host has none.
        Some((_, host)) => host.parse().map_err(|_| Unsendable::NoAuthority),
        None => Ok(authority),
    }
}

fn strip_hop_by_hop(headers: &mut HeaderMap) {
    // Most requests have none; one look at each name is cheaper than a search for each of these.
    if !headers.keys().any(is_hop_by_hop) {
        return;
    }
    if headers.contains_key(CONNECTION) {
        strip_nominated(headers);
    }
    for name in [
        KEEP_ALIVE,
        PROXY_CONNECTION,
        TRANSFER_ENCODING,
        UPGRADE,
        CLIENT_CERT,
    ] {
        headers.remove(name);
    }
    if let Some(te) = headers.get(TE) {
        match te
            .as_bytes()
            .split(|&byte| byte == b',')
            .any(|coding| coding.trim_ascii() == b"trailers")
        {
            true => headers.insert(TE, HeaderValue::from_static("trailers")),
            false => headers.remove(TE),
        };
    }
}

fn is_hop_by_hop(name: &HeaderName) -> bool {
    [
        CONNECTION,
        KEEP_ALIVE,
        PROXY_CONNECTION,
        TRANSFER_ENCODING,
        UPGRADE,
        TE,
        CLIENT_CERT,
    ]
    .contains(name)
}

fn strip_nominated(headers: &mut HeaderMap) {
    let nominated: Vec<HeaderName> = headers
        .get_all(CONNECTION)
        .iter()
        .flat_map(|value| value.as_bytes().split(|&byte| byte == b','))
        .filter_map(|name| HeaderName::from_bytes(name.trim_ascii()).ok())
        .filter(|name| name != TE)
        .collect();
    headers.remove(CONNECTION);
    for name in nominated {
        headers.remove(name);
    }
}

const KEEP_ALIVE: HeaderName = HeaderName::from_static("keep-alive");
const PROXY_CONNECTION: HeaderName = HeaderName::from_static("proxy-connection");
const CLIENT_CERT: HeaderName = HeaderName::from_static("x-forwarded-client-cert");

#[cfg(test)]
mod tests {
    use super::*;

    fn request(uri: &str, headers: &[(&str, &str)]) -> Request<()> {
        let builder = headers
            .iter()
            .fold(Request::get(uri), |builder, (name, value)| {
                builder.header(*name, *value)
            });
        builder.body(()).expect("a test's request is well formed")
    }

    #[test]
    fn the_authority_is_the_host_header_or_else_the_uri() {
        let cases = [
            (request("http://b.mesh:8080/x?k=v", &[]), "b.mesh:8080"),
            (
                request("http://b.mesh:8080/x?k=v", &[("host", "other.mesh")]),
                "other.mesh",
            ),
            (request("/x?k=v", &[("host", "b.mesh")]), "b.mesh"),
        ];
        for (request, want) in cases {
            let mut h1 = request.clone();
            prepare(&mut h1, Version::HTTP_11).expect("sendable");
            assert_eq!(h1.headers()[HOST], want, "{request:?}");
            assert_eq!(h1.uri(), "/x?k=v", "{request:?}");

            let mut h2 = request.clone();
            prepare(&mut h2, Version::HTTP_2).expect("sendable");
            assert_eq!(
                h2.uri().to_string(),
                format!("http://{want}/x?k=v"),
                "{request:?}"
            );
            assert!(!h2.headers().contains_key(HOST), "{request:?}");
        }
    }

    #[test]
    fn who_the_caller_is_stays_out_of_the_authority() {
        let cases = [
            request("http://user:secret@b.mesh:8080/x", &[]),
            request("/x", &[("host", "user:secret@b.mesh:8080")]),
        ];
        for request in cases {
            let mut h1 = request.clone();
            prepare(&mut h1, Version::HTTP_11).expect("sendable");
            assert_eq!(h1.headers()[HOST], "b.mesh:8080", "{request:?}");
            let mut h2 = request.clone();
            prepare(&mut h2, Version::HTTP_2).expect("sendable");
            assert_eq!(h2.uri(), "http://b.mesh:8080/x", "{request:?}");
        }
    }

    #[test]
    fn a_request_without_any_host_is_not_sent() {
        assert!(matches!(
            prepare(&mut request("/x", &[]), Version::HTTP_11),
            Err(Unsendable::NoAuthority)
        ));
    }

    #[test]
    fn hop_by_hop_headers_stay_on_their_hop() {
        let headers = [
            ("connection", "close, x-hop"),
            ("x-hop", "1"),
            ("keep-alive", "timeout=5"),
            ("proxy-connection", "keep-alive"),
            ("te", "deflate, trailers"),
            ("x-forwarded-client-cert", "By=me"),
            ("x-end", "1"),
        ];
        for version in [Version::HTTP_11, Version::HTTP_2] {
            let mut request = request("http://b/", &headers);
            prepare(&mut request, version).expect("sendable");
            let mut left: Vec<_> = request
                .headers()
                .keys()
                .filter(|name| *name != HOST)
                .map(HeaderName::as_str)
                .collect();
            left.sort_unstable();
            assert_eq!(left, ["te", "x-end"], "{version:?}");
            assert_eq!(request.headers()[TE], "trailers", "{version:?}");
        }
    }

    #[test]
    fn an_upgrade_goes_out_whole_over_http1_and_not_at_all_over_http2() {
        let ask = [
            ("connection", "upgrade, x-hop"),
            ("upgrade", "websocket"),
            ("x-hop", "1"),
            ("keep-alive", "timeout=5"),
        ];
        let mut h1 = request("http://b/", &ask);
        assert_eq!(
            prepare(&mut h1, Version::HTTP_11).expect("sendable"),
            Upgrade::Header
        );
        assert_eq!(h1.headers()[UPGRADE], "websocket");
        assert_eq!(h1.headers()[CONNECTION], "upgrade");
        assert!(!h1.headers().contains_key("x-hop") && !h1.headers().contains_key(KEEP_ALIVE));
        let refused = prepare(&mut request("http://b/", &ask), Version::HTTP_2);
        assert!(matches!(refused, Err(Unsendable::UpgradeOverHttp2)));
    }
}
