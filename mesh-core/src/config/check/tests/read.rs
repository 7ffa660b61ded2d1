//! What only readers can say: the webhook's rules, and what is not there.

use super::{node, shop};
use crate::{
    config::{
        GatewayRoute, HostnameMatch, Mesh, MeshBuilder, Route, VirtualGateway, VirtualNode,
        VirtualService, check::check, draft::Draft,
    },
    error::{Problem, Problems, Severity},
    unit::Protocol,
};

fn entry(route: &str, gateway: &str) -> MeshBuilder {
    let to = |service| GatewayRoute::http("a").prefix("/").to(service);
    let entry = VirtualGateway::builder(gateway).listener(80, Protocol::Http);
    Mesh::builder("shop")
        .virtual_node(node("v1"))
        .virtual_service(VirtualService::builder("orders.local").virtual_node("v1"))
        .virtual_gateway(entry.route(to(route)))
}

fn codes<'a>(problems: impl Iterator<Item = &'a Problem>) -> Vec<&'static str> {
    problems.map(|problem| problem.code).collect()
}

fn errors(draft: Draft) -> Vec<&'static str> {
    match check(draft, Problems::default()) {
        Ok(_) => Vec::new(),
        Err(errors) => codes(errors.errors()),
    }
}

#[test]
fn the_webhook_takes_no_match_without_a_path_and_no_backend_twice() {
    let mut draft = shop([Route::http("a").target("v1", 1)]).draft();
    assert_eq!(errors(draft.clone()), [""; 0]);
    draft.routes[0].matches.value.strict = true;
    assert_eq!(errors(draft), ["match-without-path"]);

    let mut draft = entry("orders.local", "entry").draft();
    let matches = &mut draft.gateway_routes[0].matches;
    matches.value.path = None;
    assert_eq!(errors(draft.clone()), [""; 0]);
    let matches = &mut draft.gateway_routes[0].matches;
    matches.value.strict = true;
    assert_eq!(errors(draft.clone()), ["match-without-path"]);
    let host = HostnameMatch::Exact("shop.local".to_owned());
    let matches = &mut draft.gateway_routes[0].matches;
    matches.value.hostname = Some(matches.clone().map(|_| host));
    assert_eq!(errors(draft), [""; 0]);

    let web = VirtualNode::builder("web")
        .backend("orders.local")
        .backend("orders.local");
    let mut draft = shop([Route::http("a").target("v1", 1)])
        .virtual_node(web)
        .draft();
    assert_eq!(errors(draft.clone()), [""; 0]);
    draft.virtual_nodes[2].strict = true;
    assert_eq!(errors(draft), ["duplicate-backend"]);
}

#[test]
fn gateway_routes_that_refer_to_nothing_are_left_out_where_that_is_allowed() {
    let dangling = || {
        let mut draft = entry("users.local", "entry").draft();
        let gateway = draft.gateway_routes[0].clone();
        draft.gateway_routes.push(gateway);
        let second = &mut draft.gateway_routes[1];
        second.virtual_service.as_mut().unwrap().value = "orders.local".to_owned();
        second.gateway.as_mut().unwrap().value = "exit".to_owned();
        draft
    };
    assert_eq!(
        errors(dangling()),
        ["missing-gateway", "missing-virtual-service"]
    );
    let mut draft = dangling();
    draft.allow_missing = true;
    let (mesh, warnings) = check(draft, Problems::default()).unwrap();
    assert!(mesh.virtual_gateway("entry").unwrap().routes.is_empty());
    assert_eq!(
        codes(warnings.iter()),
        ["missing-gateway", "missing-virtual-service"]
    );
    assert!(warnings.iter().all(|w| w.severity == Severity::Warning));

    let mut draft = dangling();
    draft.gaps.everything();
    draft.gaps.meshes = false;
    assert_eq!(errors(draft), [""; 0]);
}
