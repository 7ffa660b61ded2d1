//! Which of several listeners a route or a target means.

use std::fmt;

use crate::{
    config::draft::{MatchDraft, Said, VirtualGatewayDraft, VirtualNodeDraft, VirtualRouterDraft},
    error::{Place, Problems, quoted},
};

/// The ports of somebody.
#[derive(Clone)]
pub(super) struct Listeners<'a> {
    kind: &'static str,
    name: &'a str,
    ports: Vec<i64>,
    /// Whether all of them could be read.
    whole: bool,
}

impl<'a> Listeners<'a> {
    pub(super) fn of_node(node: &'a VirtualNodeDraft) -> Self {
        Self {
            kind: "virtual node",
            name: &node.name.value,
            ports: node.listeners.iter().map(|l| l.port.value).collect(),
            whole: node.whole,
        }
    }

    pub(super) fn of_router(router: &'a VirtualRouterDraft) -> Self {
        Self {
            kind: "virtual router",
            name: &router.name.value,
            ports: router.listeners.iter().map(|l| l.port.value).collect(),
            whole: router.whole,
        }
    }

    pub(super) fn of_gateway(gateway: &'a VirtualGatewayDraft) -> Self {
        Self {
            kind: "virtual gateway",
            name: &gateway.name.value,
            ports: gateway.listeners.iter().map(|l| l.port.value).collect(),
            whole: gateway.whole,
        }
    }

    fn lack(&self, port: &Said<i64>, problems: &mut Problems) {
        // One that is none is told of where it stands.
        let mut ports = self.ports.iter().chain([&port.value]);
        let all = ports.all(|port| u16::try_from(*port).is_ok_and(|port| port > 0));
        if self.whole && all && !self.ports.contains(&port.value) {
            let message = format_args!(
                "{self} has no listener on port {}{}",
                port.value,
                self.listed()
            );
            problems.error("missing-listener", &port.place, message);
        }
    }

    /// The end of a sentence about somebody who has only these ports.
    fn listed(&self) -> impl fmt::Display {
        fmt::from_fn(|f| {
            for (n, port) in self.ports.iter().take(LISTED).enumerate() {
                let before = if n == 0 { "; it listens on " } else { ", " };
                write!(f, "{before}{port}")?;
            }
            match self.ports.len().saturating_sub(LISTED) {
                0 => Ok(()),
                more => write!(f, " and {more} more"),
            }
        })
    }
}

impl fmt::Display for Listeners<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the {} {}", self.kind, quoted(self.name))
    }
}

/// Which listener of its router or gateway a route is for.
pub(super) fn match_port(
    matches: &Said<MatchDraft>,
    listeners: &Listeners<'_>,
    problems: &mut Problems,
) {
    match &matches.value.port {
        Some(port) => listeners.lack(port, problems),
        None if listeners.ports.len() > 1 => problems.warn(
            "match-port-missing",
            &matches.place,
            format_args!(
                "{listeners} has several listeners and the route does not say which one it is for, so it is taken for all of \
                 them; App Mesh asks for a port in the match{}",
                listeners.listed()
            ),
        ),
        None => {}
    }
}

/// Which listener of its target a route means.
pub(super) fn target_port(
    port: Option<&Said<i64>>,
    place: &Place,
    listeners: &Listeners<'_>,
    problems: &mut Problems,
) {
    match port {
        Some(port) => listeners.lack(port, problems),
        None if listeners.ports.len() > 1 => problems.warn(
            "target-port-missing",
            place,
            format_args!(
                "{listeners} has several listeners and the target does not say which one is meant, so the first that does not \
                 speak TCP is taken; App Mesh asks for the target's port{}",
                listeners.listed()
            ),
        ),
        None => no_listener(listeners, place, problems),
    }
}

pub(super) fn no_listener(listeners: &Listeners<'_>, place: &Place, problems: &mut Problems) {
    if listeners.whole && listeners.ports.is_empty() {
        let message = format_args!(
            "{listeners} takes no requests, because it has no listener: give it one, or name another one"
        );
        problems.error("missing-listener", place, message);
    }
}

/// How many ports a sentence holds.
const LISTED: usize = 8;
