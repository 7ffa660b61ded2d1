//! Holds resolved properties against their shape: unknown names, missing ones, wrong types, what this version leaves out.

mod value;

use super::{
    resolved::{Content, Member, Resolved},
    shape::{Choice, Kind, Property, Shape, Support},
};
use crate::{
    config::spelling::{meant, nearest},
    error::{Place, Problems, quoted},
};

/// Checks an object; `named_at` is the place that names it: its key, or itself in a list.
pub(super) fn object(node: &Resolved, shape: &Shape, named_at: &Place, problems: &mut Problems) {
    Conform {
        problems,
        left_out: false,
    }
    .object(node, shape, named_at);
}

/// Checks the names in something that this version leaves out as a whole, and says so.
pub(super) fn left_out(node: &Resolved, shape: &Shape, named_at: &Place, problems: &mut Problems) {
    Conform {
        problems,
        left_out: true,
    }
    .object(node, shape, named_at);
}

struct Conform<'a> {
    problems: &'a mut Problems,
    /// Within something left out, nothing more is said about what is left out.
    left_out: bool,
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
        let misspelt = misspelt(node, shape);
        self.required(node, shape, &misspelt, named_at);
        for choice in shape.choices {
            self.choice(node, shape, choice, &misspelt, named_at);
        }
    }

    fn required(&mut self, node: &Resolved, shape: &Shape, misspelt: &[&str], named_at: &Place) {
        for property in shape.properties.iter().filter(|property| property.required) {
            if node.at(&[property.name]).is_some() || misspelt.contains(&property.name) {
                continue;
            }
            let null = node
                .members()
                .iter()
                .any(|member| member.key == property.name);
            let how = if null { "is empty" } else { "is missing" };
            let message = format!(
                "{} needs `{}`, which {how}: add it",
                shape.what, property.name
            );
            self.problems.error("missing-property", named_at, message);
        }
    }

    fn member(&mut self, member: &Member, shape: &Shape) {
        let Some(property) = shape.property(&member.key) else {
            if self.problems.is_full() {
                return;
            }
            let known = shape.properties.iter().map(|property| property.name);
            let message = format!(
                "{} has no property {}{}",
                shape.what,
                quoted(&member.key),
                nearest(&member.key, known)
            );
            self.problems
                .error("unknown-property", &member.key_place, message);
            return;
        };
        if matches!(member.value.content, Content::Null) {
            return;
        }
        let outer = self.left_out;
        self.support(member, property.support);
        self.kind(&member.value, &property.kind, &member.key_place);
        self.empty(&member.value, property);
        self.left_out = outer;
    }

    fn support(&mut self, member: &Member, support: Support) {
        let (name, place) = (&member.key, &member.key_place);
        match support {
            _ if self.left_out => {}
            Support::Full | Support::Unused => {}
            Support::Later(lost) => {
                let message = format!("this version does not act on `{name}` yet: {lost}");
                self.problems.warn("not-supported-yet", place, message);
                self.left_out = true;
            }
            Support::Refused(why) => {
                self.left_out = true;
                let mode = member.value.text(&["Mode"]);
                let disabled = mode.is_some_and(|mode| mode.value == "DISABLED");
                if disabled || matches!(member.value.content, Content::Unknown) {
                    return;
                }
                let message = format!(
                    "this version does not speak TLS yet, and {why}: take `{name}` out if plain text will do, else keep this \
                     resource on its sidecar"
                );
                self.problems.error("tls-not-supported-yet", place, message);
            }
        }
    }

    fn empty(&mut self, node: &Resolved, property: &Property) {
        let (Kind::List { least, .. }, Content::List(items)) = (&property.kind, &node.content)
        else {
            return;
        };
        if items.len() < *least {
            let or = match property.required {
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
        misspelt: &[&str],
        named_at: &Place,
    ) {
        let listed: Vec<String> = choice.among.iter().map(|name| quoted(name)).collect();
        let listed = listed.join(", ");
        let there = node.members().iter().filter(|member| {
            choice.among.contains(&member.key.as_str())
                && !matches!(member.value.content, Content::Null)
        });
        // What is not known may come to nothing.
        let mut known = there
            .clone()
            .filter(|member| !matches!(member.value.content, Content::Unknown));
        match (known.next(), known.next()) {
            (None, _) if there.count() > 0 => {}
            (None, _) if misspelt.iter().any(|name| choice.among.contains(name)) => {}
            (None, _) if choice.required => {
                let message = match choice.among {
                    [only] => format!(
                        "{} needs `{only}`: add it, or leave the whole of it out",
                        shape.what
                    ),
                    _ => format!("{} needs one of {listed}: add one", shape.what),
                };
                self.problems.error("missing-property", named_at, message);
            }
            (Some(first), Some(second)) => {
                let message = format!(
                    "{} has `{}` and `{}`, and only one of {listed} may stand: remove the others",
                    shape.what, first.key, second.key
                );
                self.problems
                    .error("several-choices", &second.key_place, message);
            }
            _ => {}
        }
    }
}

/// The properties that are there under another spelling: reported as unknown, so not missed as well.
fn misspelt(node: &Resolved, shape: &Shape) -> Vec<&'static str> {
    // Beyond so many unknown keys nobody meant one of ours.
    const LOOKED_AT: usize = 64;
    let names: Vec<&'static str> = shape
        .properties
        .iter()
        .map(|property| property.name)
        .collect();
    let unknown = node
        .members()
        .iter()
        .filter(|member| shape.property(&member.key).is_none());
    unknown
        .take(LOOKED_AT)
        .filter_map(|member| meant(&member.key, &names))
        .collect()
}
