//! Which names a host name may stand for.

/// The full names to look up for a host name, in order; the first that has an address is it.
///
/// A name that ends in a dot is full as it is. Any other is tried as it is and under each search domain: as it is first if it has at
/// least `ndots` dots, and last otherwise.
///
/// # Source
/// `resolv.conf(5)`, `search` and `ndots`. App Mesh took host names literally, with the proxy's own search domains.
///
/// # Examples
/// ```
/// use mesh_core::discovery::candidates;
///
/// let search = ["prod.svc.cluster.local".to_owned()];
/// assert_eq!(candidates("orders", &search, 5), ["orders.prod.svc.cluster.local.", "orders."]);
/// assert_eq!(candidates("orders.example.com.", &search, 5), ["orders.example.com."]);
/// ```
#[must_use]
pub fn candidates(host: &str, search: &[String], ndots: usize) -> Vec<String> {
    if host.ends_with('.') {
        return vec![host.to_owned()];
    }
    let literal = format!("{host}.");
    let mut names: Vec<_> = search
        .iter()
        .map(|domain| format!("{host}.{}.", domain.trim_end_matches('.')))
        .collect();
    let dots = host.bytes().filter(|byte| *byte == b'.').count();
    let at = if dots >= ndots { 0 } else { names.len() };
    names.insert(at, literal);
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_decide_whether_a_name_is_tried_as_it_is_first_or_last() {
        let search = ["a.local".to_owned(), "b.local.".to_owned()];
        for (host, ndots, names) in [
            ("orders.", 1, &["orders."][..]),
            (
                "orders",
                1,
                &["orders.a.local.", "orders.b.local.", "orders."],
            ),
            (
                "orders.x",
                1,
                &["orders.x.", "orders.x.a.local.", "orders.x.b.local."],
            ),
            (
                "orders.x",
                5,
                &["orders.x.a.local.", "orders.x.b.local.", "orders.x."],
            ),
        ] {
            assert_eq!(
                candidates(host, &search, ndots),
                names,
                "{host}, ndots {ndots}"
            );
        }
        assert_eq!(candidates("orders", &[], 1), ["orders."]);
    }
}
