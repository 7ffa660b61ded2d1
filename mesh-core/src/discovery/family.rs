//! Which family of addresses is asked for, and which one stands in for it.

use crate::unit::IpPreference;

/// A family of addresses.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "there are two")]
pub enum Family {
    /// IPv4: an A record, `AWS_INSTANCE_IPV4`.
    V4,
    /// IPv6: an AAAA record, `AWS_INSTANCE_IPV6`.
    V6,
}

/// Where addresses are asked for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Directory {
    /// The domain name system.
    Dns,
    /// The name `localhost`, which no server is asked for.
    Loopback,
    /// AWS Cloud Map.
    CloudMap,
}

/// The families to ask for, in order: the second only where the first has no address. `..._ONLY` has no second.
///
/// # Source
/// App Mesh user guide, "Virtual nodes", `ipPreference`. Unset is not `IPv4_PREFERRED` everywhere: names were looked up as IPv6 first,
/// Cloud Map's instances as IPv4 first. `localhost` is an addition: unset is IPv4 there, where a node's listeners are then bound and
/// where App Mesh's proxy reached its application.
///
/// # Examples
/// ```
/// use mesh_core::{discovery::{Directory, Family, families}, unit::IpPreference};
///
/// assert_eq!(families(None, Directory::Dns), [Family::V6, Family::V4]);
/// assert_eq!(families(None, Directory::CloudMap), [Family::V4, Family::V6]);
/// assert_eq!(families(Some(IpPreference::Ipv4Only), Directory::Dns), [Family::V4]);
/// ```
#[must_use]
pub const fn families(preference: Option<IpPreference>, directory: Directory) -> &'static [Family] {
    match (preference, directory) {
        (Some(IpPreference::Ipv6Only), _) => &[Family::V6],
        (Some(IpPreference::Ipv4Only), _) => &[Family::V4],
        (Some(IpPreference::Ipv6Preferred), _) | (None, Directory::Dns) => {
            &[Family::V6, Family::V4]
        }
        (Some(IpPreference::Ipv4Preferred), _) | (None, _) => &[Family::V4, Family::V6],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn localhost_is_where_listeners_are_bound_unless_a_family_is_preferred() {
        use Family::{V4, V6};
        assert_eq!(families(None, Directory::Loopback), [V4, V6]);
        let preferred = Some(IpPreference::Ipv6Preferred);
        assert_eq!(families(preferred, Directory::Loopback), [V6, V4]);
    }

    #[test]
    fn the_table_is_that_of_the_user_guide() {
        use Family::{V4, V6};
        for (preference, dns, cloud_map) in [
            (None, &[V6, V4][..], &[V4, V6][..]),
            (Some(IpPreference::Ipv6Preferred), &[V6, V4], &[V6, V4]),
            (Some(IpPreference::Ipv4Preferred), &[V4, V6], &[V4, V6]),
            (Some(IpPreference::Ipv6Only), &[V6], &[V6]),
            (Some(IpPreference::Ipv4Only), &[V4], &[V4]),
        ] {
            assert_eq!(families(preference, Directory::Dns), dns, "{preference:?}");
            assert_eq!(
                families(preference, Directory::CloudMap),
                cloud_map,
                "{preference:?}"
            );
        }
    }
}
