//! JSON into the same tree: YAML's parser lacks surrogate pairs, and takes what JSON refuses.

use std::{iter::Peekable, str::Chars, sync::Arc};

use super::{
    node::{Node, Scalar},
    placeholder::ARGUMENT,
    tree::{Fault, Mark, Tree},
};
use crate::error::{Location, Problems, quoted};

/// Reads the values of a JSON text: one, or several one after the other.
///
/// # Source
/// RFC 8259; tools that print several values print them so.
pub(super) fn read(
    document: &Arc<str>,
    text: &str,
    problems: &mut Problems,
) -> Result<Vec<Node>, Fault> {
    let mut json = Json {
        tree: Tree::new(document, 0),
        rest: text.chars().peekable(),
        line: 1,
        column: 1,
    };
    json.value()?;
    json.space();
    while let Some(found) = json.rest.peek().copied() {
        if found != '{' {
            return Err(json.unexpected(found, "the end"));
        }
        json.value()?;
        json.space();
    }
    Ok(json.tree.finish(problems))
}

struct Json<'a> {
    tree: Tree,
    rest: Peekable<Chars<'a>>,
    line: usize,
    column: usize,
}

impl Json<'_> {
    /// Recursion ends where the tree refuses to go deeper.
    fn value(&mut self) -> Result<(), Fault> {
        self.space();
        let mark = self.mark();
        match self.rest.peek().copied() {
            Some('{') => {
                self.tree.open_map(mark)?;
                self.items('}', |json| {
                    json.text()?;
                    json.space();
                    json.expect(':')?;
                    json.value()
                })
            }
            Some('[') => {
                self.tree.open_list(mark)?;
                self.items(']', Self::value)
            }
            Some('"' | ARGUMENT) => self.text(),
            Some(c) if c == '-' || c.is_ascii_alphanumeric() => self.word(mark),
            Some(found) => Err(self.unexpected(found, "a value")),
            None => Err(self.ended()),
        }
    }

    fn items(
        &mut self,
        close: char,
        mut item: impl FnMut(&mut Self) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        self.step();
        self.space();
        if self.rest.peek() == Some(&close) {
            self.step();
            return self.tree.close();
        }
        loop {
            item(self)?;
            self.space();
            match self.rest.peek().copied() {
                Some(',') => self.step(),
                Some(found) if found == close => {
                    self.step();
                    return self.tree.close();
                }
                Some(found) => return Err(self.unexpected(found, &format!("`,` or `{close}`"))),
                None => return Err(self.ended()),
            };
        }
    }

    fn text(&mut self) -> Result<(), Fault> {
        self.space();
        let mark = self.mark();
        let argument = self.rest.next_if_eq(&ARGUMENT).is_some();
        self.expect('"')?;
        let mut text = String::new();
        loop {
            let at = self.here();
            match self.step() {
                Some('"') => break,
                Some('\\') => text.push(self.escape(at)?),
                Some(c) if c >= ' ' => text.push(c),
                Some(_) => {
                    let message = "a line ends, or a tab stands, inside a string: write `\\n` or `\\t`, or close the string";
                    return Err(Fault::new("broken-json", at, message));
                }
                None => return Err(self.ended()),
            }
        }
        let scalar = Scalar {
            text,
            quoted: true,
            argument,
        };
        self.tree.scalar(mark, scalar)
    }

    fn escape(&mut self, at: Location) -> Result<char, Fault> {
        Ok(match self.step() {
            Some(c @ ('"' | '\\' | '/')) => c,
            Some('b') => '\u{8}',
            Some('f') => '\u{c}',
            Some('n') => '\n',
            Some('r') => '\r',
            Some('t') => '\t',
            Some('u') => self.unicode(at)?,
            Some('(') => return Err(jq(at, "\\(…)")),
            _ => {
                let message =
                    "there is no such escape in JSON: a backslash itself is written `\\\\`";
                return Err(Fault::new("broken-json", at, message));
            }
        })
    }

    fn unicode(&mut self, at: Location) -> Result<char, Fault> {
        let bad = |at| {
            Fault::new(
                "broken-json",
                at,
                "`\\u` needs four hexadecimal digits of a character",
            )
        };
        let Some(first) = self.hex() else {
            return Err(bad(at));
        };
        if !(0xd800..0xdc00).contains(&first) {
            return char::from_u32(first).ok_or_else(|| bad(at));
        }
        let pair = (self.step() == Some('\\') && self.step() == Some('u'))
            .then(|| self.hex())
            .flatten();
        let low = pair.filter(|low| (0xdc00..0xe000).contains(low));
        low.and_then(|low| char::from_u32(0x10000 + ((first - 0xd800) << 10) + (low - 0xdc00)))
            .ok_or_else(|| bad(at))
    }

    fn hex(&mut self) -> Option<u32> {
        (0..4).try_fold(0, |value, _| Some(value * 16 + self.step()?.to_digit(16)?))
    }

    fn word(&mut self, mark: Mark) -> Result<(), Fault> {
        let mut text = String::new();
        while let Some(c) = self.rest.peek().copied() {
            if !(c.is_ascii_alphanumeric() || matches!(c, '-' | '+' | '.')) {
                break;
            }
            text.push(c);
            self.step();
        }
        if !matches!(text.as_str(), "true" | "false" | "null") && !number(&text) {
            let message = format!("{} is no JSON value: put a text into quotes", quoted(&text));
            return Err(Fault::new("broken-json", mark.at, message));
        }
        let scalar = Scalar {
            text,
            quoted: false,
            argument: false,
        };
        self.tree.scalar(mark, scalar)
    }

    fn space(&mut self) {
        while matches!(self.rest.peek(), Some(' ' | '\t' | '\n' | '\r')) {
            self.step();
        }
    }

    fn expect(&mut self, wanted: char) -> Result<(), Fault> {
        match self.rest.peek().copied() {
            Some(found) if found == wanted => {
                self.step();
                Ok(())
            }
            Some(found) => Err(self.unexpected(found, &format!("`{wanted}`"))),
            None => Err(self.ended()),
        }
    }

    fn step(&mut self) -> Option<char> {
        let c = self.rest.next()?;
        match c {
            '\n' => (self.line, self.column) = (self.line + 1, 1),
            _ => self.column += 1,
        }
        Some(c)
    }

    fn here(&self) -> Location {
        self.tree.at(self.line, self.column)
    }

    fn mark(&self) -> Mark {
        Mark {
            at: self.here(),
            tag: None,
            anchor: 0,
        }
    }

    fn unexpected(&self, found: char, wanted: &str) -> Fault {
        if found == '$' {
            let name: String = self
                .rest
                .clone()
                .take_while(|c| !c.is_whitespace() && !",}]".contains(*c))
                .collect();
            return jq(self.here(), &name);
        }
        let found = match found {
            ARGUMENT => self.argument(),
            found => quoted(&found.to_string()),
        };
        let message = format!("this is not JSON: {wanted} is due here, not {found}");
        Fault::new("broken-json", self.here(), message)
    }

    /// The argument of jq's that stands here: of its name nothing is left, so by its value.
    fn argument(&self) -> String {
        let value = self
            .rest
            .clone()
            .skip_while(|c| [ARGUMENT, '"'].contains(c));
        let value: String = value.take_while(|c| *c != '"').collect();
        format!("jq's argument {}", quoted(&value))
    }

    fn ended(&self) -> Fault {
        let message = "the text ends in the middle of a value: close what is open";
        Fault::new("broken-json", self.here(), message)
    }
}

fn jq(at: Location, placeholder: &str) -> Fault {
    let message = format!(
        "this is a jq program, not JSON: {} has no quotes around it; run jq first and read what it prints",
        quoted(placeholder)
    );
    Fault::new("jq-program", at, message)
}

fn number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let padded = digits.len() > 1
        && digits.starts_with('0')
        && !digits.starts_with("0.")
        && !digits.starts_with("0e");
    let shaped = digits.starts_with(|c: char| c.is_ascii_digit());
    shaped && !padded && text.parse::<f64>().is_ok()
}
