//! Regular expressions as Envoy takes them: RE2's syntax, over bytes, the whole text.

use regex::bytes::{Regex, RegexBuilder};

use crate::error::quoted;

/// Why an expression is not taken: the rule that it breaks, and a sentence.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct BadPattern {
    pub(crate) code: &'static str,
    pub(crate) message: String,
}

/// What the expressions of one mesh may take of the memory, and so of the time to compile them.
#[derive(Debug)]
pub(crate) struct Room {
    left: usize,
}

impl Default for Room {
    fn default() -> Self {
        Self { left: ALL_BYTES }
    }
}

impl Room {
    /// Whether no further expression is looked at.
    pub(crate) fn is_full(&self) -> bool {
        self.left == 0
    }

    /// Holds an expression against what the data path can compile.
    ///
    /// # Source
    /// Envoy, `safe_regex`: RE2's syntax, over bytes, the whole text.
    pub(crate) fn check(&mut self, expression: &str) -> Result<(), BadPattern> {
        let shown = quoted(expression);
        if let Some(bad) = not_in_re2(expression) {
            return Err(bad);
        }
        if self.is_full() {
            let message = format!(
                "the expressions before {shown} take all of the {ALL_BYTES} bytes that a mesh's expressions may take: \
                 use prefixes, exact paths, or shorter repetitions"
            );
            return Err(BadPattern {
                code: "too-many-expressions",
                message,
            });
        }
        let compiled = self.compile(expression).map_err(|error| BadPattern {
            code: "bad-regex",
            message: format!("the expression {shown} is not one: {}", reason(&error)),
        });
        compiled.map(drop)
    }

    /// Whether the whole of a text is what an expression describes; `None` if the expression cannot be compiled here.
    pub(crate) fn describes(&mut self, expression: &str, text: &str) -> Option<bool> {
        if self.is_full() {
            return None;
        }
        let compiled = self.compile(expression).ok()?;
        Some(compiled.is_match(text.as_bytes()))
    }

    fn compile(&mut self, expression: &str) -> Result<Regex, regex::Error> {
        // Alone first: `a)(b` is no expression, but would become one between the parentheses of a full match.
        match build(expression, 0) {
            Ok(_) | Err(regex::Error::CompiledTooBig(_)) => {}
            Err(error) => return Err(error),
        }
        let whole = format!("^(?:{expression})$");
        // What an expression takes is not told, only whether it is less than a limit.
        for bytes in COMPILED_BYTES {
            self.left = self.left.saturating_sub(bytes);
            match build(&whole, bytes) {
                Err(regex::Error::CompiledTooBig(_)) => {}
                other => return other,
            }
        }
        Err(regex::Error::CompiledTooBig(MOST_BYTES))
    }
}

/// What is wrong with an expression that has what RE2 has not.
pub(crate) fn not_in_re2(expression: &str) -> Option<BadPattern> {
    let found = NOT_IN_RE2.iter().find(|part| expression.contains(**part))?;
    let message = format!(
        "the expression {} has `{found}`: App Mesh takes RE2 syntax, which has no look-around; say it with two routes of different \
         priority",
        quoted(expression)
    );
    Some(BadPattern {
        code: "regex-not-re2",
        message,
    })
}

fn build(expression: &str, bytes: usize) -> Result<Regex, regex::Error> {
    RegexBuilder::new(expression)
        .unicode(false)
        .size_limit(bytes)
        .build()
}

/// The last line of regex's report, which is drawn over several.
fn reason(error: &regex::Error) -> String {
    let report = error.to_string();
    let last = report.lines().last().unwrap_or_default();
    last.trim_start_matches("error: ").to_owned()
}

const NOT_IN_RE2: [&str; 4] = ["(?=", "(?!", "(?<=", "(?<!"];
const MOST_BYTES: usize = 1 << 20;
const COMPILED_BYTES: [usize; 3] = [8 << 10, 64 << 10, MOST_BYTES];
/// Some eight thousand expressions as people write them, or sixty of the largest.
const ALL_BYTES: usize = 64 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_of_re2_are_taken() {
        for expression in [
            "",
            "a|bc",
            r"/v[0-9]+/.*",
            "(?i)chrome",
            r"\w+\.local",
            "größe",
        ] {
            assert_eq!(Room::default().check(expression), Ok(()), "{expression}");
        }
    }

    #[test]
    fn what_re2_lacks_and_what_is_broken_have_their_own_codes() {
        for (expression, code) in [
            ("^v1(?!beta)", "regex-not-re2"),
            ("(?<=a)b", "regex-not-re2"),
            ("(a", "bad-regex"),
            ("a)(b", "bad-regex"),
            (r"(a)\1", "bad-regex"),
            ("a{1000}{1000}{1000}", "bad-regex"),
        ] {
            let error = Room::default().check(expression).expect_err(expression);
            assert_eq!(error.code, code, "{expression}");
            assert!(!error.message.contains('\n'), "{expression}");
        }
    }

    #[test]
    #[cfg_attr(miri, ignore = "large expressions take hours to compile")]
    fn large_expressions_use_the_room_up_and_ordinary_ones_do_not() {
        let taken = |expression: &str, most: usize| {
            let mut room = Room::default();
            let codes = (0..most).map(|_| room.check(expression).map_err(|bad| bad.code));
            codes.take_while(Result::is_ok).count()
        };
        assert_eq!(taken(r"/v[0-9]+/orders/[a-z0-9-]{1,36}", 1_000), 1_000);
        assert!((10..100).contains(&taken("a{1000}{12}", 1_000)));
        let mut room = Room { left: 0 };
        assert_eq!(room.check("a").unwrap_err().code, "too-many-expressions");
    }
}
