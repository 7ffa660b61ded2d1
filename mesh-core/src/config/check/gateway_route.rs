//! One gateway route by itself: name, priority, conditions, target, rewrites.

use super::{matching::gateway, named, port, sized, within};
use crate::{
    config::{
        GatewayRoute, GatewayTarget, PathMatch, PathRewrite, Rewrite, Written,
        draft::{GatewayRouteDraft, Said},
    },
    error::{Place, Problems, quoted},
    name::{GatewayRouteName, VirtualServiceName},
    unit::Priority,
};

pub(super) fn gateway_route(
    draft: &GatewayRouteDraft,
    problems: &mut Problems,
) -> Option<GatewayRoute> {
    let name = named(&draft.name, GatewayRouteName::new, problems);
    let priority = draft.priority.as_ref();
    let priority = priority.and_then(|said| within(said, Priority::new, problems));
    let matches = gateway::matching(draft, problems);
    let target = target(draft, problems);
    rewrite(draft, problems);
    Some(GatewayRoute {
        name: name?,
        priority,
        protocol: draft.protocol.value,
        matches,
        target: target?,
        rewrite: draft.rewrite.value.clone(),
        written: Written::at(&draft.name.place),
    })
}

fn target(draft: &GatewayRouteDraft, problems: &mut Problems) -> Option<GatewayTarget> {
    let port = match &draft.target_port {
        Some(said) => Some(port(said, problems)?),
        None => None,
    };
    let Some(service) = &draft.virtual_service else {
        if draft.whole {
            let message = format!(
                "the gateway route {} leads nowhere: name the virtual service it is for",
                quoted(&draft.name.value)
            );
            problems.error("no-targets", &draft.name.place, message);
        }
        return None;
    };
    // Here alone the model bounds the name as it does those of resources.
    if !sized(
        "gateway route's virtual service name",
        &service.value,
        255,
        &service.place,
        problems,
    ) {
        return None;
    }
    Some(GatewayTarget {
        virtual_service: named(service, VirtualServiceName::new, problems)?,
        port,
    })
}

fn rewrite(draft: &GatewayRouteDraft, problems: &mut Problems) {
    let Said { value, place } = &draft.rewrite;
    let Rewrite {
        path: Some(path), ..
    } = value
    else {
        return;
    };
    match path {
        PathRewrite::DefaultPrefix(_) => {}
        PathRewrite::Prefix(prefix) => {
            new_prefix(prefix, place, problems);
            of_prefix(draft, prefix, problems);
        }
        PathRewrite::Exact(path) if !path.starts_with('/') => {
            let message = format!(
                "every path begins with a slash, so a path cannot become {}: write {}",
                quoted(path),
                quoted(&format!("/{path}"))
            );
            problems.error("path-without-slash", place, message);
        }
        PathRewrite::Exact(path) => {
            sized("path", path, 255, place, problems);
        }
    }
}

fn new_prefix(prefix: &str, place: &Place, problems: &mut Problems) {
    let slashes = prefix.starts_with('/') && prefix.ends_with('/');
    if !slashes {
        let mended = match prefix.trim_matches('/') {
            "" => "/".to_owned(),
            inner => format!("/{inner}/"),
        };
        let message = format!(
            "a prefix becomes one that begins and ends with a slash, which {} does not: write {}",
            quoted(prefix),
            quoted(&mended)
        );
        problems.error("rewrite-prefix-without-slash", place, message);
    } else {
        sized("prefix", prefix, 255, place, problems);
    }
}

/// Where no prefix matched there is none to replace.
fn of_prefix(draft: &GatewayRouteDraft, new: &str, problems: &mut Problems) {
    let path = draft.matches.value.path.as_ref();
    let matched = matches!(path.map(|said| &said.value), Some(PathMatch::Prefix(_)));
    if draft.whole && !matched {
        let message = format!(
            "the route matches no prefix, so there is none to become {}: match a prefix, or rewrite the whole path",
            quoted(new)
        );
        problems.warn("rewrite-without-prefix", &draft.rewrite.place, message);
    }
}
