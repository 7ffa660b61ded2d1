//! JSON values, written with their lines indented.

use std::fmt::{self, Write};

/// A value whose members stand in the order in which they were given.
#[derive(Clone, Debug)]
pub(super) enum Json {
    Text(String),
    Number(i64),
    Flag(bool),
    List(Vec<Self>),
    Object(Vec<(&'static str, Self)>),
}

impl Json {
    /// An object without the members that are not there.
    pub(super) fn object<const N: usize>(members: [(&'static str, Option<Self>); N]) -> Self {
        let members = members.into_iter();
        Self::Object(
            members
                .filter_map(|(name, value)| Some((name, value?)))
                .collect(),
        )
    }

    /// An object of one member.
    pub(super) fn under(name: &'static str, value: impl Into<Self>) -> Self {
        Self::Object(vec![(name, value.into())])
    }

    /// A list; nothing if it has no items.
    pub(super) fn list(items: impl IntoIterator<Item = Self>) -> Option<Self> {
        let items: Vec<Self> = items.into_iter().collect();
        (!items.is_empty()).then_some(Self::List(items))
    }

    /// The value, unless it is an object without members.
    pub(super) fn unless_empty(self) -> Option<Self> {
        let empty = matches!(&self, Self::Object(members) if members.is_empty());
        (!empty).then_some(self)
    }

    fn write(&self, f: &mut fmt::Formatter<'_>, depth: usize) -> fmt::Result {
        match self {
            Self::Text(text) => string(f, text),
            Self::Number(number) => write!(f, "{number}"),
            Self::Flag(flag) => write!(f, "{flag}"),
            Self::List(items) if items.is_empty() => f.write_str("[]"),
            Self::Object(members) if members.is_empty() => f.write_str("{}"),
            Self::List(items) => {
                f.write_char('[')?;
                for (n, item) in items.iter().enumerate() {
                    line(f, n, depth + 1)?;
                    item.write(f, depth + 1)?;
                }
                end(f, depth, ']')
            }
            Self::Object(members) => {
                f.write_char('{')?;
                for (n, (name, value)) in members.iter().enumerate() {
                    line(f, n, depth + 1)?;
                    write!(f, "\"{name}\": ")?;
                    value.write(f, depth + 1)?;
                }
                end(f, depth, '}')
            }
        }
    }
}

impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, 0)
    }
}

impl From<&str> for Json {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

macro_rules! numbers {
    ($($number:ty)*) => {$(
        impl From<$number> for Json {
            fn from(number: $number) -> Self {
                Self::Number(number.into())
            }
        }
    )*};
}

numbers! { u8 u16 u32 i64 }

fn line(f: &mut fmt::Formatter<'_>, before: usize, depth: usize) -> fmt::Result {
    if before > 0 {
        f.write_char(',')?;
    }
    write!(f, "\n{:1$}", "", 2 * depth)
}

fn end(f: &mut fmt::Formatter<'_>, depth: usize, bracket: char) -> fmt::Result {
    write!(f, "\n{:1$}{bracket}", "", 2 * depth)
}

fn string(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    f.write_char('"')?;
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        match (c, characters.peek()) {
            ('"' | '\\', _) => write!(f, "\\{c}")?,
            ('\n', _) => f.write_str("\\n")?,
            // Else the reader would take it for a placeholder.
            ('$', Some('{' | '_' | 'A'..='Z')) => f.write_str("\\u0024")?,
            _ if c.is_control() => write!(f, "\\u{:04x}", u32::from(c))?,
            _ => f.write_char(c)?,
        }
    }
    f.write_char('"')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_leave_its_quotes() {
        let text = "a\"b\\c\nd\u{0}\u{7f}é\u{1f600}";
        let want = "\"a\\\"b\\\\c\\nd\\u0000\\u007fé\u{1f600}\"";
        assert_eq!(Json::from(text).to_string(), want);
    }

    /// The reader fills placeholders in, whoever wrote them.
    #[test]
    fn what_looks_like_a_placeholder_is_a_text_all_the_same() {
        let text = "$A ${A:-b} $_ \\($A) $a ^a$ $";
        let want = r#""\u0024A \u0024{A:-b} \u0024_ \\(\u0024A) $a ^a$ $""#;
        assert_eq!(Json::from(text).to_string(), want);
    }

    #[test]
    fn lines_are_indented_and_what_is_empty_takes_none() {
        let empty = Json::object([("spec", None)]);
        let list = Json::List(vec![Json::Number(1), Json::List(Vec::new())]);
        let value = Json::object([("a", Some(list)), ("b", None), ("c", Some(empty))]);
        assert_eq!(
            value.to_string(),
            "{\n  \"a\": [\n    1,\n    []\n  ],\n  \"c\": {}\n}"
        );
    }
}
