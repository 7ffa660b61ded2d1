//! Backends that are named twice, or that nobody defined.

use std::collections::BTreeMap;

use crate::{
    config::{
        check::graph::Graph,
        draft::{Said, VirtualNodeDraft},
    },
    error::{Place, Problems, quoted},
};

pub(super) fn check(node: &VirtualNodeDraft, graph: &Graph<'_>, problems: &mut Problems) {
    let mut seen: BTreeMap<&str, &Place> = BTreeMap::new();
    for Said { value, place } in node.backends.iter().map(|backend| &backend.virtual_service) {
        let known = graph.services.contains_key(value.as_str());
        if let Some(first) = seen.get(value.as_str()) {
            let message = format!(
                "the backend {} is there already ({}); it counts once",
                quoted(value),
                first.shown()
            );
            match node.strict {
                true => problems.error("duplicate-backend", place, message),
                false => problems.warn("duplicate-backend", place, message),
            }
        } else if !known && !graph.draft.gaps.virtual_services {
            let message = format!(
                "there is no virtual service {} in the mesh, so calls to this backend find no route until there is one",
                quoted(value)
            );
            problems.warn("missing-backend", place, message);
        }
        seen.entry(value).or_insert(place);
    }
}
