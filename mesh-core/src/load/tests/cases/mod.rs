//! What is refused, warned of, or taken although it looks wrong, case by case; each has its number beside it.
//!
//! | letter | what |
//! |---|---|
//! | W | rules that only the controller's admission webhook knew |
//! | C | the schema of Kubernetes' objects |
//! | A | the API's JSON |
//! | F | CloudFormation's functions |
//! | P | input that is no configuration yet |
//! | E | looks wrong, and is not |
//! | S | is accepted, and does something else in service |

mod api;
mod cloudformation;
mod looks_wrong;
mod not_yet;
mod schema;
mod service;
mod webhook;

use super::{refused_by, warned_by};
use crate::{config::Config, load::Reader};

/// Asserts that an object is refused with these errors and no others; what it may refer to is there.
fn object_refused(case: &str, marked: &str, codes: &[&str]) -> String {
    println!("{case}");
    refused_by(Config::reader(), &format!("{marked}{SHOP}"), codes)
}

/// Asserts that objects by themselves are taken with these warnings and no others.
fn objects_warned(case: &str, marked: &str, codes: &[&str]) -> Config {
    println!("{case}");
    warned_by(shop(), marked, codes)
}

/// A reader for what names no mesh and refers to what is elsewhere.
fn shop() -> Reader {
    Config::reader().mesh("shop").allow_missing()
}

/// One object in the namespace `web`; the rest begins with `spec:`.
fn object(kind: &str, rest: &str) -> String {
    format!(
        "apiVersion: appmesh.k8s.aws/v1beta2\nkind: {kind}\nmetadata: {{name: checkout, namespace: web}}\n{rest}\n"
    )
}

/// A gateway route over HTTP with this match, and what more its action has.
fn entered(matches: &str, action: &str) -> String {
    let target = "target: {virtualService: {virtualServiceRef: {name: orders}}}";
    let spec = format!("spec: {{httpRoute: {{match: {matches}, action: {{{action}{target}}}}}}}");
    object("GatewayRoute", &spec)
}

/// A router with these routes.
fn router(routes: &str) -> String {
    let listeners = "listeners: [{portMapping: {port: 80, protocol: http}}]";
    let spec = format!("spec:\n  {listeners}\n  routes:\n{routes}");
    object("VirtualRouter", &spec)
}

/// A router with one route over HTTP, whose action comes first.
fn routed(rest: &str) -> String {
    router(&format!(
        "  - {{name: all, httpRoute: {{{TO_ORDERS}, {rest}}}}}"
    ))
}

/// A virtual node with this in its spec, before its discovery.
fn node(spec: &str) -> String {
    object(
        "VirtualNode",
        &format!("spec: {{{spec}, serviceDiscovery: {{dns: {{hostname: checkout.web}}}}}}"),
    )
}

const TO_ORDERS: &str = "action: {weightedTargets: [{virtualNodeRef: {name: orders}, weight: 1}]}";

/// The mesh, and in the namespace `web` a node, a service and a gateway.
const SHOP: &str = "---
apiVersion: appmesh.k8s.aws/v1beta2
kind: Mesh
metadata: {name: shop}
---
apiVersion: appmesh.k8s.aws/v1beta2
kind: VirtualNode
metadata: {name: orders, namespace: web}
spec:
  listeners: [{portMapping: {port: 80, protocol: http}}]
  serviceDiscovery: {dns: {hostname: orders.web}}
---
apiVersion: appmesh.k8s.aws/v1beta2
kind: VirtualService
metadata: {name: orders, namespace: web}
spec: {provider: {virtualNode: {virtualNodeRef: {name: orders}}}}
---
apiVersion: appmesh.k8s.aws/v1beta2
kind: VirtualGateway
metadata: {name: edge, namespace: web}
spec: {listeners: [{portMapping: {port: 8088, protocol: http}}]}
";
