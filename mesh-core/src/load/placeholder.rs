//! Placeholders of envsubst, of jq, and `{{NAME}}`: filled in the text, before it is read.
//!
//! A placeholder may stand for several values (`[${TARGETS}]`), or where the text is neither YAML nor JSON without it; so it
//! cannot wait for the tree.

mod scan;

use std::{borrow::Cow, collections::BTreeMap};

pub(super) use self::scan::Syntax;
use self::scan::{Found, scan};
use super::plain::is_blank;

/// A text with its placeholders filled.
#[derive(Debug)]
pub(super) struct Filled {
    pub(super) text: String,
    /// Those without a value: the name, and where in the text that was given.
    pub(super) unfilled: Vec<(String, usize)>,
}

/// Fills what has a value.
pub(super) fn fill(text: &str, syntax: Syntax, values: &BTreeMap<String, String>) -> Filled {
    let text = &blanks(text, values);
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
            unfilled.push((name.to_owned(), range.start));
            continue;
        };
        filled.push_str(text.get(from..range.start).unwrap_or_default());
        place.write(value, &mut filled);
        from = range.end;
    }
    filled.push_str(text.get(from..).unwrap_or_default());
    Filled {
        text: filled,
        unfilled,
    }
}

/// Fills the blanks in angle brackets whose values are given under all of their text.
fn blanks<'a>(text: &'a str, values: &BTreeMap<String, String>) -> Cow<'a, str> {
    let given = values.iter().filter(|(name, _)| is_blank(name));
    given.fold(Cow::Borrowed(text), |text, (name, value)| {
        match text.contains(name.as_str()) {
            true => Cow::Owned(text.replace(name.as_str(), value)),
            false => text,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(text: &str, syntax: Syntax) -> (String, Vec<String>) {
        let values = [("NAME", "orders"), ("TEXT", "a\"b")];
        let values = values.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let filled = fill(text, syntax, &BTreeMap::from(values));
        let unfilled = filled.unfilled.into_iter().map(|(name, _)| name);
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
