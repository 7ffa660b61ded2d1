//! Where placeholders stand.

use std::ops::Range;

use super::unset::Unset;

/// What a text will be once it is filled.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::load) enum Syntax {
    Json,
    Yaml,
}

/// One placeholder.
#[derive(Debug)]
pub(super) struct Found<'a> {
    pub(super) range: Range<usize>,
    pub(super) name: &'a str,
    pub(super) unset: Unset<'a>,
    pub(super) place: Standing,
}

/// Where a placeholder stands, and so how its value is written.
#[derive(Clone, Copy, Debug)]
pub(super) enum Standing {
    /// In YAML: as it is, for it may be more than a value.
    Raw,
    /// Between the quotes of a JSON string.
    InString,
    /// Where a JSON value is due: jq makes strings of its arguments, but for those that it is given as JSON.
    AsString,
}

impl Standing {
    pub(super) fn write(self, value: &str, text: &mut String) {
        match self {
            Self::Raw => text.push_str(value),
            Self::InString => escape(value, text),
            Self::AsString => {
                text.push(ARGUMENT);
                text.push('"');
                escape(value, text);
                text.push('"');
            }
        }
    }
}

fn escape(value: &str, text: &mut String) {
    for c in value.chars() {
        match c {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            c if c < ' ' => text.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => text.push(c),
        }
    }
}

/// All placeholders, in order.
pub(super) fn scan(text: &str, syntax: Syntax) -> Vec<Found<'_>> {
    let mut scan = Scan {
        text,
        at: 0,
        quoted: false,
        found: Vec::new(),
    };
    match syntax {
        Syntax::Json => scan.json(),
        Syntax::Yaml => scan.yaml(),
    }
    scan.found
}

struct Scan<'a> {
    text: &'a str,
    at: usize,
    /// Within a JSON string.
    quoted: bool,
    found: Vec<Found<'a>>,
}

impl<'a> Scan<'a> {
    fn json(&mut self) {
        while let Some(c) = self.peek() {
            // What envsubst fills may be anything; jq makes strings of its arguments.
            let (filled, argument) = match self.quoted {
                true => (Standing::InString, Standing::InString),
                false => (Standing::Raw, Standing::AsString),
            };
            match c {
                '$' if self.braced("${", "}", filled) || self.bare(argument) => {}
                '\\' if self.quoted && self.braced("\\($", ")", argument) => {}
                '\\' if self.quoted => self.skip(2),
                '"' => {
                    self.quoted = !self.quoted;
                    self.skip(1);
                }
                _ => self.skip(1),
            }
        }
    }

    fn yaml(&mut self) {
        let mut before = '\n';
        while let Some(c) = self.peek() {
            match c {
                '#' if before.is_whitespace() => self.comment(),
                '$' if self.braced("${", "}", Standing::Raw) || self.bare(Standing::Raw) => {}
                '{' if self.braced("{{", "}}", Standing::Raw) => {}
                _ => self.skip(1),
            }
            before = c;
        }
    }

    fn comment(&mut self) {
        let rest = self.rest();
        self.at += rest.find('\n').unwrap_or(rest.len());
    }

    /// A placeholder between brackets; whether there is one.
    fn braced(&mut self, open: &str, close: &str, place: Standing) -> bool {
        let Some(inner) = self.rest().strip_prefix(open) else {
            return false;
        };
        // Most brackets are none of ours, which the first letter tells.
        if !inner.starts_with(|c: char| c == ' ' || is_letter(c)) {
            return false;
        }
        let Some(length) = closing(inner, open, close) else {
            return false;
        };
        let within = inner.get(..length).unwrap_or_default().trim_start();
        let letters = within.find(|c: char| !(is_letter(c) || c.is_ascii_digit()));
        let (name, rest) = within.split_at(letters.unwrap_or(within.len()));
        let Some(unset) = Unset::of(rest) else {
            return false;
        };
        // Other template languages have much else between their brackets, and text has line breaks and quotes there.
        let ours = match (open, unset) {
            ("${", Unset::Computed) => !rest.contains(['\n', '"']),
            ("${", _) => true,
            _ => rest.trim().is_empty() || rest.starts_with(":-"),
        };
        let end = self.at + open.len() + length + close.len();
        ours && self.put(name, unset, end, place)
    }

    /// `$NAME`. In YAML, and within strings, only in capitals: `$` ends expressions, too.
    fn bare(&mut self, place: Standing) -> bool {
        let rest = self.rest().get(1..).unwrap_or_default();
        let capitals = !matches!(place, Standing::AsString);
        let letter = |c: char| {
            c == '_'
                || c.is_ascii_digit()
                || c.is_ascii_uppercase()
                || !capitals && c.is_ascii_lowercase()
        };
        let length = rest.find(|c: char| !letter(c)).unwrap_or(rest.len());
        let name = rest.get(..length).unwrap_or_default();
        let end = self.at + 1 + length;
        self.put(name, Unset::Asked, end, place)
    }

    fn put(&mut self, name: &'a str, unset: Unset<'a>, end: usize, place: Standing) -> bool {
        let good = is_name(name);
        if good {
            let range = self.at..end;
            self.found.push(Found {
                range,
                name,
                unset,
                place,
            });
            self.at = end;
        }
        good
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn skip(&mut self, characters: usize) {
        let skipped: usize = self
            .rest()
            .chars()
            .take(characters)
            .map(char::len_utf8)
            .sum();
        self.at += skipped;
    }
}

/// Where the bracket closes, on its line; what opens within has to close before.
fn closing(inner: &str, open: &str, close: &str) -> Option<usize> {
    let (open, close) = (open.as_bytes(), close.as_bytes());
    let bytes = inner.as_bytes();
    let mut depth = 0_usize;
    for (at, byte) in bytes.iter().enumerate().take(WINDOW) {
        let is = |bracket: &[u8]| {
            bracket.first() == Some(byte)
                && bytes
                    .get(at..)
                    .is_some_and(|rest| rest.starts_with(bracket))
        };
        match depth {
            _ if *byte == b'\n' || depth > DEPTH => return None,
            0 if is(close) => return Some(at),
            _ if is(open) => depth += 1,
            _ if is(close) => depth -= 1,
            _ => {}
        }
    }
    None
}

/// A shell's name of a variable; `${1}` is none.
fn is_name(name: &str) -> bool {
    name.starts_with(is_letter)
        && name.chars().all(|c| is_letter(c) || c.is_ascii_digit())
        && name.len() <= LONGEST
}

fn is_letter(c: char) -> bool {
    c == '_' || c.is_ascii_alphabetic()
}

/// What stands before a string that is jq's argument. No text has this character, and no other string of JSON.
pub(in crate::load) const ARGUMENT: char = '\u{1}';
const LONGEST: usize = 128;
/// How far a closing bracket may be, and how many may be open before it: a text of opening ones must not be searched for each.
const WINDOW: usize = 512;
const DEPTH: usize = 8;
