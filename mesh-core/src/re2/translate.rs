//! From RE2's syntax into that of the `regex` crate.

use super::{NoExpression, class};

/// Translates an expression, so far as it is one; what is left over is the parser's to refuse.
///
/// # Source
/// RE2's `parse.cc` with its flags for Perl's syntax.
pub(super) fn translate(written: &str) -> Result<String, NoExpression> {
    let mut rest = written.as_bytes();
    let mut out = String::with_capacity(written.len());
    let mut repeated = false;
    while let [byte, tail @ ..] = rest {
        let operator = repetition(rest);
        if let Some(length) = operator {
            if repeated {
                return Err(not_re2(&rest[..length], "repetition of a repetition"));
            }
            (rest, repeated) = (repeat(rest, length, &mut out)?, true);
            continue;
        }
        repeated = false;
        rest = match byte {
            b'\\' => outside(tail, &mut out)?,
            b'[' => class::translate(tail, &mut out)?,
            b'(' => group(tail, &mut out)?,
            b'.' | b'^' | b'$' | b'|' | b')' => {
                out.push(char::from(*byte));
                tail
            }
            byte => {
                literal(*byte, &mut out);
                tail
            }
        };
    }
    Ok(out)
}

/// How long the operator is that comes first, if one does. What only looks like `{2,3}` is a text.
fn repetition(rest: &[u8]) -> Option<usize> {
    match rest {
        [b'*' | b'+' | b'?', ..] => Some(1),
        [b'{', tail @ ..] => {
            let end = tail.iter().position(|byte| *byte == b'}')?;
            let counts = str::from_utf8(&tail[..end]).ok()?;
            let (least, most) = counts.split_once(',').unwrap_or((counts, ""));
            let is_number = |text: &str| {
                text.bytes().all(|byte| byte.is_ascii_digit())
                    && (text == "0" || !text.starts_with('0'))
            };
            (!least.is_empty() && is_number(least) && is_number(most)).then_some(end + 2)
        }
        _ => None,
    }
}

fn repeat<'a>(rest: &'a [u8], length: usize, out: &mut String) -> Result<&'a [u8], NoExpression> {
    let (operator, tail) = rest.split_at(length);
    let text = String::from_utf8_lossy(operator);
    let mut counts = text.split(|c: char| !c.is_ascii_digit());
    if counts.any(|count| count.parse::<u64>().is_ok_and(|count| count > MOST)) || length > 24 {
        return Err(not_re2(operator, "more than 1,000 repetitions"));
    }
    out.push_str(&text);
    Ok(match tail {
        [b'?', tail @ ..] => {
            out.push('?');
            tail
        }
        tail => tail,
    })
}

/// What stands after `(`.
fn group<'a>(rest: &'a [u8], out: &mut String) -> Result<&'a [u8], NoExpression> {
    out.push('(');
    match rest {
        [b'?', mark @ (b'=' | b'!'), ..] => Err(not_re2(&[b'(', b'?', *mark], "look-around")),
        [b'?', b'<', mark @ (b'=' | b'!'), ..] => {
            Err(not_re2(&[b'(', b'?', b'<', *mark], "look-around"))
        }
        [b'?', b'P', b'<', name @ ..] | [b'?', b'<', name @ ..] => named(name),
        [b'?', tail @ ..] => flags(tail, out),
        _ => Ok(rest),
    }
}

/// What follows the name of a group, which nobody asks for here.
fn named(rest: &[u8]) -> Result<&[u8], NoExpression> {
    let end = rest.iter().position(|byte| *byte == b'>');
    let (name, tail) = rest.split_at(end.unwrap_or(rest.len()));
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    match tail {
        [b'>', tail @ ..] if !name.is_empty() && name.iter().all(is_name) => Ok(tail),
        _ => Err(not_re2(&[b"(?<", name].concat(), "such name of a group")),
    }
}

/// Flags, which may be said twice.
fn flags<'a>(rest: &'a [u8], out: &mut String) -> Result<&'a [u8], NoExpression> {
    let end = rest.iter().position(|byte| matches!(byte, b':' | b')'));
    let (flags, tail) = rest.split_at(end.unwrap_or(rest.len()));
    if let Some(flag) = flags.iter().find(|flag| !b"imsU-".contains(flag)) {
        return Err(not_re2(&[b'(', b'?', *flag], "such flag"));
    }
    out.push('?');
    let mut said = Vec::new();
    for flag in flags {
        if *flag == b'-' || !said.contains(flag) {
            out.push(char::from(*flag));
        }
        said.push(*flag);
    }
    Ok(tail)
}

/// What stands after a `\` that is in no class.
fn outside<'a>(rest: &'a [u8], out: &mut String) -> Result<&'a [u8], NoExpression> {
    let Some((byte, tail)) = rest.split_first() else {
        out.push('\\');
        return Ok(rest);
    };
    match byte {
        b'Q' => {
            let end = tail.windows(2).position(|two| two == br"\E");
            let (quoted, tail) = tail.split_at(end.unwrap_or(tail.len()));
            if quoted.is_empty() {
                // What comes next would be about what came before.
                return Err(NoExpression::NotRead(r"\Q\E".to_owned()));
            }
            quoted.iter().for_each(|byte| literal(*byte, out));
            return Ok(tail.get(2..).unwrap_or_default());
        }
        b'C' => out.push_str("(?s:.)"),
        b'A' | b'b' | b'B' | b'z' => out.extend(['\\', char::from(*byte)]),
        _ => match perl(rest)? {
            Some(class) => out.push_str(class),
            None => {
                let (byte, tail) = escaped(rest)?;
                literal(byte, out);
                return Ok(tail);
            }
        },
    }
    Ok(tail)
}

/// The class that an escape stands for, in a class or out of one.
pub(super) fn perl(rest: &[u8]) -> Result<Option<&'static str>, NoExpression> {
    Ok(Some(match rest {
        [b'd', ..] => r"\d",
        [b'D', ..] => r"\D",
        [b'w', ..] => r"\w",
        [b'W', ..] => r"\W",
        // RE2's has no vertical tab.
        [b's', ..] => r"[\t\n\x0C\r\x20]",
        [b'S', ..] => r"[^\t\n\x0C\r\x20]",
        [b'p' | b'P', ..] => {
            let shown = &rest[..rest.len().min(2)];
            let shown = format!("\\{}", String::from_utf8_lossy(shown));
            return Err(NoExpression::NotRead(shown));
        }
        _ => return Ok(None),
    }))
}

/// The byte that an escape stands for, and what follows it.
pub(super) fn escaped(rest: &[u8]) -> Result<(u8, &[u8]), NoExpression> {
    let octal = |byte: &u8| (b'0'..=b'7').contains(byte);
    match rest {
        [b'1'..=b'7', next, ..] if octal(next) => number(rest, 3, 8),
        [b'0', ..] => number(rest, 3, 8),
        [b'1'..=b'9', ..] => Err(not_re2(&[b'\\', rest[0]], "reference to a group")),
        [b'x', b'{', tail @ ..] => match tail.iter().position(|byte| *byte == b'}') {
            Some(end @ 1..) if tail[..end].iter().all(u8::is_ascii_hexdigit) => {
                let (byte, _) = number(&tail[..end], end, 16)?;
                Ok((byte, &tail[end + 1..]))
            }
            _ => Err(not_re2(br"\x{", "such escape")),
        },
        [b'x', tail @ ..] => match tail {
            [high, low, ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                number(tail, 2, 16)
            }
            _ => Err(not_re2(br"\x", "such escape")),
        },
        [byte, tail @ ..] => {
            let simple = SIMPLE.iter().find(|(letter, _)| letter == byte);
            let itself = byte.is_ascii() && !byte.is_ascii_alphanumeric() && *byte != b'_';
            let simple = simple
                .map(|(_, byte)| *byte)
                .or_else(|| itself.then_some(*byte));
            let simple = simple.ok_or_else(|| not_re2(&[b'\\', *byte], "such escape"));
            Ok((simple?, tail))
        }
        [] => Err(NoExpression::Broken(r"it ends in a `\`".to_owned())),
    }
}

/// A byte in digits: as many as there are, up to so many.
fn number(rest: &[u8], most: usize, radix: u32) -> Result<(u8, &[u8]), NoExpression> {
    let is_digit = |byte: &&u8| char::from(**byte).is_digit(radix);
    let length = rest.iter().take(most).take_while(is_digit).count();
    let (digits, tail) = rest.split_at(length);
    let text = str::from_utf8(digits).unwrap_or_default();
    match u8::from_str_radix(text, radix) {
        Ok(byte) => Ok((byte, tail)),
        Err(_) => Err(not_re2(&[br"\", digits].concat(), "byte of this number")),
    }
}

fn literal(byte: u8, out: &mut String) {
    let letter = char::from(byte);
    match byte {
        b' '..=b'~' if regex_syntax::is_meta_character(letter) => out.extend(['\\', letter]),
        b' '..=b'~' => out.push(letter),
        _ => out.push_str(&hex(byte)),
    }
}

pub(super) fn hex(byte: u8) -> String {
    format!("\\x{byte:02X}")
}

pub(super) fn not_re2(found: &[u8], what: &'static str) -> NoExpression {
    let found = String::from_utf8_lossy(found).into_owned();
    NoExpression::NotRe2 { found, what }
}

/// RE2's limit.
const MOST: u64 = 1_000;
const SIMPLE: [(u8, u8); 6] = [
    (b'a', 7),
    (b'f', 12),
    (b'n', b'\n'),
    (b'r', b'\r'),
    (b't', b'\t'),
    (b'v', 11),
];
