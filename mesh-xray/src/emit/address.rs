//! [`DaemonAddress`]: where the daemon listens.

use std::env;
use std::ffi::OsString;
use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, ToSocketAddrs};
use std::str::FromStr;

use thiserror::Error;

/// Where the daemon takes documents (UDP), and where it answers questions about sampling (TCP).
///
/// # Shape
/// One address for both, or one for each, in either order and with any space between them:
///
/// ```text
/// 127.0.0.1:2000
/// tcp:127.0.0.1:2000 udp:127.0.0.2:2001
/// ```
///
/// An address is `ip4:port`, `[ip6]:port` or `name:port`; an IPv4 address alone means port 2000.
///
/// # Source
/// X-Ray developer guide, `AWS_XRAY_DAEMON_ADDRESS`; the address without a port is how App Mesh's agent took it. Differs
/// from OpenTelemetry's exporter for Rust, which takes an address it cannot read for the default.
///
/// # Examples
/// ```
/// use mesh_xray::emit::DaemonAddress;
///
/// let address: DaemonAddress = "udp:xray.local:2000 tcp:[::1]:2001".parse()?;
/// assert_eq!(address.udp().to_string(), "xray.local:2000");
/// assert_eq!(address.tcp().to_string(), "[::1]:2001");
/// # Ok::<(), mesh_xray::emit::InvalidDaemonAddress>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DaemonAddress {
    udp: HostPort,
    tcp: HostPort,
}

impl DaemonAddress {
    /// Reads `AWS_XRAY_DAEMON_ADDRESS`; 127.0.0.1:2000 if that is unset or blank.
    ///
    /// # Errors
    /// [`InvalidDaemonAddress`] if it is set to something else than an address.
    pub fn from_env() -> Result<Self, InvalidDaemonAddress> {
        Self::from_variable(env::var_os(VARIABLE))
    }

    fn from_variable(value: Option<OsString>) -> Result<Self, InvalidDaemonAddress> {
        let value = value.unwrap_or_default();
        let text = value.to_string_lossy();
        if text.trim().is_empty() {
            return Ok(Self::default());
        }
        text.parse()
    }

    /// Where documents go.
    #[must_use]
    pub fn udp(&self) -> &HostPort {
        &self.udp
    }

    /// Where sampling rules are asked for.
    #[must_use]
    pub fn tcp(&self) -> &HostPort {
        &self.tcp
    }
}

impl Default for DaemonAddress {
    fn default() -> Self {
        SocketAddr::from((Ipv4Addr::LOCALHOST, DEFAULT_PORT)).into()
    }
}

impl From<SocketAddr> for DaemonAddress {
    fn from(address: SocketAddr) -> Self {
        let both = HostPort {
            host: address.ip().to_string().into(),
            port: address.port(),
        };
        Self {
            udp: both.clone(),
            tcp: both,
        }
    }
}

impl FromStr for DaemonAddress {
    type Err = InvalidDaemonAddress;

    fn from_str(text: &str) -> Result<Self, InvalidDaemonAddress> {
        let mut words = text.split_ascii_whitespace();
        match (words.next(), words.next(), words.next()) {
            (Some(both), None, None) => {
                let both = HostPort::parse(both)?;
                Ok(Self {
                    udp: both.clone(),
                    tcp: both,
                })
            }
            (Some(first), Some(second), None) => Self::from_pair(first, second)
                .or_else(|| Self::from_pair(second, first))
                .unwrap_or_else(|| Err(InvalidDaemonAddress::Parts(text.into()))),
            _ => Err(InvalidDaemonAddress::Parts(text.into())),
        }
    }
}

impl DaemonAddress {
    /// `None` if the words do not say that they are these two, in this order.
    fn from_pair(udp: &str, tcp: &str) -> Option<Result<Self, InvalidDaemonAddress>> {
        let (udp, tcp) = (udp.strip_prefix("udp:")?, tcp.strip_prefix("tcp:")?);
        let read = || {
            Ok(Self {
                udp: HostPort::parse(udp)?,
                tcp: HostPort::parse(tcp)?,
            })
        };
        Some(read())
    }
}

/// A host, by address or by name, and a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostPort {
    /// Without brackets.
    host: Box<str>,
    port: u16,
}

impl HostPort {
    /// The address or the name.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Asks the system for its addresses, those of IPv4 first: where a name such as `localhost` has both, the daemon
    /// listens on that one unless told otherwise. Blocks if the host is a name.
    pub(super) fn resolve(&self) -> io::Result<Vec<SocketAddr>> {
        let mut addresses: Vec<_> = (&*self.host, self.port).to_socket_addrs()?.collect();
        addresses.sort_by_key(SocketAddr::is_ipv6);
        Ok(addresses)
    }

    fn parse(text: &str) -> Result<Self, InvalidDaemonAddress> {
        let invalid = || InvalidDaemonAddress::Address(text.into());
        if text.parse::<Ipv4Addr>().is_ok() {
            return Ok(Self {
                host: text.into(),
                port: DEFAULT_PORT,
            });
        }
        let (host, port) = text.rsplit_once(':').ok_or_else(invalid)?;
        let host = unbracketed(host).ok_or_else(invalid)?;
        Ok(Self {
            host: host.into(),
            port: port_number(port).ok_or_else(invalid)?,
        })
    }
}

impl fmt::Display for HostPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

/// What cannot be read as the daemon's address.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum InvalidDaemonAddress {
    /// One address has another form.
    #[error("`{0}` is no daemon address: expected `host:port`, an IPv6 address in brackets")]
    Address(Box<str>),
    /// There are not one or two of them, or the two do not say which is which.
    #[error("`{0}` is no daemon address: expected `host:port`, or `tcp:host:port udp:host:port`")]
    Parts(Box<str>),
}

/// An IPv6 address out of its brackets, or a name or an IPv4 address that has none.
fn unbracketed(host: &str) -> Option<&str> {
    if let Some(inside) = host.strip_prefix('[') {
        let inside = inside.strip_suffix(']')?;
        return inside
            .parse::<std::net::Ipv6Addr>()
            .is_ok()
            .then_some(inside);
    }
    let in_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    (!host.is_empty() && host.bytes().all(in_name)).then_some(host)
}

/// Digits alone: the standard parser takes a sign as well.
fn port_number(text: &str) -> Option<u16> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let port = digits.then(|| text.parse().ok())??;
    (port != 0).then_some(port)
}

const VARIABLE: &str = "AWS_XRAY_DAEMON_ADDRESS";
const DEFAULT_PORT: u16 = 2000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_the_variable_is_read() {
        let cases = [
            ("127.0.0.1:2000", "127.0.0.1:2000", "127.0.0.1:2000"),
            (" \t10.1.2.3:4000\n", "10.1.2.3:4000", "10.1.2.3:4000"),
            ("10.1.2.3", "10.1.2.3:2000", "10.1.2.3:2000"),
            ("[::1]:2000", "[::1]:2000", "[::1]:2000"),
            (
                "xray-daemon.local:2000",
                "xray-daemon.local:2000",
                "xray-daemon.local:2000",
            ),
            ("tcp:10.0.0.1:1 udp:10.0.0.2:2", "10.0.0.2:2", "10.0.0.1:1"),
            (
                "udp:10.0.0.2:2   tcp:10.0.0.1:1",
                "10.0.0.2:2",
                "10.0.0.1:1",
            ),
            ("\tudp:[fd00::2]:2\t\ttcp:name:1 ", "[fd00::2]:2", "name:1"),
            (
                "udp:10.0.0.2 tcp:10.0.0.1",
                "10.0.0.2:2000",
                "10.0.0.1:2000",
            ),
        ];
        for (text, udp, tcp) in cases {
            let address: DaemonAddress = text.parse().unwrap();
            assert_eq!(address.udp().to_string(), udp, "{text:?}");
            assert_eq!(address.tcp().to_string(), tcp, "{text:?}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused_and_quoted() {
        let addresses = [
            "localhost",
            "localhost:",
            ":2000",
            "::1",
            "::1:2000",
            "[::1]",
            "[::1:2000",
            "[name]:2000",
            "a b:1",
            "host:0",
            "host:+1",
            "host:65536",
            "ho/st:1",
            "udp:10.0.0.1:1",
            "http://10.0.0.1:1",
            "udp:10.0.0.1:1 tcp:nowhere",
            "udp: tcp:",
        ];
        let parts = [
            "",
            " ",
            "10.0.0.1:1 10.0.0.2:2",
            "udp:10.0.0.1:1 udp:10.0.0.2:2",
            "tcp:a:1 tcp:b:2",
            "10.0.0.1:1 udp:10.0.0.2:2",
            "tcp:a:1 udp:b:2 udp:c:3",
            "UDP:a:1 TCP:b:2",
        ];
        for text in addresses.iter().chain(&parts) {
            let error = text.parse::<DaemonAddress>().unwrap_err();
            let is_part = parts.contains(text) || *text == "a b:1";
            assert_eq!(
                matches!(error, InvalidDaemonAddress::Parts(_)),
                is_part,
                "{text:?}: {error}"
            );
        }
        let error = "udp:10.0.0.1:1 tcp:nowhere"
            .parse::<DaemonAddress>()
            .unwrap_err();
        assert!(error.to_string().contains("`nowhere`"), "{error}");
    }

    #[test]
    fn an_unset_or_blank_variable_is_the_default() {
        for value in [None, Some(""), Some(" \t")] {
            let address = DaemonAddress::from_variable(value.map(OsString::from));
            assert_eq!(address, Ok(DaemonAddress::default()), "{value:?}");
        }
        assert_eq!(DaemonAddress::default().udp().to_string(), "127.0.0.1:2000");
        assert!(DaemonAddress::from_variable(Some("nonsense".into())).is_err());
    }

    #[test]
    fn an_address_of_a_socket_is_both() {
        for text in ["127.0.0.1:9", "[::1]:9"] {
            let address = DaemonAddress::from(text.parse::<SocketAddr>().unwrap());
            assert_eq!(address, text.parse().unwrap());
        }
    }
}
