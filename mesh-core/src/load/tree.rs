//! Builds a document's tree from events, within bounds that hold before anything is kept.

use std::{collections::BTreeMap, mem, sync::Arc};

use super::{
    merge::{MERGE, Merge, Root},
    node::{Entry, Node, Scalar, Value},
    place::place,
};
use crate::error::{Location, Problems, quoted};

/// Why a text cannot be read any further.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) code: &'static str,
    pub(super) at: Location,
    pub(super) message: String,
}

impl Fault {
    pub(super) fn new(code: &'static str, at: Location, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { code, at, message }
    }

    pub(super) fn report(self, problems: &mut Problems) {
        problems.error(self.code, &place(self.at), self.message);
    }
}

/// What a value carries besides its content.
#[derive(Clone, Debug)]
pub(super) struct Mark {
    pub(super) at: Location,
    pub(super) tag: Option<String>,
    /// The number of its anchor; 0 for none.
    pub(super) anchor: usize,
}

/// A tree in the making, or several: one for each document of the text.
#[derive(Debug)]
pub(super) struct Tree {
    document: Arc<str>,
    /// How many lines stand before the text.
    above: usize,
    open: Vec<Frame>,
    anchors: BTreeMap<usize, Sized>,
    nodes: usize,
    copied: usize,
    roots: Vec<Root>,
    merges: Vec<Merge>,
    /// Keys that cannot stand, with the code and the sentence of each.
    bad_keys: Vec<(&'static str, Location, String)>,
}

/// A list or a mapping that is not closed yet.
#[derive(Debug)]
struct Frame {
    mark: Mark,
    value: Value,
    /// In a mapping, the key that waits for its value.
    key: Option<Key>,
    keys: BTreeMap<String, usize>,
    size: usize,
    height: usize,
}

#[derive(Debug)]
struct Key {
    text: String,
    at: Location,
    /// Not for a duplicate: the first one counts.
    kept: bool,
}

/// A node, how much is in it and how deep it goes.
#[derive(Clone, Debug)]
struct Sized {
    node: Node,
    size: usize,
    height: usize,
}

impl Tree {
    pub(super) fn new(document: &Arc<str>, above: usize) -> Self {
        Self {
            document: Arc::clone(document),
            above,
            open: Vec::new(),
            anchors: BTreeMap::new(),
            nodes: 0,
            copied: 0,
            roots: Vec::new(),
            merges: Vec::new(),
            bad_keys: Vec::new(),
        }
    }

    pub(super) fn at(&self, line: usize, column: usize) -> Location {
        Location::new(&self.document, self.above + line, column)
    }

    /// The documents; keys that cannot stand in them are reported.
    pub(super) fn finish(self, problems: &mut Problems) -> Vec<Node> {
        for (code, at, message) in self.bad_keys {
            problems.error(code, &place(at), message);
        }
        let roots = self.roots.into_iter();
        roots.filter_map(|root| root.finish(problems)).collect()
    }

    pub(super) fn open_list(&mut self, mark: Mark) -> Result<(), Fault> {
        self.open(mark, Value::List(Vec::new()))
    }

    pub(super) fn open_map(&mut self, mark: Mark) -> Result<(), Fault> {
        self.open(mark, Value::Map(Vec::new()))
    }

    pub(super) fn close(&mut self) -> Result<(), Fault> {
        let Some(frame) = self.open.pop() else {
            return Ok(());
        };
        let (size, height) = (frame.size, frame.height + 1);
        self.put(frame.mark, frame.value, size, height)
    }

    pub(super) fn scalar(&mut self, mark: Mark, scalar: Scalar) -> Result<(), Fault> {
        self.count(&mark.at)?;
        let size = 1 + scalar.text.len() / BYTES_PER_UNIT;
        if self.expects_key() {
            self.untagged(&scalar, &mark);
            self.key(scalar, mark.at);
            return Ok(());
        }
        self.put(mark, Value::Scalar(scalar), size, 0)
    }

    /// Copies what an anchor stands for.
    pub(super) fn alias(&mut self, anchor: usize, at: Location) -> Result<(), Fault> {
        let Some(Sized { node, size, height }) = self.anchors.get(&anchor) else {
            let message = "this alias stands inside the value it repeats, which has no end: write the value out";
            return Err(Fault::new("endless-alias", at, message));
        };
        let (size, height) = (*size, *height);
        self.copied = self.copied.saturating_add(size);
        if self.copied > COPIED_UNITS {
            let message = "the aliases of this document repeat so much that it cannot be held: write out what is needed";
            return Err(Fault::new("too-many-aliases", at, message));
        }
        if self.open.len() + height > DEPTH {
            return Err(too_deep(at));
        }
        let value = node.value.clone();
        let tag = node.tag.clone();
        if self.expects_key() {
            return match value {
                Value::Scalar(scalar) => {
                    self.key(scalar, at);
                    Ok(())
                }
                _ => Err(key_not_text(at)),
            };
        }
        let anchor = 0;
        self.put(Mark { at, tag, anchor }, value, size, height)
    }

    fn open(&mut self, mark: Mark, value: Value) -> Result<(), Fault> {
        self.count(&mark.at)?;
        if self.expects_key() {
            return Err(key_not_text(mark.at));
        }
        if self.open.len() >= DEPTH {
            return Err(too_deep(mark.at));
        }
        self.open.push(Frame {
            mark,
            value,
            key: None,
            keys: BTreeMap::new(),
            size: 1,
            height: 0,
        });
        Ok(())
    }

    fn expects_key(&self) -> bool {
        let frame = self.open.last();
        frame.is_some_and(|frame| matches!(frame.value, Value::Map(_)) && frame.key.is_none())
    }

    /// A key is a text, and a tag would make more of it; `!!merge` is what the key `<<` has anyway.
    fn untagged(&mut self, key: &Scalar, mark: &Mark) {
        let Some(tag) = &mark.tag else {
            return;
        };
        if key.text == MERGE && tag == "!!merge" {
            return;
        }
        let message = format!(
            "a key is a plain text, and a tag stands before this one ({}): remove the tag",
            quoted(tag)
        );
        self.bad_keys
            .push(("bad-function", mark.at.clone(), message));
    }

    fn key(&mut self, scalar: Scalar, at: Location) {
        let key = scalar.text;
        let Some(frame) = self.open.last_mut() else {
            return;
        };
        frame.size = frame.size.saturating_add(key.len() / BYTES_PER_UNIT);
        let first = frame.keys.get(&key);
        let kept = first.is_none();
        if let Some(line) = first {
            let message = format!(
                "the key {} stands on line {line} already: remove one of them",
                quoted(&key)
            );
            self.bad_keys.push(("duplicate-key", at.clone(), message));
        } else {
            frame.keys.insert(key.clone(), at.line);
        }
        if kept && key == MERGE {
            self.merges.push(Merge {
                at: at.clone(),
                quoted: scalar.quoted,
            });
        }
        frame.key = Some(Key {
            text: key,
            at,
            kept,
        });
    }

    fn put(&mut self, mark: Mark, value: Value, size: usize, height: usize) -> Result<(), Fault> {
        let Mark { at, tag, anchor } = mark;
        let node = Node { value, tag, at };
        if anchor > 0 {
            self.copied = self.copied.saturating_add(size);
            if self.copied > COPIED_UNITS {
                let message =
                    "the anchors of this document hold too much: write out what is needed";
                return Err(Fault::new("too-many-aliases", node.at, message));
            }
            let node = node.clone();
            self.anchors.insert(anchor, Sized { node, size, height });
        }
        let Some(frame) = self.open.last_mut() else {
            let merges = mem::take(&mut self.merges);
            self.roots.push(Root { node, merges });
            self.anchors.clear();
            return Ok(());
        };
        frame.size = frame.size.saturating_add(size);
        frame.height = frame.height.max(height);
        match (&mut frame.value, frame.key.take()) {
            (Value::List(items), _) => items.push(node),
            (Value::Map(entries), Some(key)) if key.kept => entries.push(Entry {
                key: key.text,
                key_at: key.at,
                node,
            }),
            (Value::Map(_) | Value::Scalar(_), _) => {}
        }
        Ok(())
    }

    fn count(&mut self, at: &Location) -> Result<(), Fault> {
        self.nodes += 1;
        if self.nodes <= NODES {
            return Ok(());
        }
        let message = format!("there are more than {NODES} values in this document: split it");
        Err(Fault::new("document-too-large", at.clone(), message))
    }
}

pub(super) fn too_deep(at: Location) -> Fault {
    let message =
        format!("this is nested more than {DEPTH} levels deep: no App Mesh resource needs that");
    Fault::new("nested-too-deep", at, message)
}

fn key_not_text(at: Location) -> Fault {
    let message = "a list or a mapping stands where a key is due; if these are a template's braces, fill the template in first";
    Fault::new("key-not-text", at, message)
}

const DEPTH: usize = 64;
/// Ten thousand routes in one file, which is more than any App Mesh had.
const NODES: usize = 400_000;
/// What anchors may hold and aliases may repeat, in units of a node or of `BYTES_PER_UNIT` of text.
const COPIED_UNITS: usize = 50_000;
const BYTES_PER_UNIT: usize = 64;
