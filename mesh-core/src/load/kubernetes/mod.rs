//! Kubernetes objects of the group `appmesh.k8s.aws`, as the App Mesh controller took them.
//!
//! All documents are looked at together: an object refers to others by namespace and name, and labels of namespaces tell
//! which mesh it belongs to.

mod backends;
mod list;
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

/// Reads the App Mesh objects of all documents, and says whether one is there of which nobody knows who it is; `wanted` is the mesh
/// that the caller asks for.
pub(super) fn read(
    roots: &[Node],
    wanted: Option<&str>,
    lenient: bool,
    problems: &mut Problems,
) -> (Vec<Read>, bool) {
    let mut objects = Objects::default();
    for root in roots {
        objects.add(root, problems);
    }
    let form = Form::Kubernetes;
    let mut reading = Reading {
        objects: &objects,
        otherwise: otherwise(&objects, wanted),
        groups: Groups::default(),
        rules: Rules { form, lenient },
        problems,
    };
    // First what selects the others: whom it takes is not known if it is not right.
    let selecting = objects.all.iter().map(|object| {
        let selects = matches!(
            object.kind,
            ResourceKind::Mesh | ResourceKind::VirtualGateway
        );
        selects.then(|| reading.held(object, None))
    });
    let held: Vec<_> = selecting.collect();
    let broken = objects.all.iter().zip(&held);
    let broken = broken.filter(|(_, held)| held.as_ref().is_some_and(|(_, whole)| !whole));
    let mut membership = Membership::new(broken.map(|(object, _)| object.kind).collect());
    let held = objects.all.iter().zip(held);
    let reads = held.map(|(object, held)| reading.object(object, held, &mut membership));
    (reads.collect(), objects.unknown)
}

/// The mesh of what belongs to none that is told: it may be any of several.
fn otherwise(objects: &Objects<'_>, wanted: Option<&str>) -> Option<String> {
    let mut meshes = objects.of(ResourceKind::Mesh);
    let (first, second) = (meshes.next(), meshes.next());
    let only = first.map(Object::app_mesh_name);
    wanted
        .map(str::to_owned)
        .or(only)
        .filter(|_| second.is_none())
}

/// An object's properties, and whether nothing is wrong with them.
type Held = (Resolved, bool);

struct Reading<'a> {
    objects: &'a Objects<'a>,
    /// The mesh of what belongs to none that is told, as far as is known.
    otherwise: Option<String>,
    groups: Groups,
    rules: Rules,
    problems: &'a mut Problems,
}

impl Reading<'_> {
    /// An object in its mesh.
    fn object(
        &mut self,
        object: &Object<'_>,
        held: Option<Held>,
        membership: &mut Membership,
    ) -> Read {
        let before = self.problems.errors();
        let mesh = match object.kind {
            ResourceKind::Mesh => None,
            _ => membership.mesh(object, self.objects, self.problems),
        };
        let parent = match object.kind {
            ResourceKind::GatewayRoute => membership.gateway(object, self.objects, self.problems),
            _ => None,
        };
        let told = object.kind == ResourceKind::GatewayRoute
            && parent.is_none()
            && membership.is_told_elsewhere(object, self.objects);
        let in_place = self.problems.errors() == before;
        let own = mesh.as_ref().map(|said| said.value.as_str());
        let (properties, whole) = held.unwrap_or_else(|| self.held(object, own));
        Read {
            kind: object.kind,
            form: Form::Kubernetes,
            mesh,
            parent,
            name: Said::new(object.app_mesh_name(), object.name_place.clone()),
            named: true,
            whole: whole && in_place && !told,
            properties,
        }
    }

    /// An object's properties, held against their shape and under the API's names.
    fn held(&mut self, object: &Object<'_>, mesh: Option<&str>) -> Held {
        let before = self.problems.errors();
        let properties = self.properties(object, mesh);
        (properties, self.problems.errors() == before)
    }

    fn properties(&mut self, object: &Object<'_>, mesh: Option<&str>) -> Resolved {
        let Self {
            objects, problems, ..
        } = self;
        let form = Form::Kubernetes;
        let rules = self.rules;
        let shape = schema::of(object.kind);
        let written = plain(object.root, &object.path(), problems);
        let named_at = place(object.root.at.clone());
        conform::object(&written, shape, &named_at, rules, problems);
        read_only(object, problems);
        let names = Referred {
            objects,
            namespace: &object.namespace,
            mesh: mesh.or(self.otherwise.as_deref()),
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
