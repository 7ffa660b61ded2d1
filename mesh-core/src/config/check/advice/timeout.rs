//! Limits that end something before its author means it to end.

use std::time::Duration;

use crate::{
    config::{
        RetryPolicy, Timeout,
        check::graph::{Graph, listener_meant},
        draft::{ProviderDraft, RouteDraft, Said, VirtualServiceDraft},
    },
    error::{Problems, quoted},
    unit::Protocol,
};

pub(super) fn check(route: &RouteDraft, graph: &Graph<'_>, problems: &mut Problems) {
    let written = route.timeout.per_request.as_ref();
    if let Some(retry) = &route.retry_policy {
        retries(retry, written, problems);
    }
    if let Some(limit) = written {
        listeners(route, limit, graph, problems);
    }
}

/// Attempts that the limit of the whole request leaves no time for.
fn retries(retry: &Said<RetryPolicy>, written: Option<&Said<Duration>>, problems: &mut Problems) {
    let limit = written.map_or(DEFAULT_REQUEST, |said| said.value);
    let place = written.map_or(&retry.place, |said| &said.place);
    let attempt = retry.value.per_retry_timeout;
    if limit.is_zero() || attempt.is_zero() {
        return;
    }
    let default = match written {
        Some(_) => "",
        None => " (which applies where nothing is written)",
    };
    let times = retry.value.max_retries;
    // An attempt that may take as long as the request has no limit of its own.
    if attempt >= limit {
        let message = format!(
            "an attempt may take {attempt:?} and the whole request {limit:?}{default}, so the limit of an attempt does nothing: \
             make it the shorter one"
        );
        problems.warn("attempt-not-below-request", place, message);
    } else if limit < attempt.saturating_mul(times) {
        let message = format!(
            "the request's limit of {limit:?}{default} ends before {times} retries of {attempt:?} each can: raise the one or lower \
             the other"
        );
        problems.warn("timeout-below-retries", place, message);
    }
}

fn listeners(
    route: &RouteDraft,
    limit: &Said<Duration>,
    graph: &Graph<'_>,
    problems: &mut Problems,
) {
    let Said {
        value: limit,
        place,
    } = limit;
    for target in &route.targets.value {
        let node = graph.nodes.get(target.virtual_node.value.as_str());
        let meant = node.and_then(|node| listener_meant(target, node));
        if meant.is_some_and(|listener| cuts(listener.timeout.timeout(), *limit)) {
            let message = format!(
                "the route lets a request take {}, and the listener of {} ends it sooner ({DEFAULT_REQUEST:?} where nothing is \
                 written): raise the listener's limit too",
                unlimited(*limit),
                quoted(&target.virtual_node.value)
            );
            problems.warn("listener-timeout-shorter", place, message);
        }
    }
}

fn cuts(listener: Timeout, route: Duration) -> bool {
    let own = listener.per_request.unwrap_or(DEFAULT_REQUEST);
    !own.is_zero() && (route.is_zero() || own < route)
}

fn unlimited(limit: Duration) -> String {
    match limit {
        Duration::ZERO => "any time".to_owned(),
        limit => format!("{limit:?}"),
    }
}

/// Which methods stream is not written in a mesh, so this is said of every route that may have one.
pub(super) fn of_streams(route: &RouteDraft, problems: &mut Problems) {
    let silent = route.timeout.per_request.is_none() && route.whole;
    if silent && route.protocol.value == Protocol::Grpc {
        let message = format!(
            "the route writes no limit of a request, so App Mesh's of {DEFAULT_REQUEST:?} ends its streams too: write one, or \
             0 for none, and the same on the targets' listeners"
        );
        problems.warn("stream-ends-by-default", &route.name.place, message);
    }
}

/// Only a route can write another limit, and a service without a router has none.
pub(super) fn of_direct_streams(
    service: &VirtualServiceDraft,
    graph: &Graph<'_>,
    problems: &mut Problems,
) {
    let Some(ProviderDraft::VirtualNode(name)) = service.provider.as_ref().map(|said| &said.value)
    else {
        return;
    };
    let node = graph.nodes.get(name.as_str());
    let mut listeners = node.map_or(&[][..], |node| &node.listeners).iter();
    if listeners.any(|listener| listener.protocol == Protocol::Grpc) {
        let message = format!(
            "App Mesh's limit of {DEFAULT_REQUEST:?} ends the streams of {} too, and a service that goes straight to a node \
             cannot write another: give it a router, whose route can",
            quoted(&service.name.value)
        );
        problems.warn("stream-ends-by-default", &service.name.place, message);
    }
}

/// App Mesh's limit where nothing is written.
const DEFAULT_REQUEST: Duration = Duration::from_secs(15);
