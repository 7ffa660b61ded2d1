//! Writes JSON without spaces, from what is known to fit.
//!
//! A document is written in one pass into a buffer that is used again; nothing can fail.

use std::time::Duration;

use crate::hex::hex_digits;

/// One open object; its members come in the order in which they are written.
#[derive(Debug)]
pub(super) struct Object<'b> {
    out: &'b mut Vec<u8>,
}

impl Object<'_> {
    /// Appends an object to `out`.
    pub(super) fn write(out: &mut Vec<u8>, members: impl FnOnce(&mut Object<'_>)) {
        out.push(b'{');
        members(&mut Object { out });
        out.push(b'}');
    }

    pub(super) fn object(&mut self, key: &str, members: impl FnOnce(&mut Object<'_>)) {
        self.key(key);
        Object::write(self.out, members);
    }

    /// An array of what `write` appends for each item; left out if there is none.
    pub(super) fn array<T>(
        &mut self,
        key: &str,
        items: impl IntoIterator<Item = T>,
        write: impl Fn(&mut Vec<u8>, T),
    ) {
        let mut items = items.into_iter();
        let Some(first) = items.next() else { return };
        self.key(key);
        self.out.push(b'[');
        write(self.out, first);
        for item in items {
            self.out.push(b',');
            write(self.out, item);
        }
        self.out.push(b']');
    }

    /// Text of which at most `limit` characters are written.
    pub(super) fn text(&mut self, key: &str, text: &str, limit: usize) {
        self.key(key);
        quote(self.out, cut(text, limit));
    }

    /// Text that is known to need no escape and to be short enough.
    pub(super) fn plain(&mut self, key: &str, text: &[u8]) {
        self.key(key);
        plain(self.out, text);
    }

    pub(super) fn integer(&mut self, key: &str, number: i64) {
        self.key(key);
        if number < 0 {
            self.out.push(b'-');
        }
        digits(self.out, number.unsigned_abs(), 1);
    }

    pub(super) fn natural(&mut self, key: &str, number: u64) {
        self.key(key);
        digits(self.out, number, 1);
    }

    pub(super) fn flag(&mut self, key: &str, value: bool) {
        self.key(key);
        self.out
            .extend_from_slice(if value { b"true" } else { b"false" });
    }

    /// A member that is only there when it is true.
    pub(super) fn flag_if(&mut self, key: &str, value: bool) {
        if value {
            self.flag(key, value);
        }
    }

    /// Seconds since 1970, with six digits after the point: exact, where a float would round.
    pub(super) fn time(&mut self, key: &str, since_epoch: Duration) {
        self.key(key);
        digits(self.out, since_epoch.as_secs(), 1);
        self.out.push(b'.');
        digits(self.out, since_epoch.subsec_micros().into(), 6);
    }

    /// Keys are ours, or were made to fit when they were set.
    fn key(&mut self, key: &str) {
        if self.out.last() != Some(&b'{') {
            self.out.push(b',');
        }
        plain(self.out, key.as_bytes());
        self.out.push(b':');
    }
}

/// Appends text in quotes that is known to need no escape.
pub(super) fn plain(out: &mut Vec<u8>, text: &[u8]) {
    out.push(b'"');
    out.extend_from_slice(text);
    out.push(b'"');
}

fn quote(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    let mut rest = text.as_bytes();
    while let Some(at) = rest.iter().position(|&byte| needs_escape(byte)) {
        let (clean, tail) = rest.split_at(at);
        out.extend_from_slice(clean);
        let [special, tail @ ..] = tail else { break };
        escape(out, *special);
        rest = tail;
    }
    out.extend_from_slice(rest);
    out.push(b'"');
}

fn needs_escape(byte: u8) -> bool {
    matches!(byte, ..b' ' | b'"' | b'\\')
}

fn escape(out: &mut Vec<u8>, byte: u8) {
    match byte {
        b'"' => out.extend_from_slice(b"\\\""),
        b'\\' => out.extend_from_slice(b"\\\\"),
        b'\n' => out.extend_from_slice(b"\\n"),
        b'\r' => out.extend_from_slice(b"\\r"),
        b'\t' => out.extend_from_slice(b"\\t"),
        _ => {
            out.extend_from_slice(b"\\u00");
            let [.., high, low] = hex_digits(byte.into());
            out.extend_from_slice(&[high, low]);
        }
    }
}

/// The first `limit` characters.
fn cut(text: &str, limit: usize) -> &str {
    // Most text has fewer bytes than it may have characters; the rest is worth counting.
    if text.len() <= limit {
        return text;
    }
    match text.char_indices().nth(limit) {
        Some((end, _)) => text.get(..end).unwrap_or_default(),
        None => text,
    }
}

/// Appends a number in decimal, with zeros in front up to `width` digits.
fn digits(out: &mut Vec<u8>, mut number: u64, width: usize) {
    let mut text = [b'0'; MAX_DIGITS];
    let mut start = MAX_DIGITS;
    for digit in text.iter_mut().rev() {
        if number == 0 && MAX_DIGITS - start >= width {
            break;
        }
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
        start -= 1;
    }
    out.extend_from_slice(text.get(start..).unwrap_or_default());
}

/// Of `u64::MAX`.
const MAX_DIGITS: usize = 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn special_characters_are_escaped_and_others_kept() {
        let cases = [
            ("", r#""""#),
            ("plain", r#""plain""#),
            ("\"", r#""\"""#),
            ("a\"b\\c", r#""a\"b\\c""#),
            ("\n\r\t\0\u{1f}\u{7f}", "\"\\n\\r\\t\\u0000\\u001f\u{7f}\""),
            (
                "\u{f6}\u{2028}\u{1f600}\"",
                "\"\u{f6}\u{2028}\u{1f600}\\\"\"",
            ),
        ];
        for (text, want) in cases {
            let mut out = Vec::new();
            quote(&mut out, text);
            assert_eq!(str::from_utf8(&out), Ok(want), "{text:?}");
        }
    }

    #[test]
    fn text_is_cut_between_characters() {
        let cases = [
            ("abc", 3, "abc"),
            ("abcd", 3, "abc"),
            ("\u{f6}\u{f6}\u{f6}", 3, "\u{f6}\u{f6}\u{f6}"),
            ("\u{f6}\u{f6}\u{f6}x", 3, "\u{f6}\u{f6}\u{f6}"),
            ("\u{1f600}\u{1f600}", 1, "\u{1f600}"),
            ("a", 0, ""),
        ];
        for (text, limit, want) in cases {
            assert_eq!(cut(text, limit), want, "{text:?} to {limit}");
        }
    }

    #[test]
    fn numbers_keep_every_digit() {
        let written = |number, width| {
            let mut out = Vec::new();
            digits(&mut out, number, width);
            String::from_utf8(out).unwrap()
        };
        assert_eq!(written(0, 1), "0");
        assert_eq!(written(10, 1), "10");
        assert_eq!(written(u64::MAX, 1), u64::MAX.to_string());
        assert_eq!(written(42, 6), "000042");
        assert_eq!(written(0, 6), "000000");
    }

    #[test]
    fn members_are_told_apart_by_one_comma() {
        let mut out = Vec::new();
        Object::write(&mut out, |object| {
            object.object("none", |_| ());
            object.object("some", |some| some.integer("low", i64::MIN));
            object.array("nothing", [0; 0], |_, _| ());
            object.array("two", [b"a", b"b"], |out, text| plain(out, text));
            object.time("at", Duration::new(1, 999_999_999));
            object.flag_if("absent", false);
        });
        assert_eq!(
            str::from_utf8(&out),
            Ok(r#"{"none":{},"some":{"low":-9223372036854775808},"two":["a","b"],"at":1.999999}"#)
        );
    }
}
