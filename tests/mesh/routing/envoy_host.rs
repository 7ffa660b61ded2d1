//! A virtual service as Envoy's virtual host, whose routes answer by themselves and say who they are.

use mesh_core::{
    config::{Mesh, Provider, Route, VirtualService},
    unit::{Port, Protocol},
};
use serde_json::{Value, json};

use super::envoy_route;

/// The ports on which a virtual service takes requests; one without a provider has none.
pub(super) fn ports(mesh: &Mesh, service: &VirtualService) -> Vec<Port> {
    let listeners = listeners(mesh, service).into_iter();
    let http = listeners.filter(|(_, spoken)| *spoken != Protocol::Tcp);
    http.map(|(port, _)| port).collect()
}

fn listeners(mesh: &Mesh, service: &VirtualService) -> Vec<(Port, Protocol)> {
    match &service.provider {
        None => Vec::new(),
        Some(Provider::VirtualNode(node)) => {
            let node = mesh.virtual_node(node.as_str());
            let listeners = node.iter().flat_map(|node| &node.listeners);
            listeners
                .map(|listener| (listener.port, listener.protocol))
                .collect()
        }
        Some(Provider::VirtualRouter(router)) => {
            let router = mesh.virtual_router(router.as_str());
            let listeners = router.iter().flat_map(|router| &router.listeners);
            listeners
                .map(|listener| (listener.port, listener.protocol))
                .collect()
        }
        Some(other) => panic!("{other:?} is new here"),
    }
}

/// The routes of a service behind one of its ports.
pub(super) fn routes<'a>(mesh: &'a Mesh, service: &VirtualService, port: Port) -> Vec<&'a Route> {
    let Some(Provider::VirtualRouter(name)) = &service.provider else {
        return Vec::new();
    };
    let router = mesh.virtual_router(name.as_str());
    let routes = router.into_iter().flat_map(|router| &router.routes);
    let routes = routes.filter(|route| route.protocol != Protocol::Tcp);
    routes
        .filter(|route| route.matches.port().is_none_or(|named| named == port))
        .collect()
}

/// A service behind one port; `None` if it is not there. One without listeners is everywhere, without routes.
pub(super) fn host(mesh: &Mesh, service: &VirtualService, port: Option<Port>) -> Option<Value> {
    let name = service.name.as_str();
    let mut domains = vec![name.to_owned()];
    domains.extend(port.map(|port| format!("{name}:{port}")));
    let routes = answers(mesh, service, port)?;
    Some(json!({"name": name, "domains": domains, "routes": routes}))
}

/// Its routes, in their order; `None` if it is not behind the port.
pub(super) fn answers(
    mesh: &Mesh,
    service: &VirtualService,
    port: Option<Port>,
) -> Option<Vec<Value>> {
    if listeners(mesh, service).is_empty() {
        return Some(Vec::new());
    }
    let port = port.filter(|port| ports(mesh, service).contains(port))?;
    let name = service.name.as_str();
    if let Some(Provider::VirtualNode(node)) = &service.provider {
        let told = format!("{name} - {node}:{port}=1.000");
        return Some(vec![answer(&json!({"prefix": "/"}), &told)]);
    }
    let mut routes = routes(mesh, service, port);
    routes.sort_by_key(|route| {
        envoy_route::rank(route.priority, &route.matches, route.name.as_str())
    });
    let answers = routes.into_iter().map(|route| {
        let matching = envoy_route::matching(&route.matches);
        answer(&matching, &told(mesh, name, route))
    });
    Some(answers.collect())
}

/// Service, route and targets, as [`compare`](super::compare) writes them of a plan.
fn told(mesh: &Mesh, service: &str, route: &Route) -> String {
    let sum: u32 = route
        .targets
        .iter()
        .map(|target| u32::from(target.weight.get()))
        .sum();
    let mut told = format!("{service} {}", route.name);
    for target in &route.targets {
        let node = mesh
            .virtual_node(target.virtual_node.as_str())
            .expect("it was checked");
        let spoken = node
            .listeners
            .iter()
            .find(|listener| listener.protocol != Protocol::Tcp);
        let port = target.port.or_else(|| spoken.map(|listener| listener.port));
        let port = port.expect("it was checked");
        let share = f64::from(target.weight.get()) / f64::from(sum);
        told.push_str(&format!(" {}:{port}={share:.3}", target.virtual_node));
    }
    told
}

/// An answer that says which route it is of, so that nothing is needed behind it.
pub(super) fn answer(matching: &Value, told: &str) -> Value {
    json!({
        "match": matching,
        "direct_response": {"status": 200},
        "response_headers_to_add": [{"header": {"key": ROUTE, "value": told}}],
    })
}

/// The header of Envoy's answers that says which route took the request, and what it says of what goes out of the mesh.
pub(super) const ROUTE: &str = "x-route";
pub(super) const OUTSIDE: &str = "outside";
