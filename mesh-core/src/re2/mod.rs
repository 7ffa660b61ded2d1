//! Regular expressions as App Mesh's proxies read them: RE2's syntax, over bytes, the whole text.
//!
//! The `regex` crate computes them. Its syntax is RE2's but for what it has beside it (`[a&&b]`, `a++`, `(?x)`, `\<`), and for what
//! RE2 has and it has not (`\Q…\E`, `a{,2}` as a text): every expression is translated, so that it means here what it meant there.

mod class;
mod translate;

use regex::bytes::{Regex, RegexBuilder};
use regex_syntax::{
    ParserBuilder,
    hir::{Hir, HirKind},
};
use thiserror::Error;

/// An expression that RE2 takes.
///
/// # Source
/// RE2's syntax as Envoy's `safe_regex` sets it: bytes and no characters (measured on Envoy 1.40: `caf.` takes `caf\xE9`).
#[derive(Clone, Debug)]
pub(crate) struct Expression {
    /// In the syntax of the `regex` crate.
    translated: String,
    parsed: Hir,
}

impl Expression {
    pub(crate) fn new(written: &str) -> Result<Self, NoExpression> {
        let translated = translate::translate(written)?;
        let mut parser = ParserBuilder::new().unicode(false).utf8(false).build();
        // Alone: `a)(b` is no expression, but would become one between the parentheses of a full match.
        let parsed = parser
            .parse(&translated)
            .map_err(|error| NoExpression::Broken(last_line(&error.to_string())))?;
        if repetitions_left(&parsed, MOST_REPETITIONS) == 0 {
            return Err(NoExpression::NotRe2 {
                found: "a repetition of repetitions".to_owned(),
                what: "more than 1,000 of them",
            });
        }
        Ok(Self { translated, parsed })
    }

    /// What takes a text that it describes as a whole.
    ///
    /// # Errors
    /// It takes more than so many bytes.
    pub(crate) fn compile(&self, most_bytes: usize) -> Result<Regex, NoExpression> {
        let whole = format!("^(?:{})$", self.translated);
        let built = RegexBuilder::new(&whole)
            .unicode(false)
            .size_limit(most_bytes)
            .build();
        built.map_err(|error| match error {
            regex::Error::CompiledTooBig(bytes) => NoExpression::TooLarge { bytes },
            other => NoExpression::Broken(last_line(&other.to_string())),
        })
    }

    /// Its parts.
    pub(crate) fn parsed(&self) -> &Hir {
        &self.parsed
    }
}

/// Why a text is no expression that can be used.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub(crate) enum NoExpression {
    /// It is one elsewhere.
    #[error("it has `{found}`, and RE2 has no {what}")]
    NotRe2 { found: String, what: &'static str },
    /// It is one in RE2 alone.
    #[error("`{0}` is not read here: write the characters that are meant as a class, like `[a-z]`")]
    NotRead(String),
    /// It is none.
    #[error("{0}")]
    Broken(String),
    /// It counts repetitions of repetitions.
    #[error("compiled, it has more than {bytes} bytes")]
    TooLarge { bytes: usize },
}

/// How often something may still be repeated within this; 0: it is too often already.
///
/// # Source
/// RE2's `parse.cc`, `RepetitionWalker`.
fn repetitions_left(expression: &Hir, most: u32) -> u32 {
    let within = |parts: &[Hir]| {
        let left = parts.iter().map(|part| repetitions_left(part, most));
        left.min().unwrap_or(most)
    };
    match expression.kind() {
        HirKind::Repetition(repeated) => {
            let times = repeated.max.unwrap_or(repeated.min).max(1);
            repetitions_left(&repeated.sub, most / times)
        }
        HirKind::Capture(capture) => repetitions_left(&capture.sub, most),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => within(parts),
        _ => most,
    }
}

/// Of a report that is drawn over several.
fn last_line(report: &str) -> String {
    let last = report.lines().last().unwrap_or_default();
    last.trim_start_matches("error: ").to_owned()
}

const MOST_REPETITIONS: u32 = 1_000;

#[cfg(test)]
mod tests;
