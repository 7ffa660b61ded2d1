//! The backends of a virtual node: those of its groups among them.

use std::collections::BTreeSet;

use super::{names::Referred, object::Object};
use crate::{
    config::ResourceKind,
    error::{Place, Problems, quoted},
    load::{
        node::{Node, Value},
        resolved::{Content, Member, Resolved},
    },
};

/// Adds the services of backend groups to nodes, so many and no more.
#[derive(Default)]
pub(super) struct Groups {
    added: usize,
}

impl Groups {
    /// Adds the services of the node's backend groups that are no backends of it yet.
    ///
    /// # Source
    /// The controller's `BackendGroup`: the group `*` is every virtual service of its namespace.
    pub(super) fn complete(
        &mut self,
        node: &mut Resolved,
        names: &Referred<'_>,
        problems: &mut Problems,
    ) {
        let groups = node.items(&["spec", "backendGroups"]);
        if groups.is_empty() {
            return;
        }
        let mut backends: Vec<Resolved> = node.items(&["spec", "backends"]).to_vec();
        let named = backends.iter();
        let named =
            named.filter_map(|backend| backend.text(&["virtualService", "virtualServiceName"]));
        let mut known: BTreeSet<String> = named.map(|said| said.value).collect();
        let mut seen = BTreeSet::new();
        for group in groups {
            if self.added > MOST {
                break;
            }
            let Some(named) = named_group(group, names).filter(|named| seen.insert(named.clone()))
            else {
                continue;
            };
            let services = services(&named, group, names, problems);
            self.added += services.len();
            if self.added > MOST {
                let message = format!(
                    "the backend groups of all nodes come to more than {MOST} backends: name the backends that are called"
                );
                problems.error("too-many-items", &group.place, message);
            }
            let new = services
                .into_iter()
                .filter(|service| known.insert(service.clone()));
            backends.extend(new.map(|service| backend(service, &group.place)));
        }
        replace(node, backends);
    }
}

/// Namespace and name of a group.
fn named_group(group: &Resolved, names: &Referred<'_>) -> Option<[String; 2]> {
    let name = group.text(&["name"])?.value;
    let namespace = group.text(&["namespace"]);
    let namespace = namespace.map_or_else(|| names.namespace.to_owned(), |said| said.value);
    Some([namespace, name])
}

/// The names of a group's services.
fn services(
    [namespace, name]: &[String; 2],
    group: &Resolved,
    names: &Referred<'_>,
    problems: &mut Problems,
) -> Vec<String> {
    if name == "*" {
        let all = names
            .objects
            .within(ResourceKind::VirtualService, namespace);
        return all.map(Object::app_mesh_name).take(MOST).collect();
    }
    let kind = ResourceKind::BackendGroup;
    let Some(found) = names.objects.get(kind, namespace, name) else {
        let message = format!(
            "there is no backend group {} in the namespace {} here, so its virtual services are no backends of this node: load \
             it as well",
            quoted(name),
            quoted(namespace)
        );
        problems.warn("missing-backend-group", &group.place, message);
        return Vec::new();
    };
    let listed = match found.spec("virtualservices").map(|node| &node.value) {
        Some(Value::List(items)) => items.as_slice(),
        _ => &[],
    };
    let text = |node: &Node, key| node.member(key).and_then(Node::text).map(str::to_owned);
    let services = listed.iter().filter_map(|item| {
        let name = text(item, "name")?;
        let namespace = text(item, "namespace").unwrap_or_else(|| found.namespace.clone());
        Some(names.named(ResourceKind::VirtualService, &namespace, &name))
    });
    services.collect()
}

fn backend(service: String, place: &Place) -> Resolved {
    let text = Resolved {
        content: Content::Text(service),
        place: place.clone(),
    };
    under("virtualService", under("virtualServiceName", text))
}

fn under(key: &str, value: Resolved) -> Resolved {
    let place = value.place.clone();
    let member = Member {
        key: key.to_owned(),
        key_place: place.clone(),
        value,
    };
    let content = Content::Map(vec![member]);
    Resolved { content, place }
}

/// Puts the backends into the node's spec.
fn replace(node: &mut Resolved, backends: Vec<Resolved>) {
    let Content::Map(members) = &mut node.content else {
        return;
    };
    let Some(spec) = members.iter_mut().find(|member| member.key == "spec") else {
        return;
    };
    let place = spec.key_place.clone();
    let Content::Map(members) = &mut spec.value.content else {
        return;
    };
    members.retain(|member| member.key != "backends");
    if backends.is_empty() {
        return;
    }
    let content = Content::List(backends);
    members.push(Member {
        key: "backends".to_owned(),
        key_place: place.clone(),
        value: Resolved { content, place },
    });
}

/// Stars multiply: each node that has one calls every service.
const MOST: usize = 100_000;
