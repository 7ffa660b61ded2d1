//! Resources that are there twice: the same one counts once, two that differ are a mistake.

use std::collections::BTreeMap;

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
pub(in crate::load) struct Seen(BTreeMap<Identity, (String, Place)>);

/// Kind, mesh, router and name.
type Identity = [String; 4];

impl Seen {
    /// Whether a resource is there already; if with another content, that is reported.
    pub(super) fn has(&mut self, read: &Read<'_>, what: &str, problems: &mut Problems) -> bool {
        if !read.named || !read.whole {
            return false;
        }
        let text = |said: Option<Said<String>>| said.map_or_else(String::new, |said| said.value);
        let router = text(read.properties.text(&["VirtualRouterName"]));
        let mesh = text(read.mesh.clone());
        let identity = [read.kind.to_owned(), mesh, router, read.name.value.clone()];
        let place = &read.name.place;
        let content = canonical(&read.properties);
        let Some((first, first_place)) = self.0.get(&identity) else {
            self.0.insert(identity, (content, place.clone()));
            return false;
        };
        if *first != content {
            let message = format!(
                "there is {what} named {} already ({}), and the two differ: rename or remove one of them",
                quoted(&read.name.value),
                first_place.shown_from(place)
            );
            problems.error("duplicate-name", place, message);
        }
        true
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
