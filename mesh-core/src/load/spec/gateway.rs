//! Virtual gateways and their routes.

use super::{
    listener,
    logging::access_log,
    route::{kind_of, matches, place},
    tls::client_policy,
};
use crate::{
    config::{
        HostnameMatch, PathRewrite, Rewrite,
        draft::{GatewayRouteDraft, MatchDraft, Said, VirtualGatewayDraft},
    },
    error::{Place, Problems},
    load::{
        read::Read,
        resolved::{Member, Resolved},
        shape::Form,
    },
};

pub(super) fn virtual_gateway(read: Read, problems: &mut Problems) -> VirtualGatewayDraft {
    let spec = &read.properties;
    let listeners = spec.items(&["spec", "listeners"]).iter();
    let listeners = listeners.filter_map(|listener| listener::read(listener, problems));
    let listeners = listeners.collect();
    let defaults = spec.at(&["spec", "backendDefaults"]);
    VirtualGatewayDraft {
        listeners,
        client_policy: defaults.and_then(|defaults| client_policy(defaults, problems)),
        access_log: access_log(spec, problems),
        mesh: read.mesh,
        name: read.name,
        whole: read.whole,
    }
}

/// A gateway's route; `None` if it cannot be told what it speaks.
pub(super) fn gateway_route(read: Read, problems: &mut Problems) -> Option<GatewayRouteDraft> {
    let before = problems.errors();
    let (member, protocol) = kind_of(read.properties.at(&["spec"])?)?;
    let Member {
        key_place,
        value: route,
        ..
    } = member;
    let target = route.at(&["action", "target"]);
    let rewrite = route.at(&["action", "rewrite"]);
    let rewrite_place = rewrite.map_or(key_place, rewrite_place);
    let matches = route
        .at(&["match"])
        .map(|node| gateway_match(node, read.form));
    Some(GatewayRouteDraft {
        priority: read.properties.number(&["spec", "priority"]),
        protocol: Said::new(protocol, key_place.clone()),
        matches: Said::new(
            matches.unwrap_or_default(),
            place(route, "match", key_place),
        ),
        virtual_service: target.and_then(|t| t.text(&["virtualService", "virtualServiceName"])),
        target_port: target.and_then(|target| target.number(&["port"])),
        rewrite: Said::new(
            rewrite.map(rewritten).unwrap_or_default(),
            rewrite_place.clone(),
        ),
        whole: read.whole && problems.errors() == before,
        mesh: read.mesh,
        gateway: read.parent,
        name: read.name,
    })
}

fn gateway_match(node: &Resolved, form: Form) -> MatchDraft {
    let exact = node.text(&["hostname", "exact"]);
    let exact = exact.map(|said| said.map(HostnameMatch::Exact));
    let suffix = node.text(&["hostname", "suffix"]);
    let suffix = suffix.map(|said| said.map(HostnameMatch::Suffix));
    MatchDraft {
        hostname: exact.or(suffix),
        ..matches(node, form)
    }
}

/// Where the rewrite says what becomes of the path; where it begins, if it leaves that as it is.
fn rewrite_place(node: &Resolved) -> &Place {
    let paths = [&["prefix", "value"], &["path", "exact"]].into_iter();
    let mut written = paths.filter_map(|path| node.at(path));
    &written.next().unwrap_or(node).place
}

fn rewritten(node: &Resolved) -> Rewrite {
    let enabled = |path: &[&str]| node.text(path).map(|said| said.value == "ENABLED");
    let default = enabled(&["prefix", "defaultPrefix"]).map(PathRewrite::DefaultPrefix);
    let prefix = node.text(&["prefix", "value"]);
    let prefix = prefix.map(|said| PathRewrite::Prefix(said.value));
    let exact = node.text(&["path", "exact"]);
    let exact = exact.map(|said| PathRewrite::Exact(said.value));
    Rewrite {
        default_target_hostname: enabled(&["hostname", "defaultTargetHostname"]),
        path: default.or(prefix).or(exact),
    }
}
