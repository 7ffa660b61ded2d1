//! Holds a resource's properties against their shape: unknown names, missing ones, wrong types, several where one may be.

mod canonical;
mod choice;
mod value;

pub(super) use canonical::{Names, NoReferences, canonical};

use std::fmt;

use super::{
    resolved::{Content, Member, Resolved},
    shape::{Form, Kind, Property, Shape},
};
use crate::{
    config::spelling::{meant, nearest},
    error::{Place, Problems, quoted},
};

/// How strictly a form is read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules {
    pub(super) form: Form,
    /// Whether an unknown property is no more than a warning.
    pub(super) lenient: bool,
}

/// Checks an object; `named_at` is the place that names it: its key, or itself in a list.
pub(super) fn object(
    node: &Resolved,
    shape: &Shape,
    named_at: &Place,
    rules: Rules,
    problems: &mut Problems,
) {
    Conform { problems, rules }.object(node, shape, named_at);
}

struct Conform<'a> {
    problems: &'a mut Problems,
    rules: Rules,
}

impl Conform<'_> {
    fn object(&mut self, node: &Resolved, shape: &Shape, named_at: &Place) {
        match &node.content {
            Content::Unknown => return,
            Content::Map(_) | Content::Null => {}
            _ => return self.wrong_type(node, "a mapping of keys and values"),
        }
        for member in node.members() {
            self.member(member, shape);
        }
        let instead = self.instead(node, shape);
        self.required(node, shape, &instead, named_at);
        for choice in shape.choices {
            let chosen = self.chosen(node, choice);
            self.choice(&chosen, shape.what, &instead, named_at);
        }
    }

    fn required(&mut self, node: &Resolved, shape: &Shape, instead: &Instead, named_at: &Place) {
        let form = self.rules.form;
        for property in shape
            .there(form)
            .filter(|property| property.required.has(form))
        {
            let spelling = form.spelling(property.name);
            if node.at(&[&spelling]).is_some() || instead.misspelt.contains(&spelling) {
                continue;
            }
            let null = node.members().iter().any(|member| member.key == spelling);
            let how = if null { "is empty" } else { "is missing" };
            let message = format!("{} needs `{spelling}`, which {how}: add it", shape.what);
            self.problems.error("missing-property", named_at, message);
        }
    }

    fn member(&mut self, member: &Member, shape: &Shape) {
        let Some(property) = shape.property(&member.key, self.rules.form) else {
            return self.unknown(member, shape);
        };
        if matches!(member.value.content, Content::Null) {
            return;
        }
        self.kind(&member.value, &property.kind, &member.key_place);
        self.empty(&member.value, property);
    }

    fn unknown(&mut self, member: &Member, shape: &Shape) {
        if self.problems.is_full() {
            return;
        }
        let form = self.rules.form;
        // Neither searched nor written where nobody will see it.
        let hint = fmt::from_fn(|f| {
            let known = spellings(shape, form);
            f.write_str(&nearest(&member.key, known.iter().map(String::as_str)))
        });
        let (what, key) = (shape.what, quoted(&member.key));
        let place = &member.key_place;
        if self.rules.lenient {
            let message = format_args!("{what} has no property {key}, so it is passed over{hint}");
            return self.problems.warn("unknown-property", place, message);
        }
        let message = format_args!("{what} has no property {key}{hint}");
        self.problems.error("unknown-property", place, message);
    }

    fn empty(&mut self, node: &Resolved, property: &Property) {
        let (Kind::List { least, .. }, Content::List(items)) = (&property.kind, &node.content)
        else {
            return;
        };
        if items.len() < *least {
            let or = match property.required.has(self.rules.form) {
                true => "",
                false => ", or leave its key out",
            };
            let message = format!("this list is empty: put something into it{or}");
            self.problems.error("empty-list", &node.place, message);
        }
    }

    /// What the unknown members were meant for: these are reported already, so what they stand for is not missed as well.
    fn instead(&self, node: &Resolved, shape: &Shape) -> Instead {
        let form = self.rules.form;
        let unknown = node.members().iter();
        let unknown = unknown.filter(|member| shape.property(&member.key, form).is_none());
        let unknown: Vec<&Member> = unknown.take(LOOKED_AT).collect();
        // One that is passed over leaves what it stands for missing.
        if unknown.is_empty() || self.rules.lenient {
            return Instead::default();
        }
        let names = spellings(shape, form);
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let misspelt = unknown.iter();
        let misspelt = misspelt.filter_map(|member| meant(&member.key, &names));
        Instead {
            misspelt: misspelt.map(str::to_owned).collect(),
            object: unknown
                .iter()
                .any(|member| matches!(member.value.content, Content::Map(_))),
        }
    }
}

fn spellings(shape: &Shape, form: Form) -> Vec<String> {
    let there = shape.there(form);
    there.map(|property| form.spelling(property.name)).collect()
}

/// What stands where something known is due.
#[derive(Default)]
struct Instead {
    /// Properties under another spelling.
    misspelt: Vec<String>,
    /// Whether one is an object, as most of what is chosen from are.
    object: bool,
}

/// Beyond so many unknown keys nobody meant one of ours.
const LOOKED_AT: usize = 64;
