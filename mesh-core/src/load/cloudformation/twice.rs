//! Resources that are there twice: the same one counts once, two that differ are a mistake.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Read,
    resolved::{Content, Resolved},
};
use crate::{
    config::draft::Said,
    error::{Place, Problems, quoted},
};

/// What was read so far, of all documents.
#[derive(Debug, Default)]
pub(in crate::load) struct Seen {
    resources: BTreeMap<Identity, (String, Place)>,
    /// The names of values that were asked for, and that nothing declares.
    pub(in crate::load) asked: BTreeSet<String>,
}

/// Kind, mesh, router and name.
type Identity = [String; 4];

impl Seen {
    /// Whether a resource is there already; if with another content, that is reported.
    ///
    /// `Some` if it is, with whether it counts all the same: written a second time, and not read a second time.
    pub(super) fn has(
        &mut self,
        read: &Read<'_>,
        what: &str,
        problems: &mut Problems,
    ) -> Option<bool> {
        if !read.named || !read.whole {
            return None;
        }
        let text = |said: Option<Said<String>>| said.map_or_else(String::new, |said| said.value);
        let router = text(read.properties.text(&["VirtualRouterName"]));
        let mesh = text(read.mesh.clone());
        let identity = [read.kind.to_owned(), mesh, router, read.name.value.clone()];
        let place = &read.name.place;
        let content = canonical(&read.properties);
        let Some((first, first_place)) = self.resources.get(&identity) else {
            self.resources.insert(identity, (content, place.clone()));
            return None;
        };
        if *first != content {
            let message = format!(
                "there is {what} named {} already ({}), and the two differ: rename or remove one of them",
                quoted(&read.name.value),
                first_place.shown_from(place)
            );
            problems.error("duplicate-name", place, message);
        }
        let document = |place: &Place| Some(place.location.as_ref()?.document.clone());
        Some(*first != content || document(place) == document(first_place))
    }
}

/// The same text for the same content, however it is written.
fn canonical(node: &Resolved) -> String {
    let mut text = String::new();
    write(node, &mut text);
    text
}

fn write(node: &Resolved, text: &mut String) {
    match &node.content {
        Content::Unknown => text.push('?'),
        Content::Null => text.push('~'),
        Content::Text(value) => text.push_str(&format!("{value:?}")),
        Content::Arn(arn) => text.push_str(&format!("{:?}", arn.name)),
        Content::List(items) => {
            text.push('[');
            for item in items {
                write(item, text);
                text.push(',');
            }
            text.push(']');
        }
        Content::Map(_) => {
            let members = node.members().iter();
            let members: BTreeMap<&str, &Resolved> = members
                .filter(|member| !matches!(member.value.content, Content::Null))
                .map(|member| (member.key.as_str(), &member.value))
                .collect();
            text.push('{');
            for (key, value) in members {
                text.push_str(&format!("{key:?}:"));
                write(value, text);
                text.push(',');
            }
            text.push('}');
        }
    }
}
