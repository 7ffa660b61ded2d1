//! The backends of a virtual node: those of its groups among them.

use std::collections::BTreeSet;

use super::names::Referred;
use crate::{
    config::ResourceKind,
    error::{Place, Problems, quoted},
    load::{
        node::{Node, Value},
        resolved::{Content, Member, Resolved},
    },
};

/// Adds the services of the node's backend groups that are no backends of it yet.
///
/// # Source
/// The controller's `BackendGroup`: the group `*` is every virtual service of its namespace.
pub(super) fn complete(node: &mut Resolved, names: &Referred<'_>, problems: &mut Problems) {
    let groups = node.items(&["spec", "backendGroups"]);
    if groups.is_empty() {
        return;
    }
    let mut backends: Vec<Resolved> = node.items(&["spec", "backends"]).to_vec();
    let named = backends.iter();
    let named = named.filter_map(|backend| backend.text(&["virtualService", "virtualServiceName"]));
    let mut known: BTreeSet<String> = named.map(|said| said.value).collect();
    for group in groups {
        for service in services(group, names, problems) {
            if known.insert(service.clone()) {
                backends.push(backend(service, &group.place));
            }
        }
    }
    replace(node, backends);
}

/// The names of a group's services.
fn services(group: &Resolved, names: &Referred<'_>, problems: &mut Problems) -> Vec<String> {
    let Some(name) = group.text(&["name"]) else {
        return Vec::new();
    };
    let namespace = group.text(&["namespace"]);
    let namespace = namespace.map_or_else(|| names.namespace.to_owned(), |said| said.value);
    if name.value == "*" {
        let all = names.objects.of(ResourceKind::VirtualService);
        let there = all.filter(|service| service.namespace == namespace);
        return there.map(|service| service.app_mesh_name()).collect();
    }
    let kind = ResourceKind::BackendGroup;
    let Some(found) = names.objects.get(kind, &namespace, &name.value) else {
        let message = format!(
            "there is no backend group {} in the namespace {} here, so its virtual services are no backends of this node: load \
             it as well",
            quoted(&name.value),
            quoted(&namespace)
        );
        problems.warn("missing-backend-group", &name.place, message);
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
