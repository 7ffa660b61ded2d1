//! Which routes were asked, and why each did or did not take the request.

use std::fmt;

use crate::{
    name::{RouteName, VirtualServiceName},
    route::{Head, Mismatch, Rule},
    snapshot::Snapshot,
};

/// A route, and what became of it for one request.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Tried<'a> {
    /// Its name; `None` where a node is the provider and no route exists. A gateway route has it from App Mesh too.
    pub route: Option<&'a RouteName>,
    /// What became of it.
    pub asked: Asked<'a>,
}

impl Tried<'_> {
    pub(super) fn name(&self) -> &str {
        self.route.map_or("(unnamed)", RouteName::as_str)
    }
}

/// What became of a route for one request.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Asked<'a> {
    /// It took the request.
    Took,
    /// It did not; this is the first of its conditions that does not hold.
    Passed(Mismatch<'a>),
    /// Another one had taken the request before.
    NotAsked,
}

impl fmt::Display for Asked<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Took => f.write_str("took it"),
            Self::Passed(mismatch) => mismatch.fmt(f),
            Self::NotAsked => f.write_str("not asked"),
        }
    }
}

/// The routes of a virtual service, behind the port that was called.
pub(super) fn at<'a>(
    snapshot: &'a Snapshot,
    name: &VirtualServiceName,
    head: &Head<'_>,
) -> Vec<Tried<'a>> {
    let host = snapshot.routes.named(name.as_str());
    let rules = host.and_then(|host| host.rules(head).ok());
    of(rules.unwrap_or_default(), head)
}

/// Rules in their order; one that stands there under the same name as the one that took the request is that one.
pub(super) fn of<'a, P>(rules: &'a [Rule<P>], head: &Head<'_>) -> Vec<Tried<'a>> {
    let mut taken: Option<&Rule<P>> = None;
    let mut tried = Vec::new();
    for rule in rules {
        let asked = match (taken, rule.check(head)) {
            (Some(other), _) if other.name() == rule.name() => continue,
            (Some(_), _) => Asked::NotAsked,
            (None, Ok(())) => {
                taken = Some(rule);
                Asked::Took
            }
            (None, Err(mismatch)) => Asked::Passed(mismatch),
        };
        let route = rule.name();
        tried.push(Tried { route, asked });
    }
    tried
}
