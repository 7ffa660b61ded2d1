//! One route by itself: name, priority, conditions, targets, retry policy.

use super::{matching::matching, named, port, within};
use crate::{
    config::{
        RetryPolicy, Route, RouteWritten, WeightedTarget, Written,
        draft::{RouteDraft, Said, TargetDraft},
    },
    error::{Place, Problems, quoted},
    name::{RouteName, VirtualNodeName},
    unit::{Priority, Protocol, Weight},
};

pub(super) fn route(draft: &RouteDraft, problems: &mut Problems) -> Option<Route> {
    let name = named(&draft.name, RouteName::new, problems);
    let priority = draft.priority.as_ref();
    let priority = priority.and_then(|said| within(said, Priority::new, problems));
    let protocol = draft.protocol.value;
    let matches = matching(&draft.matches, protocol, problems);
    if draft.whole {
        with_path(draft, problems);
    }
    let targets = targets(draft, problems);
    let retry_policy = draft.retry_policy.as_ref();
    let retry_policy = retry_policy.and_then(|said| retry(said, draft, problems));
    Some(Route {
        name: name?,
        priority,
        protocol,
        matches,
        targets,
        retry_policy,
        timeout: draft.timeout.timeout(),
        written: written(draft),
    })
}

/// The API took a route without a path, the Kubernetes webhook did not.
fn with_path(draft: &RouteDraft, problems: &mut Problems) {
    let Said {
        value: matches,
        place,
    } = &draft.matches;
    let http = matches!(draft.protocol.value, Protocol::Http | Protocol::Http2);
    if matches.strict && http && matches.path.is_none() {
        let message = "the match has neither a prefix nor a path, of which Kubernetes asks for one: write the prefix `/` for all paths";
        problems.error("match-without-path", place, message);
    }
}

fn written(draft: &RouteDraft) -> RouteWritten {
    let at = |place: Option<&Place>| place.map(Written::at).unwrap_or_default();
    RouteWritten {
        route: Written::at(&draft.name.place),
        targets: Written::at(&draft.targets.place),
        retry_policy: at(draft.retry_policy.as_ref().map(|said| &said.place)),
        per_request: at(draft.timeout.per_request.as_ref().map(|said| &said.place)),
        idle: at(draft.timeout.idle.as_ref().map(|said| &said.place)),
    }
}

fn targets(draft: &RouteDraft, problems: &mut Problems) -> Vec<WeightedTarget> {
    let Said { value, place } = &draft.targets;
    let name = quoted(&draft.name.value);
    if value.len() > 10 {
        let message = format!(
            "the route {name} has {} targets, 10 are the most",
            value.len()
        );
        problems.error("too-many-targets", place, message);
    }
    if value.is_empty() && draft.whole {
        let message = format!("the route {name} has no target: name at least one virtual node");
        problems.error("no-targets", place, message);
    }
    let targets: Vec<_> = value.iter().filter_map(|t| target(t, problems)).collect();
    let drawable = targets.iter().any(|target| target.weight.get() > 0);
    if !targets.is_empty() && targets.len() == value.len() && !drawable {
        let message = format!(
            "every weight of the route {name} is 0, so no target can be drawn: give one of them a weight of 1 to 100"
        );
        problems.error("zero-total-weight", place, message);
    }
    over_100(&name, &targets, place, problems);
    targets
}

fn over_100(route: &str, targets: &[WeightedTarget], place: &Place, problems: &mut Problems) {
    let weights = targets.iter().map(|target| u32::from(target.weight.get()));
    let sum: u32 = weights.sum();
    if sum > 100 {
        let message = format!(
            "the weights of the route {route} sum to {sum}, which App Mesh's documents keep to 100: each is taken as its \
             part of the sum"
        );
        problems.warn("weights-over-100", place, message);
    }
}

fn target(draft: &TargetDraft, problems: &mut Problems) -> Option<WeightedTarget> {
    let virtual_node = named(&draft.virtual_node, VirtualNodeName::new, problems);
    let weight = within(&draft.weight, Weight::new, problems);
    let port = match &draft.port {
        Some(said) => Some(port(said, problems)?),
        None => None,
    };
    Some(WeightedTarget {
        virtual_node: virtual_node?,
        weight: weight?,
        port,
    })
}

fn retry(
    said: &Said<RetryPolicy>,
    draft: &RouteDraft,
    problems: &mut Problems,
) -> Option<RetryPolicy> {
    let Said { value, place } = said;
    if value.has_no_event() && draft.whole {
        let message = "the retry policy says how often and not when: name an event, as `server-error`, `gateway-error`, \
                       `client-error`, `stream-error` (HTTP), `connection-error` (TCP) or, of a gRPC route, `unavailable`";
        problems.error("missing-retry-event", place, message);
        return None;
    }
    let spoken = draft.protocol.value;
    if !value.grpc_events.is_empty() && spoken != Protocol::Grpc {
        let message = format!(
            "a route for {spoken} has no gRPC statuses to try again: leave those events out, or make it a route for gRPC"
        );
        problems.error("retry-event-mismatch", place, message);
        return None;
    }
    Some(value.clone())
}
