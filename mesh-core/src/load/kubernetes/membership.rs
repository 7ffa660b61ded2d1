//! Which mesh an object belongs to, and which gateway takes a gateway route.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    object::{Object, Objects, app_mesh_name},
    selector::{self, Labels},
};
use crate::{
    config::{ResourceKind, draft::Said},
    error::{Problems, quoted},
    load::{node::Node, place::place},
};

/// Tells memberships; each namespace is decided once.
#[derive(Default)]
pub(super) struct Membership {
    /// The mesh that takes what is in a namespace; `None` if there is no such mesh, which is reported.
    decided: BTreeMap<String, Option<String>>,
    /// Kinds of which an object is not right, so that what it would select is not known.
    broken: BTreeSet<ResourceKind>,
    /// How much of selectors has been held against labels.
    compared: usize,
}

impl Membership {
    pub(super) fn new(broken: BTreeSet<ResourceKind>) -> Self {
        Self {
            broken,
            ..Self::default()
        }
    }

    /// The mesh of an object; `None` if nothing here decides it, or that is reported.
    ///
    /// # Source
    /// The controller's membership designators: a mesh without a `namespaceSelector` selects nothing, an empty one everything.
    pub(super) fn mesh(
        &mut self,
        object: &Object<'_>,
        objects: &Objects<'_>,
        problems: &mut Problems,
    ) -> Option<Said<String>> {
        if let Some(reference) = object.spec("meshRef").and_then(|node| node.member("name")) {
            let name = reference.text()?;
            let mesh = objects.get(ResourceKind::Mesh, "", name);
            let name = mesh.map_or_else(|| name.to_owned(), Object::app_mesh_name);
            return Some(Said::new(name, place(reference.at.clone())));
        }
        let namespace = &object.namespace;
        if !self.decided.contains_key(namespace) {
            let mesh = self.decide(object, objects, problems);
            self.decided.insert(namespace.clone(), mesh);
        }
        let name = self.decided.get(namespace)?.clone()?;
        Some(Said::new(name, object.name_place.clone()))
    }

    /// The mesh that takes what is in an object's namespace.
    fn decide(
        &mut self,
        object: &Object<'_>,
        objects: &Objects<'_>,
        problems: &mut Problems,
    ) -> Option<String> {
        if self.compared > MOST {
            return None;
        }
        let labels = objects.namespaces.get(&object.namespace)?;
        let mut meshes = objects.of(ResourceKind::Mesh).peekable();
        meshes.peek()?;
        let found: Vec<&Object<'_>> = meshes
            .filter(|mesh| {
                self.takes(mesh.spec("namespaceSelector"), labels)
                    .unwrap_or(false)
            })
            .collect();
        if self.is_too_much(object, problems) {
            return None;
        }
        let namespace = quoted(&object.namespace);
        let (code, message) = match found.as_slice() {
            [mesh] => return Some(mesh.app_mesh_name()),
            _ if self.broken.contains(&ResourceKind::Mesh) => return None,
            [] => (
                "no-mesh-for-namespace",
                format!(
                    "no mesh takes what is in the namespace {namespace}: give a mesh a `namespaceSelector` that matches the \
                 namespace's labels (`{{}}` matches all; none at all matches nothing)"
                ),
            ),
            several => (
                "several-meshes-for-namespace",
                format!(
                    "the meshes {} all take what is in the namespace {namespace}, and one has to: narrow their `namespaceSelector`s",
                    listed(several)
                ),
            ),
        };
        problems.error(code, &object.name_place, message);
        None
    }

    /// The gateway of a gateway route; `None` if nothing here decides it, or that is reported.
    ///
    /// # Source
    /// The controller's membership designators: a gateway without a `namespaceSelector` takes nothing, one without a
    /// `gatewayRouteSelector` every route of these namespaces. Where the namespace's labels are not known, every
    /// `namespaceSelector` is taken to match them, and an only gateway takes every route.
    pub(super) fn gateway(
        &mut self,
        route: &Object<'_>,
        objects: &Objects<'_>,
        problems: &mut Problems,
    ) -> Option<Said<String>> {
        if let Some(reference) = route.spec("virtualGatewayRef") {
            let kind = ResourceKind::VirtualGateway;
            let name = reference.member("name")?.text()?;
            let namespace = reference.member("namespace").and_then(Node::text);
            let namespace = namespace.unwrap_or(&route.namespace);
            let name = objects.get(kind, namespace, name).map_or_else(
                || app_mesh_name(kind, namespace, name),
                Object::app_mesh_name,
            );
            return Some(Said::new(name, place(reference.at.clone())));
        }
        let gateway = self.selecting(route, objects, problems)?;
        Some(Said::new(gateway.app_mesh_name(), route.name_place.clone()))
    }

    /// The one gateway whose selectors take a route.
    fn selecting<'o, 'a>(
        &mut self,
        route: &Object<'_>,
        objects: &'o Objects<'a>,
        problems: &mut Problems,
    ) -> Option<&'o Object<'a>> {
        let kind = ResourceKind::VirtualGateway;
        let namespace = objects.namespaces.get(&route.namespace);
        if let Some(only) = objects.only(kind).filter(|_| namespace.is_none()) {
            return Some(only);
        }
        if self.compared > MOST {
            return None;
        }
        let mut gateways = objects.of(kind).peekable();
        gateways.peek()?;
        let takes = |gateway: &&Object<'_>| {
            let by_namespace = match (gateway.spec("namespaceSelector"), namespace) {
                (Some(selector), Some(labels)) => self.takes(Some(selector), labels),
                (selector, None) => Some(selector.is_some()),
                (None, Some(_)) => None,
            };
            by_namespace.unwrap_or(false)
                && self
                    .takes(gateway.spec("gatewayRouteSelector"), &route.labels)
                    .unwrap_or(true)
        };
        let found: Vec<&Object<'_>> = gateways.filter(takes).collect();
        if self.is_too_much(route, problems) {
            return None;
        }
        match found.as_slice() {
            [only] => Some(only),
            _ if self.is_told_elsewhere(route, objects) => None,
            // Without the namespace's labels nothing is certain: who needs the gateway says that it is not known.
            found => {
                if namespace.is_some() {
                    not_one(found, route, problems);
                }
                None
            }
        }
    }

    /// Whether what keeps a gateway route from its gateway is reported already: a gateway that is not right, or no mesh.
    pub(super) fn is_told_elsewhere(&self, route: &Object<'_>, objects: &Objects<'_>) -> bool {
        let namespace = &route.namespace;
        let undecided = matches!(self.decided.get(namespace), Some(None));
        let decidable = objects.namespaces.contains_key(namespace)
            && objects.of(ResourceKind::Mesh).next().is_some();
        let no_mesh = undecided && decidable;
        no_mesh || self.broken.contains(&ResourceKind::VirtualGateway)
    }

    /// Whether a selector takes what bears these labels; nothing is taken any more once it is too much.
    fn takes(&mut self, selector: Option<&Node>, labels: &Labels) -> Option<bool> {
        let size = selector.map_or(0, selector::size);
        self.compared = self.compared.saturating_add(1 + size);
        Some(self.compared <= MOST && selector::takes(selector?, labels))
    }

    /// Whether selectors and labels multiply, which is reported: nothing is compared afterwards.
    fn is_too_much(&mut self, object: &Object<'_>, problems: &mut Problems) -> bool {
        let too_much = self.compared > MOST;
        if too_much {
            let message = format!(
                "the selectors of all meshes and gateways are compared more than {MOST} times with the labels of what they may take: \
                 name the mesh (`meshRef`) and the gateway (`virtualGatewayRef`), or read fewer objects together"
            );
            problems.error("too-many-items", &object.name_place, message);
        }
        too_much
    }
}

/// Reports that no gateway takes a route, or that several do.
fn not_one(found: &[&Object<'_>], route: &Object<'_>, problems: &mut Problems) {
    let name = quoted(&route.name);
    let (code, message) = match found {
        [] => (
            "no-gateway-for-route",
            format!(
                "no virtual gateway takes the gateway route {name}: its `namespaceSelector` has to match the namespace's labels, \
                 and its `gatewayRouteSelector` those of the route"
            ),
        ),
        several => (
            "several-gateways-for-route",
            format!(
                "the virtual gateways {} all take the gateway route {name}, and one has to: narrow their selectors",
                listed(several)
            ),
        ),
    };
    problems.error(code, &route.name_place, message);
}

fn listed(objects: &[&Object<'_>]) -> String {
    let names = objects.iter().take(8).map(|object| quoted(&object.name));
    names.collect::<Vec<_>>().join(", ")
}

/// A thousand gateways with two selectors each, and two thousand routes.
const MOST: usize = 4_000_000;
