//! The routes of a gateway, compiled to what takes requests into the mesh.

use std::{collections::BTreeMap, sync::Arc};

use super::{
    CompileError,
    conditions::{gateway_conditions, gateway_prefix},
};
use crate::{
    config::{GatewayRoute, GatewayRouteMatch, HostnameMatch, VirtualGateway},
    name::RouteName,
    route::{
        Conditions, HostPattern, IngressHost, IngressListener, IngressTable, PathCondition, Rule,
    },
    snapshot::{Gateway, GatewayPlan, PathRewrite, Source},
    unit::Port,
};

pub(super) fn gateway(written: &VirtualGateway) -> Result<Gateway, CompileError> {
    let routes: Vec<_> = written
        .routes
        .iter()
        .map(|route| compiled(written, route))
        .collect::<Result<_, _>>()?;
    let mut room = RULES;
    let mut listeners = Vec::new();
    for listener in &written.listeners {
        let is_here = |route: &&Compiled| route.port.is_none_or(|port| port == listener.port);
        let here: Vec<_> = routes.iter().filter(is_here).collect();
        let rules = here.iter().map(|route| route.rules.len()).sum();
        room = room
            .checked_sub(rules)
            .ok_or_else(|| CompileError::TooManyGatewayRoutes {
                virtual_gateway: written.name.clone(),
                most: RULES,
            })?;
        listeners.push(ingress(listener.port, &here));
    }
    Ok(Gateway {
        name: written.name.clone(),
        ingress: IngressTable::new(listeners),
    })
}

fn ingress(port: Port, routes: &[&Compiled]) -> IngressListener<Arc<GatewayPlan>> {
    let mut hosts = BTreeMap::<_, Vec<_>>::new();
    for route in routes {
        let rules = hosts.entry(route.host.clone()).or_default();
        rules.extend(route.rules.iter().cloned());
    }
    let hosts = hosts.into_iter();
    IngressListener::new(
        port,
        hosts.map(|(pattern, rules)| IngressHost::new(pattern, port, rules)),
    )
}

/// A gateway route, before it is known behind which ports it stands.
struct Compiled {
    host: HostPattern,
    port: Option<Port>,
    rules: Vec<Rule<Arc<GatewayPlan>>>,
}

fn compiled(gateway: &VirtualGateway, route: &GatewayRoute) -> Result<Compiled, CompileError> {
    let conditions = gateway_conditions(&route.matches);
    let conditions = conditions.map_err(|source| CompileError::GatewayPattern {
        virtual_gateway: gateway.name.clone(),
        gateway_route: route.name.clone(),
        source,
    })?;
    let name = RouteName::new(route.name.as_str())?;
    let rule = |(conditions, path): (Conditions, PathRewrite)| {
        let plan = Arc::new(plan(route, path));
        Rule::new(name.clone(), route.priority, conditions, plan)
    };
    Ok(Compiled {
        host: host(route.matches.hostname()),
        port: route.matches.port(),
        rules: ways(route, conditions).into_iter().map(rule).collect(),
    })
}

/// The conditions, each with what becomes of the path under them.
///
/// # Source
/// Dumps of App Mesh's Envoy configuration: a prefix `P` that becomes `/` stands there twice, as `P/` and as `P`, so that `P/x`
/// becomes `/x` and not `//x`.
fn ways(route: &GatewayRoute, conditions: Conditions) -> Vec<(Conditions, PathRewrite)> {
    use crate::config::PathRewrite as Written;
    let becomes = |matched: &str, replacement: &str| PathRewrite::Prefix {
        matched: matched.into(),
        replacement: replacement.into(),
    };
    let prefix = gateway_prefix(&route.matches);
    match (&route.rewrite.path, prefix) {
        _ if matches!(route.matches, GatewayRouteMatch::Grpc(_)) => {
            vec![(conditions, PathRewrite::Keep)]
        }
        (Some(Written::Exact(path)), _) => {
            vec![(conditions, PathRewrite::Exact(path.as_str().into()))]
        }
        (Some(Written::Prefix(value)), Some(prefix)) => {
            vec![(conditions, becomes(prefix, value))]
        }
        (None | Some(Written::DefaultPrefix(true)), Some(prefix)) => {
            let with_slash = format!("{prefix}/");
            let longer = PathCondition::Prefix(with_slash.as_str().into());
            let longer = (
                conditions.clone().with_path(longer),
                becomes(&with_slash, "/"),
            );
            let plain = (conditions, becomes(prefix, "/"));
            match prefix.ends_with('/') {
                true => vec![plain],
                false => vec![longer, plain],
            }
        }
        _ => vec![(conditions, PathRewrite::Keep)],
    }
}

fn plan(route: &GatewayRoute, path: PathRewrite) -> GatewayPlan {
    GatewayPlan {
        gateway_route: route.name.clone(),
        virtual_service: route.target.virtual_service.clone(),
        port: route.target.port,
        rewrites_host: route.rewrite.default_target_hostname.unwrap_or(true),
        path,
        source: Source::at(route.written.location()),
    }
}

/// In small letters: hosts that differ in case only are one.
fn host(written: Option<&HostnameMatch>) -> HostPattern {
    match written {
        None => HostPattern::Any,
        Some(HostnameMatch::Exact(host)) => HostPattern::Exact(host.to_ascii_lowercase().into()),
        Some(HostnameMatch::Suffix(suffix)) => {
            HostPattern::Suffix(suffix.to_ascii_lowercase().into())
        }
    }
}

/// Routes times listeners: far more than App Mesh's quotas let a gateway have.
const RULES: usize = 100_000;
