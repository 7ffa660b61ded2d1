//! Which addresses of an answer are endpoints.

use std::net::SocketAddr;

/// The addresses of an answer that are used.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Endpoints {
    /// Each once. In order, so that two answers that differ in their order alone are equal.
    pub addrs: Vec<SocketAddr>,
    /// How many more there were than [`MAX_ENDPOINTS`].
    pub left_out: usize,
}

/// Chooses from an answer: every address, or only one. The one is the answer's first, but what was `kept` before stays as long as it
/// is still answered, since connections to it are open.
///
/// # Source
/// App Mesh `DnsServiceDiscovery.responseType`: `ENDPOINTS` was Envoy's `STRICT_DNS`, every address; `LOADBALANCER` its `LOGICAL_DNS`,
/// one of them. Differs from `LOGICAL_DNS`, which goes to the first of each answer: a server that rotates its answers would move every
/// client every few seconds.
///
/// # Examples
/// ```
/// use mesh_core::discovery::endpoints;
///
/// let [a, b] = ["10.0.0.2:80", "10.0.0.1:80"].map(|addr| addr.parse().unwrap());
/// assert_eq!(endpoints(vec![a, b, a], true, &[]).addrs, [b, a]);
/// assert_eq!(endpoints(vec![a, b], false, &[]).addrs, [a]);
/// assert_eq!(endpoints(vec![a, b], false, &[b]).addrs, [b]);
/// ```
#[must_use]
pub fn endpoints(mut found: Vec<SocketAddr>, all: bool, kept: &[SocketAddr]) -> Endpoints {
    if !all {
        let kept = kept.iter().find(|addr| found.contains(addr)).copied();
        let one = kept.or_else(|| found.first().copied());
        return Endpoints {
            addrs: one.into_iter().collect(),
            left_out: 0,
        };
    }
    // Servers rotate their answers: the order says nothing. Sorted, the same ones are left out each time.
    found.sort_unstable();
    found.dedup();
    let left_out = found.len().saturating_sub(MAX_ENDPOINTS);
    found.truncate(MAX_ENDPOINTS);
    Endpoints {
        addrs: found,
        left_out,
    }
}

/// How many endpoints a target has at most. Beyond it, a fleet needs subsets, and an answer is more likely a mistake.
///
/// # Source
/// AWS Cloud Map gives up to 1,000 instances of a service.
pub const MAX_ENDPOINTS: usize = 1_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn addrs(hosts: impl IntoIterator<Item = u16>) -> Vec<SocketAddr> {
        let addr = |host: u16| SocketAddr::from(([10, 0, (host >> 8) as u8, host as u8], 80));
        hosts.into_iter().map(addr).collect()
    }

    #[test]
    fn every_address_counts_once_whatever_the_order() {
        for answer in [addrs([1, 2, 3]), addrs([3, 1, 2]), addrs([2, 3, 1, 2, 3])] {
            assert_eq!(endpoints(answer, true, &[]).addrs, addrs([1, 2, 3]));
        }
    }

    #[test]
    fn one_address_is_kept_while_it_is_answered() {
        for (found, kept, used) in [
            (vec![2, 1], vec![], vec![2]),
            (vec![2, 1], vec![1], vec![1]),
            (vec![3, 2], vec![1], vec![3]),
            (vec![], vec![1], vec![]),
        ] {
            let chosen = endpoints(addrs(found.clone()), false, &addrs(kept.clone()));
            assert_eq!(chosen.addrs, addrs(used), "{found:?}, before {kept:?}");
        }
    }

    #[test]
    fn a_huge_answer_is_cut_at_the_same_place_each_time() {
        let huge = endpoints(addrs(0..1_200), true, &[]);
        let turned = endpoints(addrs((0..1_200).rev()), true, &[]);
        assert_eq!((huge.addrs.len(), huge.left_out), (MAX_ENDPOINTS, 200));
        assert_eq!(huge, turned);
    }
}
