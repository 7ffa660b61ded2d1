//! A small writer of JSON.

use std::{fmt, time::Duration};

/// A value of JSON.
pub(super) enum Json {
    Null,
    Number(u64),
    /// From 0 to 1, and so a number of JSON's.
    Share(f64),
    Text(String),
    List(Vec<Self>),
    Object(Vec<(&'static str, Self)>),
}

impl From<u16> for Json {
    fn from(number: u16) -> Self {
        Self::Number(number.into())
    }
}

impl From<u32> for Json {
    fn from(number: u32) -> Self {
        Self::Number(number.into())
    }
}

pub(super) fn text<T: fmt::Display + ?Sized>(text: &T) -> Json {
    Json::Text(text.to_string())
}

pub(super) fn list<T>(items: &[T], json: impl Fn(&T) -> Json) -> Json {
    Json::List(items.iter().map(json).collect())
}

pub(super) fn or_null(json: Option<Json>) -> Json {
    json.unwrap_or(Json::Null)
}

pub(super) fn millis(limit: Duration) -> Json {
    Json::Number(u64::try_from(limit.as_millis()).unwrap_or(u64::MAX))
}

impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Number(number) => number.fmt(f),
            Self::Share(share) => share.fmt(f),
            Self::Text(text) => quoted(text, f),
            Self::List(items) => {
                f.write_str("[")?;
                for (index, item) in items.iter().enumerate() {
                    f.write_str(if index == 0 { "" } else { ", " })?;
                    item.fmt(f)?;
                }
                f.write_str("]")
            }
            Self::Object(members) => {
                f.write_str("{")?;
                for (index, (key, value)) in members.iter().enumerate() {
                    f.write_str(if index == 0 { "" } else { ", " })?;
                    write!(f, "\"{key}\": {value}")?;
                }
                f.write_str("}")
            }
        }
    }
}

/// # Source
/// RFC 8259 §7: quotes, backslashes and control characters are escaped.
fn quoted(text: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_str("\"")?;
    for c in text.chars() {
        match c {
            '"' => f.write_str("\\\"")?,
            '\\' => f.write_str("\\\\")?,
            '\n' => f.write_str("\\n")?,
            '\t' => f.write_str("\\t")?,
            c if c.is_control() => write!(f, "\\u{:04x}", u32::from(c))?,
            c => write!(f, "{c}")?,
        }
    }
    f.write_str("\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_a_text_holds_it_stays_one_json_string() {
        let rows = [
            ("plain é 😀", "\"plain é 😀\""),
            ("\"\\/", "\"\\\"\\\\/\""),
            (
                "a\nb\tc\u{0}\u{1b}\u{7f}\u{85}",
                "\"a\\nb\\tc\\u0000\\u001b\\u007f\\u0085\"",
            ),
        ];
        for (written, json) in rows {
            assert_eq!(text(written).to_string(), json);
        }
    }

    #[test]
    fn empty_and_absent_things_are_told_apart() {
        let json = Json::Object(vec![
            ("list", Json::List(Vec::new())),
            ("nothing", Json::Null),
            ("share", Json::Share(1.0)),
            ("two", Json::List(vec![Json::Number(1), Json::Share(0.25)])),
        ]);
        let expected = r#"{"list": [], "nothing": null, "share": 1, "two": [1, 0.25]}"#;
        assert_eq!(json.to_string(), expected);
    }
}
