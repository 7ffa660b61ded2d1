//! Properties that are chosen from: one has to be there, and none beside it.

use super::{Conform, Instead};
use crate::{
    error::{Place, quoted},
    load::{
        resolved::{Content, Member, Resolved},
        shape::Choice,
    },
};

/// What of a choice is there.
pub(super) struct Chosen<'a> {
    among: Vec<String>,
    required: bool,
    exclusive: bool,
    /// Those that are known to be there.
    known: Vec<&'a Member>,
    /// Whether there is one that may come to nothing.
    unknown: bool,
}

impl Conform<'_> {
    pub(super) fn chosen<'a>(&self, node: &'a Resolved, choice: &Choice) -> Chosen<'a> {
        let form = self.rules.form;
        let among = choice.among.iter().map(|name| form.spelling(name));
        let among: Vec<String> = among.collect();
        let there = node.members().iter().filter(|member| {
            among.contains(&member.key) && !matches!(member.value.content, Content::Null)
        });
        let (unknown, known): (Vec<_>, Vec<_>) =
            there.partition(|member| matches!(member.value.content, Content::Unknown));
        Chosen {
            required: choice.required.has(form),
            exclusive: choice.exclusive,
            unknown: !unknown.is_empty(),
            known,
            among,
        }
    }

    pub(super) fn choice(
        &mut self,
        chosen: &Chosen<'_>,
        what: &str,
        instead: &Instead,
        named_at: &Place,
    ) {
        let listed: Vec<String> = chosen.among.iter().map(|name| quoted(name)).collect();
        let listed = listed.join(", ");
        match chosen.known.as_slice() {
            [] if chosen.is_missing(instead) => {
                let message = match chosen.among.as_slice() {
                    [only] => {
                        format!("{what} needs `{only}`: add it, or leave the whole of it out")
                    }
                    _ => format!("{what} needs one of {listed}: add one"),
                };
                self.problems.error("missing-property", named_at, message);
            }
            [first, second, ..] if chosen.exclusive => {
                let message = format!(
                    "{what} has `{}` and `{}`, and only one of {listed} may stand: remove the others",
                    first.key, second.key
                );
                self.problems
                    .error("several-choices", &second.key_place, message);
            }
            _ => {}
        }
    }
}

impl Chosen<'_> {
    /// Whether nothing stands for it that is reported already.
    fn is_missing(&self, instead: &Instead) -> bool {
        let misspelt = instead.misspelt.iter();
        let reported = instead.object || misspelt.clone().any(|name| self.among.contains(name));
        self.required && !self.unknown && !reported
    }
}
