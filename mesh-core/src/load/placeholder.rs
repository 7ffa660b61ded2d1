//! Placeholders of envsubst, of jq, and `{{NAME}}`: filled in the text, before it is read.
//!
//! A placeholder may stand for several values (`[${TARGETS}]`), or where the text is neither YAML nor JSON without it; so it
//! cannot wait for the tree.

mod scan;
mod unset;

use std::collections::{BTreeMap, BTreeSet};

pub(super) use self::scan::{ARGUMENT, Syntax};
use self::{
    scan::{Found, scan},
    unset::Unset,
};
use super::plain::is_blank;

/// A text with its placeholders filled.
#[derive(Debug)]
pub(super) struct Filled<'a> {
    pub(super) text: String,
    /// Those without a value, each once: the name, and where it stands first in the text that was given.
    pub(super) unfilled: Vec<(&'a str, usize)>,
    /// Those that no value fills, each once: all of it, and where it stands first.
    pub(super) computed: Vec<(&'a str, usize)>,
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
    let (mut unfilled, mut computed) = (Vec::new(), Vec::new());
    let mut from = 0;
    for Found {
        range,
        name,
        unset,
        place,
    } in scan(text, syntax)
    {
        let whole = text.get(range.clone()).unwrap_or_default();
        let value = match (values.get(name), unset) {
            (_, Unset::Computed) => {
                if named.insert(whole) {
                    computed.push((whole, range.start));
                }
                continue;
            }
            (Some(value), _) => value,
            (None, Unset::Default(default)) => default,
            (None, Unset::Asked) => {
                if named.insert(name) {
                    unfilled.push((name, range.start));
                }
                continue;
            }
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
    Filled {
        text,
        unfilled,
        computed,
    }
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
        let unfilled = filled.unfilled.iter().chain(&filled.computed);
        let unfilled = unfilled.map(|(name, _)| (*name).to_owned());
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
            ("name: ${OTHER-this}", "name: this", &[]),
            ("name: ${OTHER:=this}", "name: this", &[]),
            ("name: ${OTHER=this}", "name: this", &[]),
            ("name: ${OTHER-}", "name: ", &[]),
            ("name: ${NAME-this}", "name: orders", &[]),
            ("name: ${NAME:?must}", "name: orders", &[]),
            ("name: ${OTHER:?must}", "name: ${OTHER:?must}", &["OTHER"]),
            ("name: ${OTHER?}", "name: ${OTHER?}", &["OTHER"]),
            ("name: ${NAME:-${OTHER}}", "name: orders", &[]),
            ("name: ${A:-${NAME}}", "name: ${A:-${NAME}}", &["A"]),
            ("name: {{ NAME-a }}", "name: {{ NAME-a }}", &[]),
            ("name: ${NAME:-${A:-${B:-c}}}", "name: orders", &[]),
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
    fn what_only_a_shell_computes_is_told_as_a_whole() {
        for text in [
            "${NAME%-v1}",
            "${NAME/a/b}",
            "${NAME:0:3}",
            "${NAME+set}",
            "${NAME#v1-}",
            "${NAME^^}",
            "${NAME,}",
            "${NAME@Q}",
            "${NAME[0]}",
        ] {
            let quoted = format!("{{\"a\": \"{text}\"}}");
            for (text, syntax) in [(quoted.clone(), Syntax::Json), (quoted, Syntax::Yaml)] {
                let left = text.split('"').nth(3).map(str::to_owned);
                assert_eq!(filled(&text, syntax), (text.clone(), Vec::from_iter(left)));
            }
        }
        for text in [
            "a: '^/x${2}$'",
            "a: \"/${a\" # }",
            "a: |\n  /${a b\n  }",
            "a: ${",
            "a: ${a.b}",
            "a: ${NAME!}",
            "a: ${NAME b}",
            "a: ${A:-b\n}",
        ] {
            assert_eq!(filled(text, Syntax::Yaml), (text.to_owned(), Vec::new()));
        }
    }

    #[test]
    fn json_has_those_of_jq_as_well() {
        for (text, want, left) in [
            (r#"{"a": $NAME}"#, "{\"a\": \u{1}\"orders\"}", &[][..]),
            (r#"{"a": $TEXT}"#, "{\"a\": \u{1}\"a\\\"b\"}", &[]),
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
