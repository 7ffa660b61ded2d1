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

/// Reads the App Mesh objects of all documents; `wanted` is the mesh that the caller asks for.
pub(super) fn read(
    roots: &[Node],
    wanted: Option<&str>,
    lenient: bool,
    problems: &mut Problems,
) -> Vec<Read> {
    let form = Form::Kubernetes;
    let rules = Rules { form, lenient };
    let mut objects = Objects::default();
    for root in roots {
        objects.add(root, problems);
    }
    let mut reading = Reading {
        objects: &objects,
        otherwise: wanted
            .map(str::to_owned)
            .or_else(|| objects.only(ResourceKind::Mesh).map(Object::app_mesh_name)),
        membership: Membership::of(&objects, rules),
        groups: Groups::default(),
        rules,
        problems,
    };
    let all = objects.all.iter();
    all.map(|object| reading.object(object)).collect()
}

struct Reading<'a> {
    objects: &'a Objects<'a>,
    /// The mesh of what belongs to none that is told, as far as is known.
    otherwise: Option<String>,
    membership: Membership,
    groups: Groups,
    rules: Rules,
    problems: &'a mut Problems,
}

impl Reading<'_> {
    /// An object, held against its shape and under the API's names.
    fn object(&mut self, object: &Object<'_>) -> Read {
        let before = self.problems.errors();
        let mesh = match object.kind {
            ResourceKind::Mesh => None,
            _ => self.membership.mesh(object, self.objects, self.problems),
        };
        let own = mesh.as_ref().map(|said| said.value.as_str());
        let properties = self.properties(object, own);
        let Self {
            objects, problems, ..
        } = self;
        Read {
            kind: object.kind,
            form: Form::Kubernetes,
            mesh,
            parent: match object.kind {
                ResourceKind::GatewayRoute => self.membership.gateway(object, objects, problems),
                _ => None,
            },
            name: Said::new(object.app_mesh_name(), object.name_place.clone()),
            named: true,
            whole: problems.errors() == before,
            properties,
        }
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
