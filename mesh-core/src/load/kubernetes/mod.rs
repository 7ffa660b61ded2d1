//! Kubernetes objects of the group `appmesh.k8s.aws`, as the App Mesh controller took them.
//!
//! All documents are looked at together: an object refers to others by namespace and name, and labels of namespaces tell
//! which mesh it belongs to.

mod backends;
mod membership;
mod names;
mod object;
mod selector;

pub(super) use object::{GROUP, unsupported};

use self::{
    backends::Groups,
    membership::Membership,
    names::Referred,
    object::{Object, Objects},
};
use super::{
    conform::{self, Rules},
    node::{Entry, Node},
    place::{at, place},
    plain::plain,
    read::Read,
    resolved::Resolved,
    schema,
    shape::Form,
};
use crate::{
    config::{ResourceKind, draft::Said},
    error::Problems,
};

/// Reads the App Mesh objects of all documents; and says whether one is there of which nobody knows who it is.
pub(super) fn read(roots: &[Node], lenient: bool, problems: &mut Problems) -> (Vec<Read>, bool) {
    let mut objects = Objects::default();
    for root in roots {
        objects.add(root, problems);
    }
    let mut reading = Reading {
        objects: &objects,
        groups: Groups::default(),
        lenient,
        problems,
    };
    let held: Vec<_> = objects.all.iter().map(|it| reading.held(it)).collect();
    let broken = objects.all.iter().zip(&held);
    let broken = broken.filter(|(_, (_, whole))| !whole);
    let mut membership = Membership::new(broken.map(|(object, _)| object.kind).collect());
    let held = objects.all.iter().zip(held);
    let reads =
        held.map(|(object, held)| member(object, held, &objects, &mut membership, problems));
    (reads.collect(), objects.unknown)
}

/// An object with its properties, of which is known whether they are whole, in its mesh.
fn member(
    object: &Object<'_>,
    (properties, whole): (Resolved, bool),
    objects: &Objects<'_>,
    membership: &mut Membership,
    problems: &mut Problems,
) -> Read {
    let before = problems.errors();
    let mesh = match object.kind {
        ResourceKind::Mesh => None,
        _ => membership.mesh(object, objects, problems),
    };
    let parent = match object.kind {
        ResourceKind::GatewayRoute => membership.gateway(object, objects, problems),
        _ => None,
    };
    let told = object.kind == ResourceKind::GatewayRoute
        && parent.is_none()
        && membership.is_told_elsewhere(object, objects);
    Read {
        kind: object.kind,
        form: Form::Kubernetes,
        mesh,
        parent,
        name: Said::new(object.app_mesh_name(), object.name_place.clone()),
        named: true,
        whole: whole && !told && problems.errors() == before,
        properties,
    }
}

struct Reading<'a> {
    objects: &'a Objects<'a>,
    groups: Groups,
    lenient: bool,
    problems: &'a mut Problems,
}

impl Reading<'_> {
    /// An object's properties, held against their shape and under the API's names, and whether nothing is wrong with them.
    fn held(&mut self, object: &Object<'_>) -> (Resolved, bool) {
        let before = self.problems.errors();
        let properties = self.properties(object);
        (properties, self.problems.errors() == before)
    }

    fn properties(&mut self, object: &Object<'_>) -> Resolved {
        let Self {
            objects, problems, ..
        } = self;
        let form = Form::Kubernetes;
        let lenient = self.lenient;
        let shape = schema::of(object.kind);
        let written = plain(object.root, &object.path(), problems);
        let named_at = place(object.root.at.clone());
        let rules = Rules { form, lenient };
        conform::object(&written, shape, &named_at, rules, problems);
        read_only(object, problems);
        let names = Referred {
            objects,
            namespace: &object.namespace,
        };
        let mut properties = conform::canonical(&written, shape, form, &names, problems);
        if object.kind == ResourceKind::VirtualNode {
            self.groups.complete(&mut properties, &names, problems);
        }
        properties
    }
}

/// What the controller alone writes: taken of an object that shows that it comes out of a cluster.
fn read_only(object: &Object<'_>, problems: &mut Problems) {
    for field in ["meshRef", "virtualGatewayRef"] {
        let Some(Entry { key_at, .. }) = object.spec_entry(field) else {
            continue;
        };
        let place = at(format!("{}.spec.{field}", object.path()), key_at);
        if object.is_exported() {
            let message = format!(
                "`{field}` is written by the controller and taken as it stands here: leave it out of what you apply"
            );
            problems.warn("read-only-field", &place, message);
        } else {
            let message = format!(
                "`{field}` may not be written: the controller derives it from the selectors, so leave it out"
            );
            problems.error("read-only-field", &place, message);
        }
    }
}
