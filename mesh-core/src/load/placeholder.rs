//! Placeholders of envsubst, of jq, and `{{NAME}}`: filled in the text, before it is read.
//!
//! A placeholder may stand for several values (`[${TARGETS}]`), or where the text is neither YAML nor JSON without it; so it
//! cannot wait for the tree.

mod scan;

use std::collections::{BTreeMap, BTreeSet};

pub(super) use self::scan::Syntax;
use self::scan::{Found, scan};
use super::plain::is_blank;

/// A text with its placeholders filled.
#[derive(Debug)]
pub(super) struct Filled<'a> {
    pub(super) text: String,
    /// Those without a value, each once: the name, and where it stands first in the text that was given.
    pub(super) unfilled: Vec<(&'a str, usize)>,
}

/// Fills what has a value, until the text is longer than `most` bytes.
pub(super) fn fill<'a>(
    text: &'a str,
    syntax: Syntax,
    values: &BTreeMap<String, String>,
    most: usize,
) -> Filled<'a> {
    let mut named = BTreeSet::new();
    let mut filled = String::with_capacity(text.len());
    let mut unfilled = Vec::new();
    let mut from = 0;
    for Found {
        range,
        name,
        default,
        place,
    } in scan(text, syntax)
    {
        let value = values.get(name).map(String::as_str).or(default);
        let Some(value) = value else {
            if named.insert(name) {
                unfilled.push((name, range.start));
            }
            continue;
        };
        if filled.len() > most {
            break;
        }
        filled.push_str(text.get(from..range.start).unwrap_or_default());
        place.write(value, &mut filled);
        from = range.end;
    }
    filled.push_str(text.get(from..).unwrap_or_default());
    let text = blanks(filled, values, most);
    Filled { text, unfilled }
}

/// Fills the blanks in angle brackets whose values are given under all of their text.
fn blanks(text: String, values: &BTreeMap<String, String>, most: usize) -> String {
    let given = values.iter().filter(|(name, _)| is_blank(name));
    given.fold(text, |text, (name, value)| {
        let found = text.matches(name.as_str()).count();
        let longer = found.saturating_mul(value.len()).saturating_add(text.len());
        match found {
            0 => text,
            _ if longer > most.saturating_mul(2) => text,
            _ => text.replace(name.as_str(), value),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(text: &str, syntax: Syntax) -> (String, Vec<String>) {
        let values = [("NAME", "orders"), ("TEXT", "a\"b"), ("PORT", "80")];
        let values = values.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let filled = fill(text, syntax, &BTreeMap::from(values), 1000);
        let unfilled = filled.unfilled.iter().map(|(name, _)| (*name).to_owned());
        (filled.text, unfilled.collect())
    }

    #[test]
    fn yaml_has_those_of_envsubst_and_double_braces() {
        for (text, want, left) in [
            ("name: ${NAME}", "name: orders", &[][..]),
            ("name: $NAME-v1", "name: orders-v1", &[]),
            ("name: {{NAME}}", "name: orders", &[]),
            ("name: {{ NAME }}", "name: orders", &[]),
            ("name: ${OTHER}", "name: ${OTHER}", &["OTHER"]),
            ("name: ${OTHER:-this}", "name: this", &[]),
            ("regex: ^a$ # ${OTHER}", "regex: ^a$ # ${OTHER}", &[]),
            ("regex: '^/v$|a' ", "regex: '^/v$|a' ", &[]),
            ("url: a#${NAME}", "url: a#orders", &[]),
            ("statsd: ${1}", "statsd: ${1}", &[]),
            ("log: '%REQ(:METHOD)%'", "log: '%REQ(:METHOD)%'", &[]),
        ] {
            let left = left.iter().map(|name| (*name).to_owned()).collect();
            assert_eq!(
                filled(text, Syntax::Yaml),
                (want.to_owned(), left),
                "{text}"
            );
        }
    }

    #[test]
    fn json_has_those_of_jq_as_well() {
        for (text, want, left) in [
            (r#"{"a": $NAME}"#, r#"{"a": "orders"}"#, &[][..]),
            (r#"{"a": $TEXT}"#, r#"{"a": "a\"b"}"#, &[]),
            (r#"{"a": "b.\($NAME).c"}"#, r#"{"a": "b.orders.c"}"#, &[]),
            (r#"{"a": "b.${TEXT}"}"#, r#"{"a": "b.a\"b"}"#, &[]),
            (r#"{"a": "$NAME"}"#, r#"{"a": "orders"}"#, &[]),
            (r#"{"a": ${PORT}}"#, r#"{"a": 80}"#, &[]),
            (r#"{"a": "\"$"}"#, r#"{"a": "\"$"}"#, &[]),
            (r#"{"a": $other}"#, r#"{"a": $other}"#, &["other"]),
        ] {
            let left = left.iter().map(|name| (*name).to_owned()).collect();
            assert_eq!(
                filled(text, Syntax::Json),
                (want.to_owned(), left),
                "{text}"
            );
        }
    }
}
