//! Holds a resource's properties against their shape: unknown names, missing ones, wrong types, several where one may be.

mod canonical;
mod value;

pub(super) use canonical::{Names, canonical};

use super::{
    resolved::{Content, Member, Resolved},
    shape::{Choice, Form, Kind, Property, Shape},
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
        let misspelt = self.misspelt(node, shape);
        self.required(node, shape, &misspelt, named_at);
        for choice in shape.choices {
            self.choice(node, shape, choice, &misspelt, named_at);
        }
    }

    fn required(&mut self, node: &Resolved, shape: &Shape, misspelt: &[String], named_at: &Place) {
        let form = self.rules.form;
        for property in shape
            .there(form)
            .filter(|property| property.required.has(form))
        {
            let spelling = form.spelling(property.name);
            if node.at(&[&spelling]).is_some() || misspelt.contains(&spelling) {
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
        let known: Vec<String> = shape
            .there(form)
            .map(|property| form.spelling(property.name))
            .collect();
        let hint = nearest(&member.key, known.iter().map(String::as_str));
        let (what, key) = (shape.what, quoted(&member.key));
        let place = &member.key_place;
        if self.rules.lenient {
            let message = format!("{what} has no property {key}, so it is passed over{hint}");
            return self.problems.warn("unknown-property", place, message);
        }
        let message = format!("{what} has no property {key}{hint}");
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

    fn choice(
        &mut self,
        node: &Resolved,
        shape: &Shape,
        choice: &Choice,
        misspelt: &[String],
        named_at: &Place,
    ) {
        let form = self.rules.form;
        let among: Vec<String> = choice
            .among
            .iter()
            .map(|name| form.spelling(name))
            .collect();
        let there = node.members().iter().filter(|member| {
            among.contains(&member.key) && !matches!(member.value.content, Content::Null)
        });
        // What is not known may come to nothing.
        let mut known = there
            .clone()
            .filter(|member| !matches!(member.value.content, Content::Unknown));
        let listed = || among.iter().map(|name| quoted(name)).collect::<Vec<_>>();
        match (known.next(), known.next()) {
            (None, _) if there.count() > 0 => {}
            (None, _) if misspelt.iter().any(|name| among.contains(name)) => {}
            (None, _) if choice.required.has(form) => {
                let message = match among.as_slice() {
                    [only] => format!(
                        "{} needs `{only}`: add it, or leave the whole of it out",
                        shape.what
                    ),
                    _ => format!(
                        "{} needs one of {}: add one",
                        shape.what,
                        listed().join(", ")
                    ),
                };
                self.problems.error("missing-property", named_at, message);
            }
            (Some(first), Some(second)) if choice.exclusive => {
                let message = format!(
                    "{} has `{}` and `{}`, and only one of {} may stand: remove the others",
                    shape.what,
                    first.key,
                    second.key,
                    listed().join(", ")
                );
                self.problems
                    .error("several-choices", &second.key_place, message);
            }
            _ => {}
        }
    }

    /// The properties that are there under another spelling: reported as unknown, so not missed as well.
    fn misspelt(&self, node: &Resolved, shape: &Shape) -> Vec<String> {
        let form = self.rules.form;
        let unknown = node
            .members()
            .iter()
            .filter(|member| shape.property(&member.key, form).is_none());
        let mut unknown = unknown.take(LOOKED_AT).peekable();
        if unknown.peek().is_none() {
            return Vec::new();
        }
        let names: Vec<String> = shape
            .there(form)
            .map(|property| form.spelling(property.name))
            .collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let meant = unknown.filter_map(|member| meant(&member.key, &names));
        meant.map(str::to_owned).collect()
    }
}

/// Beyond so many unknown keys nobody meant one of ours.
const LOOKED_AT: usize = 64;
