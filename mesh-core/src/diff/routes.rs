//! Virtual services and their routes.

use std::{collections::BTreeMap, sync::Arc};

use super::change::{Changes, Pair, or_none, pairs};
use crate::{
    name::{RouteName, VirtualNodeName},
    route::{Rule, VirtualHost},
    snapshot::{Plan, Snapshot, words::limit},
    timeout::RequestEnds,
    unit::Port,
};

type Host = VirtualHost<Arc<Plan>>;
type Routes<'a> = BTreeMap<Option<&'a RouteName>, &'a Rule<Arc<Plan>>>;

impl Changes {
    pub(super) fn services(&mut self, old: &Snapshot, new: &Snapshot) {
        for (name, pair) in pairs(&by_name(old), &by_name(new)) {
            let subject = format!("virtual service {name}");
            match pair {
                Pair::New(_) => self.added(subject, "new"),
                Pair::Old(_) => self.removed(subject, "gone"),
                Pair::Both(one, other) => self.service(name, [(old, one), (new, other)]),
            }
        }
    }

    fn service(&mut self, name: &str, [old, new]: [(&Snapshot, &Host); 2]) {
        let ports =
            |host: &Host| -> BTreeMap<Port, ()> { host.ports().map(|port| (port, ())).collect() };
        for (port, pair) in pairs(&ports(old.1), &ports(new.1)) {
            let subject = format!("{name}:{port}");
            match pair {
                Pair::New(()) => self.added(subject, "opened"),
                Pair::Old(()) => self.removed(subject, "closed"),
                Pair::Both((), ()) => self.routes(&subject, port, [old, new]),
            }
        }
    }

    fn routes(&mut self, subject: &str, port: Port, [old, new]: [(&Snapshot, &Host); 2]) {
        for (route, pair) in pairs(&by_route(old.1, port), &by_route(new.1, port)) {
            let subject = match route {
                Some(route) => format!("{subject}, route {route}"),
                None => subject.to_owned(),
            };
            match pair {
                Pair::New(rule) => {
                    let to = shares(new.0, rule.target());
                    self.added(subject, format!("new, to {}", listed(&to)));
                }
                Pair::Old(_) => self.removed(subject, "gone"),
                Pair::Both(one, other) => {
                    self.compare(
                        &subject,
                        "conditions",
                        [one, other].map(|one| one.conditions()),
                    );
                    let priorities =
                        [one, other].map(|one| or_none(one.priority().map(|p| p.get())));
                    self.compare(&subject, "priority", priorities);
                    self.plan(&subject, [(old.0, one.target()), (new.0, other.target())]);
                }
            }
        }
    }

    fn plan(&mut self, subject: &str, [old, new]: [(&Snapshot, &Plan); 2]) {
        self.weights(subject, [shares(old.0, old.1), shares(new.0, new.1)]);
        let both = [old.1, new.1];
        self.compare(subject, "retries", both.map(|plan| &plan.retry));
        let timeouts = both.map(|plan| plan.timeouts);
        self.compare(
            subject,
            "request limit",
            timeouts.map(|one| limit(one.request)),
        );
        let ends = timeouts.map(|one| match one.request_ends {
            RequestEnds::Response => "the end of the response",
            RequestEnds::Head => "the response head",
        });
        self.compare(subject, "request limit lasts to", ends);
        self.compare(
            subject,
            "limit of each attempt",
            timeouts.map(|one| limit(one.per_try)),
        );
        self.compare(
            subject,
            "silence limit",
            timeouts.map(|one| limit(one.idle)),
        );
    }

    fn weights(&mut self, subject: &str, [old, new]: [Shares<'_>; 2]) {
        let moved: Vec<_> = pairs(&old, &new)
            .into_iter()
            .filter_map(|((node, _), pair)| match pair {
                Pair::New(share) => Some(format!("{node} {} (new)", percent(share))),
                Pair::Old(share) => Some(format!("{node} {} (gone)", percent(share))),
                Pair::Both(old, new) => {
                    let (old, new) = (percent(old), percent(new));
                    (old != new).then(|| format!("{node} {old} -> {new}"))
                }
            })
            .collect();
        if !moved.is_empty() {
            self.changed(subject, format!("weights {}", moved.join(", ")));
        }
    }
}

/// What each listener of each node gets.
type Shares<'a> = BTreeMap<(&'a VirtualNodeName, Port), f64>;

fn shares<'a>(snapshot: &'a Snapshot, plan: &Plan) -> Shares<'a> {
    let mut shares = Shares::new();
    for (id, share) in plan.targets.shares() {
        if let Some(cluster) = snapshot.clusters().get(id.index()) {
            *shares
                .entry((&cluster.virtual_node, cluster.port))
                .or_default() += share;
        }
    }
    shares
}

fn listed(shares: &Shares<'_>) -> String {
    let shares = shares.iter();
    let listed: Vec<_> = shares
        .map(|((node, _), share)| format!("{node} {}", percent(*share)))
        .collect();
    listed.join(", ")
}

/// To a hundredth of a percent, which no weight is finer than.
fn percent(share: f64) -> String {
    let hundredths = (share * 10_000.0).round() / 100.0;
    format!("{hundredths} %")
}

fn by_name(snapshot: &Snapshot) -> BTreeMap<&str, &Host> {
    let hosts = snapshot.routes.virtual_hosts().iter();
    hosts.map(|host| (host.name().as_str(), host)).collect()
}

fn by_route(host: &Host, port: Port) -> Routes<'_> {
    let listeners = host.listeners().iter();
    let here = listeners.filter(|listener| listener.port() == port);
    let rules = here.flat_map(|listener| listener.rules());
    rules.map(|rule| (rule.name(), rule)).collect()
}
