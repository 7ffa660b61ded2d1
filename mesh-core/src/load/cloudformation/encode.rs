//! Values as texts: `Fn::Base64`, `Fn::ToJsonString`, and functions as they were written.

use super::{
    call::TOO_LONG,
    function::Written,
    resolve::{Known, LONGEST, Resolve, UNKNOWN, text},
};
use crate::{
    error::Place,
    load::{
        node::{Scalar, Value},
        resolved::{Content, Resolved},
        shape::Kind,
    },
};

impl Resolve<'_, '_> {
    /// What `Fn::Base64` gives.
    pub(super) fn base64(&mut self, argument: Written<'_>, place: &Place) -> Known {
        match self.text_argument(argument, "`Fn::Base64` needs a text", place) {
            Some(plain) => text(base64(plain.as_bytes())),
            None => UNKNOWN,
        }
    }

    /// What `Fn::ToJsonString` gives.
    pub(super) fn json_string(&mut self, argument: Written<'_>, place: &Place) -> Known {
        if !self.extended("`Fn::ToJsonString`", place) {
            return UNKNOWN;
        }
        if argument.called().is_none() && matches!(argument.value, Value::Scalar(_)) {
            return self.bad_argument("`Fn::ToJsonString` needs a mapping or a list", place);
        }
        self.json(argument, place)
    }

    /// A value as JSON, with every function in it computed.
    fn json(&mut self, written: Written<'_>, place: &Place) -> Known {
        if written.called().is_some() {
            let resolved = self.written(written, place.path.clone(), &Kind::Text);
            let Some(resolved) = resolved else {
                return Known::NoValue;
            };
            return json(&resolved).map_or(UNKNOWN, text);
        }
        let (mut parts, around) = match written.value {
            Value::Scalar(scalar) => return text(scalar_as_json(scalar)),
            Value::List(_) => (Vec::new(), ["[", "]"]),
            Value::Map(_) => (Vec::new(), ["{", "}"]),
        };
        for item in written.items().unwrap_or_default() {
            match self.json(Written::of(item), place) {
                Known::Content(Content::Text(value)) => parts.push(value),
                Known::Content(_) => return UNKNOWN,
                Known::NoValue => {}
            }
        }
        for entry in written.entries() {
            match self.json(Written::of(&entry.node), place) {
                Known::Content(Content::Text(value)) => {
                    parts.push(format!("{}:{value}", quote(&entry.key)));
                }
                Known::Content(_) => return UNKNOWN,
                Known::NoValue => {}
            }
        }
        let [open, close] = around;
        let whole = format!("{open}{}{close}", parts.join(","));
        match whole.len() > LONGEST {
            true => self.bad_argument(TOO_LONG, place),
            false => text(whole),
        }
    }
}

/// What a function gave, as JSON; `None` if it is not known.
fn json(resolved: &Resolved) -> Option<String> {
    match &resolved.content {
        Content::Unknown | Content::Arn(_) => None,
        Content::Null => Some("null".to_owned()),
        Content::Text(value) | Content::Bare(value) | Content::Either(value) => Some(quote(value)),
        Content::List(items) => {
            let items: Option<Vec<_>> = items.iter().map(json).collect();
            Some(format!("[{}]", items?.join(",")))
        }
        Content::Map(members) => {
            let members = members
                .iter()
                .map(|member| Some(format!("{}:{}", quote(&member.key), json(&member.value)?)));
            let members: Option<Vec<_>> = members.collect();
            Some(format!("{{{}}}", members?.join(",")))
        }
    }
}

/// A value as it was written, functions in their long form, as JSON with spaces; cut where it is longer than anything
/// that is asked for.
pub(super) fn as_written(written: Written<'_>, json: &mut String) {
    if json.len() > LONGEST {
        return;
    }
    if let Some(called) = written.tag() {
        let prefix = match called {
            "Ref" | "Condition" => "",
            _ => "Fn::",
        };
        json.push_str(&format!("{{\"{prefix}{called}\": "));
        as_written(written.argument(), json);
        json.push('}');
        return;
    }
    match written.value {
        Value::Scalar(scalar) => json.push_str(&scalar_as_json(scalar)),
        Value::List(items) => {
            json.push('[');
            for (index, item) in items.iter().enumerate() {
                json.push_str(if index > 0 { ", " } else { "" });
                as_written(Written::of(item), json);
            }
            json.push(']');
        }
        Value::Map(entries) => {
            json.push('{');
            for (index, entry) in entries.iter().enumerate() {
                json.push_str(if index > 0 { ", " } else { "" });
                json.push_str(&format!("{}: ", quote(&entry.key)));
                as_written(Written::of(&entry.node), json);
            }
            json.push('}');
        }
    }
}

fn scalar_as_json(scalar: &Scalar) -> String {
    let plain = scalar.text.as_str();
    let number = plain.starts_with(|c: char| c == '-' || c.is_ascii_digit())
        && plain.ends_with(|c: char| c.is_ascii_digit())
        && plain.parse::<f64>().is_ok();
    match scalar.quoted {
        _ if scalar.is_null() => "null".to_owned(),
        false if number || matches!(plain, "true" | "false") => plain.to_owned(),
        _ => quote(plain),
    }
}

fn quote(value: &str) -> String {
    let mut quoted = String::from('"');
    for c in value.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            c if c.is_control() => quoted.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// # Source
/// RFC 4648 §4.
fn base64(bytes: &[u8]) -> String {
    let letter = |sextet: u32| {
        let index = usize::try_from(sextet & 63).unwrap_or_default();
        char::from(*ALPHABET.get(index).unwrap_or(&b'='))
    };
    let mut encoded = String::new();
    for chunk in bytes.chunks(3) {
        let filled = chunk.iter().chain([0, 0].iter()).take(3);
        let group = filled.fold(0, |group, byte| group << 8 | u32::from(*byte));
        let letters = [group >> 18, group >> 12, group >> 6, group].map(letter);
        encoded.extend(letters.iter().take(chunk.len() + 1));
        encoded.extend(std::iter::repeat_n('=', 3 - chunk.len()));
    }
    encoded
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_padded_to_groups_of_four() {
        let rows = ["", "f", "fo", "foo", "foob", "fooba", "foobar"].map(str::as_bytes);
        let want = [
            "", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy",
        ];
        assert_eq!(rows.map(base64), want);
    }
}
