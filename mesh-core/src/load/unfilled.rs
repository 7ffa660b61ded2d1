//! What is said of placeholders that keep a text from being read.

use super::{
    place::place,
    placeholder::{Filled, Syntax},
    text::beyond,
};
use crate::error::{Location, Place, Problems, quoted};

/// Reports what keeps a text from being read; it begins here.
pub(super) fn report(
    filled: &Filled<'_>,
    (text, start): (&str, Location),
    syntax: Syntax,
    problems: &mut Problems,
) {
    let plain = filled.unfilled.iter().map(|found| (found, false));
    let computed = filled.computed.iter().map(|found| (found, true));
    let mut all: Vec<_> = plain.chain(computed).collect();
    all.sort_by_key(|((_, index), _)| *index);
    let mut from = (0, start);
    for ((placeholder, index), computed) in all {
        if problems.is_full() {
            break;
        }
        let between = text.get(from.0..*index).unwrap_or_default();
        from = (*index, beyond(from.1, between));
        let place = place(from.1.clone());
        match computed {
            true => only_a_shell(placeholder, &place, problems),
            false => unset(placeholder, syntax, &place, problems),
        }
    }
}

fn only_a_shell(placeholder: &str, place: &Place, problems: &mut Problems) {
    let message = format!(
        "only a shell computes {}: let it do so first, or write a placeholder that a value fills, as `${{NAME}}` or \
         `${{NAME:-default}}`; a `$` that is text is written `\\u0024`, in double quotes",
        quoted(placeholder)
    );
    problems.error("unknown-placeholder", place, message);
}

fn unset(placeholder: &str, syntax: Syntax, place: &Place, problems: &mut Problems) {
    let what = match syntax {
        Syntax::Json => "this is not JSON yet, and jq or envsubst fills it in",
        Syntax::Yaml => "envsubst fills it in",
    };
    let message = format!(
        "the placeholder {} has no value: {what}; do so first, or give its value (in Rust `Reader::substitute`, for validate \
         `--set {placeholder}=VALUE`)",
        quoted(placeholder),
    );
    problems.missing("unfilled-placeholder", place, placeholder, message);
}
