//! Addresses that the system's resolver knows.
//!
//! The resolver's interface tells no TTL, so a name is asked again at Envoy's interval. A resolver that fails after it has
//! answered leaves the last answer in force.

use std::{net::SocketAddr, time::Duration};

use futures::{Stream, stream};
use tokio::{net, time};

use super::{Answer, fixed::distinct};

/// What the name resolves to, now and whenever it changes. `all`: every address is an endpoint; else the first only.
///
/// # Source
/// App Mesh `DnsServiceDiscovery.responseType`: `LOADBALANCER` was Envoy's `LOGICAL_DNS`, `ENDPOINTS` its `STRICT_DNS`, both
/// refreshed every 5 s.
pub(super) fn answers(
    hostname: String,
    port: u16,
    all: bool,
) -> impl Stream<Item = Answer> + Send + 'static {
    let name = Name {
        hostname,
        port,
        all,
    };
    stream::unfold((name, None), |(name, before)| async move {
        let answer = name.next(before.as_ref()).await;
        Some((answer.clone(), (name, Some(answer))))
    })
}

#[derive(Debug)]
struct Name {
    hostname: String,
    port: u16,
    all: bool,
}

impl Name {
    /// The first answer, or the next one that differs.
    async fn next(&self, before: Option<&Answer>) -> Answer {
        let Some(before) = before else {
            return self.resolve(&[]).await.unwrap_or_default();
        };
        loop {
            time::sleep(REFRESH).await;
            match self.resolve(before).await {
                Some(answer) if answer != *before => return answer,
                _ => {}
            }
        }
    }

    async fn resolve(&self, before: &[SocketAddr]) -> Option<Answer> {
        match net::lookup_host((self.hostname.as_str(), self.port)).await {
            Ok(addrs) => Some(self.chosen(addrs.collect(), before)),
            Err(error) => {
                tracing::warn!(hostname = %self.hostname, %error, "the name does not resolve; what is known of it stays in force");
                None
            }
        }
    }

    fn chosen(&self, addrs: Vec<SocketAddr>, before: &[SocketAddr]) -> Answer {
        let mut addrs = distinct(addrs);
        if self.all {
            // Resolvers rotate their answers; the order says nothing.
            addrs.sort_unstable();
            return addrs;
        }
        // As long as the address in use is still answered, its connections are as good as the first one's would be.
        if let Some(kept) = before.iter().find(|addr| addrs.contains(addr)) {
            return vec![*kept];
        }
        addrs.truncate(1);
        addrs
    }
}

/// Envoy's `dns_refresh_rate`, which App Mesh left at its default.
const REFRESH: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_load_balancer_is_its_first_address_and_endpoints_are_all() {
        let addrs: Vec<SocketAddr> = ["10.0.0.2:80", "10.0.0.1:80", "10.0.0.2:80"]
            .map(|a| a.parse().expect("an address"))
            .into();
        let name = |all| Name {
            hostname: String::new(),
            port: 80,
            all,
        };
        assert_eq!(name(false).chosen(addrs.clone(), &[]), addrs[..1]);
        assert_eq!(name(true).chosen(addrs.clone(), &[]), [addrs[1], addrs[0]]);
    }

    #[test]
    fn a_load_balancers_address_is_kept_while_it_is_answered() {
        let addrs: Vec<SocketAddr> = ["10.0.0.1:80", "10.0.0.2:80"]
            .map(|addr| addr.parse().expect("an address"))
            .into();
        let name = Name {
            hostname: String::new(),
            port: 80,
            all: false,
        };
        assert_eq!(name.chosen(addrs.clone(), &addrs[1..]), addrs[1..]);
        assert_eq!(name.chosen(addrs[..1].to_vec(), &addrs[1..]), addrs[..1]);
    }
}
