//! Hosts of a gateway for which the routes of other hosts do not count.

use super::{rank::Ranked, route_table::by_host};
use crate::{
    config::check::graph::Graph,
    error::{Problems, quoted},
};

/// What a gateway's routes of one host do not take is answered 404, though a route of no host, or of a shorter suffix, would
/// take it.
///
/// # Source
/// Envoy, virtual hosts: the exact host, else the longest suffix, else any; there is no falling back.
pub(super) fn check(graph: &Graph<'_>, problems: &mut Problems) {
    for routes in graph.gateway_routes.values() {
        let hosts = by_host(routes);
        let any = hosts.contains_key(&None);
        for (host, routes) in &hosts {
            let Some((exact, host)) = host else { continue };
            let suffix = shorter(*exact, host).find(|suffix| {
                let suffix = Some((false, (*suffix).to_owned()));
                hosts.contains_key(&suffix)
            });
            let hidden = match suffix {
                Some(suffix) => format!("those for hosts that end in {}", quoted(suffix)),
                None if any => "those without a host name".to_owned(),
                None => continue,
            };
            report(host, routes, &hidden, problems);
        }
    }
}

/// The suffixes that a host, or a longer suffix, has.
fn shorter(exact: bool, host: &str) -> impl Iterator<Item = &str> {
    let dots = host.match_indices('.').map(|(at, _)| at);
    let beyond = dots.filter(move |at| *at > 0 || exact);
    beyond.filter_map(|at| host.get(at..))
}

fn report(host: &str, routes: &[Ranked<'_>], hidden: &str, problems: &mut Problems) {
    if routes.iter().any(Ranked::takes_all) {
        return;
    }
    let Some(first) = routes.first() else { return };
    let message = format_args!(
        "requests for {} go by the routes of that host name alone, so {hidden} do not take the rest of them, which is answered \
         404: add a route with this host name and the prefix `/`",
        quoted(host)
    );
    problems.warn("host-hides-routes", &first.name.place, message);
}
