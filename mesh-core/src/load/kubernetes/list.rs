//! Lists of objects, as API servers and kubectl print them.

use super::object::{GROUP, Objects, is_core, kinds};
use crate::{
    config::ResourceKind,
    error::Problems,
    load::{
        node::{Node, Value},
        place::place,
    },
};

impl<'a> Objects<'a> {
    /// Takes in a document: an object, or a list of some.
    pub(super) fn add(&mut self, root: &'a Node, problems: &mut Problems) {
        let Some(items) = root.member("items").filter(|_| is_list(root)) else {
            return self.item(root, None, problems);
        };
        let of = of_list(root);
        let namespaces = is_core(root, "NamespaceList");
        let items = match &items.value {
            Value::List(items) => items.as_slice(),
            _ if items.is_null() => &[],
            _ => return self.misplaced(items, "a list", problems),
        };
        for item in items {
            match &item.value {
                Value::Map(_) if of.is_some() => self.item(item, of, problems),
                Value::Map(_) if namespaces && item.member("kind").is_none() => {
                    self.namespace(item)
                }
                Value::Map(_) => self.add(item, problems),
                _ => self.misplaced(item, "an object", problems),
            }
        }
    }

    /// Something in a list of objects that is none, and may have been meant as whichever.
    fn misplaced(&mut self, node: &Node, due: &str, problems: &mut Problems) {
        let message = format!("{due} is due here: write one, or remove this");
        problems.error("wrong-type", &place(node.at.clone()), message);
        self.unknown = true;
    }
}

/// Whether it holds others: of any kind, as `kubectl get -o yaml` prints them, or of one, as API servers do.
fn is_list(root: &Node) -> bool {
    is_core(root, "List") || is_core(root, "NamespaceList") || of_list(root).is_some()
}

/// What an API server's list is of, if it is one of our kinds.
fn of_list(root: &Node) -> Option<ResourceKind> {
    let text = |key| root.member(key).and_then(Node::text);
    let of = text("kind")?.strip_suffix("List")?;
    let ours = text("apiVersion")?.strip_prefix(GROUP) == Some("v1beta2");
    kinds().find(|kind| ours && kind.as_str() == of)
}
