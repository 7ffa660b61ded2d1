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
    membership::{Membership, gateway},
    names::Referred,
    object::{Object, Objects},
};
use super::{
    conform::{self, Rules},
    node::Node,
    place::{at, place},
    plain::plain,
    read::Read,
    resolved::{Content, Member, Resolved},
    schema,
    shape::Form,
};
use crate::{config::ResourceKind, config::draft::Said, error::Problems};

/// Reads the App Mesh objects of all documents.
pub(super) fn read(roots: &[Node], lenient: bool, problems: &mut Problems) -> Vec<Read> {
    let mut objects = Objects::default();
    for root in roots {
        objects.add(root, problems);
    }
    let mut membership = Membership::default();
    let mut reads = Vec::new();
    for object in &objects.all {
        let read = checked(object, &objects, &mut membership, (lenient, problems));
        reads.extend(routes(&read));
        reads.push(read);
    }
    reads
}

/// An object, held against its shape and under the API's names.
fn checked(
    object: &Object<'_>,
    objects: &Objects<'_>,
    membership: &mut Membership,
    (lenient, problems): (bool, &mut Problems),
) -> Read {
    let before = problems.errors();
    let form = Form::Kubernetes;
    let shape = schema::of(object.kind);
    let written = plain(object.root, &object.path(), problems);
    let named_at = place(object.root.at.clone());
    conform::object(
        &written,
        shape,
        &named_at,
        Rules { form, lenient },
        problems,
    );
    read_only(object, problems);
    let names = Referred {
        objects,
        namespace: &object.namespace,
    };
    let mut properties = conform::canonical(&written, shape, form, &names, problems);
    if object.kind == ResourceKind::VirtualNode {
        backends::complete(&mut properties, &names, problems);
    }
    Read {
        kind: object.kind,
        form,
        mesh: match object.kind {
            ResourceKind::Mesh => None,
            _ => membership.mesh(object, objects, problems),
        },
        parent: match object.kind {
            ResourceKind::GatewayRoute => gateway(object, objects, problems),
            _ => None,
        },
        name: Said::new(object.app_mesh_name(), object.name_place.clone()),
        named: true,
        whole: problems.errors() == before,
        properties,
    }
}

/// What the controller alone writes: taken of an object that shows that it comes out of a cluster.
fn read_only(object: &Object<'_>, problems: &mut Problems) {
    for field in ["meshRef", "virtualGatewayRef"] {
        let Some(node) = object.spec(field) else {
            continue;
        };
        let place = at(format!("{}.spec.{field}", object.path()), &node.at);
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

/// The routes of a router, each as a resource of its own.
fn routes(router: &Read) -> Vec<Read> {
    if router.kind != ResourceKind::VirtualRouter {
        return Vec::new();
    }
    let routes = router.properties.items(&["spec", "routes"]).iter();
    let routes = routes.filter_map(|route| {
        Some(Read {
            kind: ResourceKind::Route,
            parent: Some(router.name.clone()),
            name: route.text(&["name"])?,
            properties: under_spec(route),
            ..router.clone()
        })
    });
    routes.collect()
}

fn under_spec(route: &Resolved) -> Resolved {
    let place = route.place.clone();
    let spec = Member {
        key: "spec".to_owned(),
        key_place: place.clone(),
        value: route.clone(),
    };
    let content = Content::Map(vec![spec]);
    Resolved { content, place }
}
