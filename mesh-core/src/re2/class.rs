//! Classes of bytes: what stands between brackets.

use super::{
    NoExpression,
    translate::{escaped, hex, not_re2, perl},
};

/// Translates what stands after `[`, and gives what follows the class.
///
/// Each byte is written as a number, so that none of them means anything: `[a&&b]` is three bytes in RE2 and an intersection in `regex`.
pub(super) fn translate<'a>(written: &'a [u8], out: &mut String) -> Result<&'a [u8], NoExpression> {
    out.push('[');
    let mut rest = written;
    if let [b'^', tail @ ..] = rest {
        out.push('^');
        rest = tail;
    }
    let first = rest;
    loop {
        rest = match rest {
            [] => return Err(NoExpression::Broken("unclosed character class".to_owned())),
            // It closes nothing where it comes first.
            [b']', tail @ ..] if rest.len() < first.len() => {
                out.push(']');
                return Ok(tail);
            }
            _ => member(rest, out)?,
        }
    }
}

fn member<'a>(rest: &'a [u8], out: &mut String) -> Result<&'a [u8], NoExpression> {
    if let Some((name, tail)) = named(rest)? {
        out.push_str(name);
        return Ok(tail);
    }
    if let [b'\\', escape @ ..] = rest
        && let Some(class) = perl(escape)?
    {
        out.push_str(class);
        return Ok(&escape[1..]);
    }
    let (least, tail) = byte(rest)?;
    out.push_str(&hex(least));
    match tail {
        [b'-', end @ ..] if !end.is_empty() && end[0] != b']' => {
            let (most, tail) = byte(end)?;
            out.push('-');
            out.push_str(&hex(most));
            Ok(tail)
        }
        _ => Ok(tail),
    }
}

/// `[:alpha:]` and its like.
fn named(rest: &[u8]) -> Result<Option<(&str, &[u8])>, NoExpression> {
    let Some(tail) = rest.strip_prefix(b"[:") else {
        return Ok(None);
    };
    let Some(end) = tail.windows(2).position(|two| two == b":]") else {
        return Ok(None);
    };
    let (class, tail) = rest.split_at(end + 4);
    let name = tail_of(class);
    match str::from_utf8(class) {
        Ok(class) if NAMES.contains(&name) => Ok(Some((class, tail))),
        _ => Err(not_re2(class, "class of this name")),
    }
}

/// Of `[:^alpha:]`, `alpha`.
fn tail_of(class: &[u8]) -> &[u8] {
    let name = &class[2..class.len() - 2];
    name.strip_prefix(b"^").unwrap_or(name)
}

fn byte(rest: &[u8]) -> Result<(u8, &[u8]), NoExpression> {
    match rest {
        [b'\\', escape @ ..] => escaped(escape),
        [byte, tail @ ..] => Ok((*byte, tail)),
        [] => Err(NoExpression::Broken("unclosed character class".to_owned())),
    }
}

const NAMES: [&[u8]; 14] = [
    b"alnum", b"alpha", b"ascii", b"blank", b"cntrl", b"digit", b"graph", b"lower", b"print",
    b"punct", b"space", b"upper", b"word", b"xdigit",
];
