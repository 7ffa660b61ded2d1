//! The routes of a gateway.

use std::{collections::BTreeMap, sync::Arc};

use super::change::{Changes, Pair, or_none, pairs};
use crate::{
    name::RouteName,
    route::{HostPattern, Rule},
    snapshot::{GatewayPlan, Snapshot},
    unit::Port,
};

type Key<'a> = (Port, &'a HostPattern, Option<&'a RouteName>);
type Routes<'a> = BTreeMap<Key<'a>, &'a Rule<Arc<GatewayPlan>>>;

impl Changes {
    pub(super) fn ingress(&mut self, old: &Snapshot, new: &Snapshot) {
        for ((port, host, route), pair) in pairs(&routes(old), &routes(new)) {
            let subject = format!("gateway route {} on {port} for {host}", or_none(route));
            match pair {
                Pair::New(rule) => {
                    self.added(subject, format!("new, to {}", target(rule.target())));
                }
                Pair::Old(_) => self.removed(subject, "gone"),
                Pair::Both(old, new) => self.gateway_route(&subject, [old, new]),
            }
        }
    }

    fn gateway_route(&mut self, subject: &str, both: [&Rule<Arc<GatewayPlan>>; 2]) {
        self.compare(subject, "conditions", both.map(Rule::conditions));
        let priorities = both.map(|rule| or_none(rule.priority().map(|priority| priority.get())));
        self.compare(subject, "priority", priorities);
        let plans = both.map(|rule| &**rule.target());
        self.compare(subject, "target", plans.map(target));
        self.compare(subject, "path", plans.map(|plan| &plan.path));
        let hosts = plans.map(|plan| match plan.rewrites_host {
            true => "rewritten",
            false => "kept",
        });
        self.compare(subject, "host", hosts);
    }
}

/// A route that is asked about two prefixes is told by the first.
fn routes(snapshot: &Snapshot) -> Routes<'_> {
    let mut routes = Routes::new();
    let listeners = snapshot
        .gateway()
        .map(|gateway| gateway.ingress.listeners());
    for listener in listeners.unwrap_or_default() {
        for host in listener.hosts() {
            for rule in host.rules() {
                let key = (listener.port(), host.pattern(), rule.name());
                routes.entry(key).or_insert(rule);
            }
        }
    }
    routes
}

fn target(plan: &GatewayPlan) -> String {
    let name = &plan.virtual_service;
    let port = plan
        .port
        .map_or_else(String::new, |port| format!(":{port}"));
    format!("{name}{port}")
}
