//! Where a request goes whose host is none of the mesh's.

use http::Method;

use super::{Head, NoRoute};
use crate::{
    name::VirtualServiceName,
    unit::{Port, Protocol},
};

/// A host outside of the mesh, as a request names it.
///
/// A host that is an address is taken at its word: `127.0.0.1`, and the link-local address at which a cloud's metadata can be
/// asked, are hosts like any other. Whoever lets a caller choose the host of a request that it sends on, with the egress filter
/// open, lets it reach whatever this process can reach, as it did with App Mesh.
///
/// # Examples
/// ```
/// use mesh_core::route::{OutsideHost, Head};
///
/// let outside = OutsideHost::of(&Head::get("http://Example.com:8080/"))?;
/// assert_eq!((&*outside.host, outside.port.get()), ("example.com", 8080));
/// assert!(OutsideHost::of(&Head::get("https://example.com/")).is_err());
/// # Ok::<(), mesh_core::route::NoRoute>(())
/// ```
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub struct OutsideHost {
    /// A name in lower case, or an address; one of IP version 6 without its brackets.
    pub host: Box<str>,
    /// The port that was named, else 80.
    pub port: Port,
    /// What is spoken there: HTTP/2 to a gRPC service, else HTTP/1.1.
    pub protocol: Protocol,
    /// Host and port, as they are called.
    pub authority: VirtualServiceName,
}

impl OutsideHost {
    /// Where this request goes if its host is outside of the mesh.
    ///
    /// # Errors
    /// [`NoRoute::NeedsTls`] for `https`; [`NoRoute::UnknownHost`] for what is neither a host's name nor an address, and for a
    /// CONNECT, which no host but a proxy answers.
    pub fn of(head: &Head<'_>) -> Result<Self, NoRoute> {
        if head.uri_scheme() == Some("https") {
            let authority = head.authority().into();
            return Err(NoRoute::NeedsTls { authority });
        }
        let unknown = || NoRoute::unknown_host(head);
        let host = host(head.host()).filter(|_| head.method() != Method::CONNECT);
        let host = host.ok_or_else(unknown)?.to_ascii_lowercase();
        let port = Port::new(head.port().unwrap_or(HTTP).into()).map_err(|_| unknown())?;
        let authority = VirtualServiceName::new(&match host.contains(':') {
            true => format!("[{host}]:{port}"),
            false => format!("{host}:{port}"),
        });
        Ok(Self {
            authority: authority.map_err(|_| unknown())?,
            host: host.into(),
            port,
            protocol: match head.is_grpc() {
                true => Protocol::Grpc,
                false => Protocol::Http,
            },
        })
    }

    /// Whether it is one of AWS's, which the egress filter never closes.
    ///
    /// # Source
    /// App Mesh API model, `EgressFilter`: "egress to AWS services is always allowed", which the proxies were given as
    /// `*.amazonaws.com`.
    #[must_use]
    pub fn is_aws(&self) -> bool {
        is_aws(&self.host)
    }
}

/// Whether this host is in `*.amazonaws.com`.
pub(crate) fn is_aws(host: &str) -> bool {
    let start = host.len().checked_sub(AWS.len()).filter(|start| *start > 0);
    start.is_some_and(|start| host.as_bytes()[start..].eq_ignore_ascii_case(AWS.as_bytes()))
}

/// A name that could be asked for, or an address without its brackets.
fn host(written: &str) -> Option<&str> {
    if let Some(address) = written.strip_prefix('[') {
        let address = address.strip_suffix(']')?;
        return address.parse::<std::net::Ipv6Addr>().ok().map(|_| address);
    }
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    let is_name = !written.is_empty() && written.len() <= LONGEST && written.bytes().all(is_part);
    is_name.then_some(written)
}

const AWS: &str = ".amazonaws.com";

/// RFC 9110 §4.2.1: the port of `http` where none is named.
const HTTP: u16 = 80;

/// RFC 1035 §2.3.4, as text without the last dot.
const LONGEST: usize = 253;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_and_port_are_those_that_the_request_names() {
        let rows = [
            ("http://example.com/", "example.com", 80, "example.com:80"),
            (
                "http://EXAMPLE.com:8080/",
                "example.com",
                8080,
                "example.com:8080",
            ),
            (
                "http://user@a_b.example./",
                "a_b.example.",
                80,
                "a_b.example.:80",
            ),
            ("http://127.0.0.1:22/", "127.0.0.1", 22, "127.0.0.1:22"),
            (
                "http://169.254.169.254/",
                "169.254.169.254",
                80,
                "169.254.169.254:80",
            ),
            ("http://[fe80::1]:81/", "fe80::1", 81, "[fe80::1]:81"),
        ];
        for (uri, host, port, authority) in rows {
            let found = OutsideHost::of(&Head::get(uri)).unwrap();
            assert_eq!(
                (&*found.host, found.port.get(), found.authority.as_str()),
                (host, port, authority),
                "{uri}"
            );
            assert_eq!(found.protocol, Protocol::Http);
        }
        let head = Head::get("http://uri.example:81/").header("host", "header.example:82");
        let found = OutsideHost::of(&head).unwrap();
        assert_eq!(found.authority.as_str(), "header.example:81");
        let grpc = Head::post("http://a.example/").header("content-type", "application/grpc");
        assert_eq!(OutsideHost::of(&grpc).unwrap().protocol, Protocol::Grpc);
    }

    #[test]
    fn what_nobody_could_be_asked_for_is_unknown() {
        let long = "a".repeat(254);
        for host in [
            "",
            "a:",
            "a:080",
            ":80",
            "a b",
            "a/b",
            "[::1",
            "[a]",
            "é.example",
            &long,
        ] {
            let head = Head::get("/").header("host", host);
            let refused = OutsideHost::of(&head);
            assert!(
                matches!(refused, Err(NoRoute::UnknownHost { .. })),
                "{host:?}: {refused:?}"
            );
        }
        let connect = OutsideHost::of(&Head::request(&Method::CONNECT, "example.com:443"));
        assert!(
            matches!(connect, Err(NoRoute::UnknownHost { .. })),
            "{connect:?}"
        );
    }

    #[test]
    fn tls_is_refused_with_a_reason_of_its_own() {
        let refused = OutsideHost::of(&Head::get("https://example.com/")).unwrap_err();
        assert!(matches!(refused, NoRoute::NeedsTls { .. }), "{refused:?}");
        assert!(refused.to_string().contains("example.com"), "{refused}");
        let forwarded = Head::get("/")
            .header("host", "a.example")
            .header("x-forwarded-proto", "https");
        assert!(
            OutsideHost::of(&forwarded).is_ok(),
            "that is how the caller was called"
        );
    }

    #[test]
    fn only_what_ends_in_the_whole_suffix_is_of_aws() {
        let rows = [
            ("sqs.eu-central-1.amazonaws.com", true),
            ("S3.AmazonAWS.com", true),
            (".amazonaws.com", false),
            ("amazonaws.com", false),
            ("evilamazonaws.com", false),
            ("s3.amazonaws.com.evil.example", false),
            ("s3.amazonaws.com.", false),
            ("", false),
        ];
        for (host, expected) in rows {
            assert_eq!(is_aws(host), expected, "{host}");
        }
        let outside = |uri| OutsideHost::of(&Head::get(uri)).unwrap();
        assert!(outside("http://sqs.eu-central-1.amazonaws.com/").is_aws());
        assert!(!outside("http://example.com/").is_aws());
    }
}
