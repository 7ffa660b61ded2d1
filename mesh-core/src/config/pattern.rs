//! The regular expressions of a configuration, and what all of them together may take.

use regex::bytes::Regex;

use crate::{
    error::quoted,
    re2::{Expression, NoExpression},
};

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
        let parsed = Expression::new(expression).map_err(|why| bad(expression, &why))?;
        if self.is_full() {
            let shown = quoted(expression);
            let message = format!(
                "the expressions before {shown} take all of the {ALL_BYTES} bytes that a mesh's expressions may take: \
                 use prefixes, exact paths, or shorter repetitions"
            );
            return Err(BadPattern {
                code: "too-many-expressions",
                message,
            });
        }
        let compiled = self.compile(&parsed);
        compiled.map(drop).map_err(|why| bad(expression, &why))
    }

    /// Whether the whole of a text is what an expression describes; `None` if the expression cannot be compiled here.
    pub(crate) fn describes(&mut self, expression: &str, text: &str) -> Option<bool> {
        if self.is_full() {
            return None;
        }
        let compiled = self.compile(&Expression::new(expression).ok()?).ok()?;
        Some(compiled.is_match(text.as_bytes()))
    }

    fn compile(&mut self, expression: &Expression) -> Result<Regex, NoExpression> {
        // What an expression takes is not told, only whether it is less than a limit.
        for bytes in COMPILED_BYTES {
            self.left = self.left.saturating_sub(bytes);
            match expression.compile(bytes) {
                Err(NoExpression::TooLarge { .. }) => {}
                other => return other,
            }
        }
        Err(NoExpression::TooLarge { bytes: MOST_BYTES })
    }
}

/// What is wrong with an expression that has what RE2 has not.
pub(crate) fn not_in_re2(expression: &str) -> Option<BadPattern> {
    let why = Expression::new(expression).err()?;
    matches!(why, NoExpression::NotRe2 { .. }).then(|| bad(expression, &why))
}

fn bad(expression: &str, why: &NoExpression) -> BadPattern {
    let shown = quoted(expression);
    let (code, message) = match why {
        NoExpression::NotRe2 {
            what: LOOK_AROUND, ..
        } => (
            "regex-not-re2",
            format!(
                "the expression {shown} is not in RE2's syntax, which App Mesh takes: {why}; say it with two routes of different priority"
            ),
        ),
        NoExpression::NotRe2 { .. } => (
            "regex-not-re2",
            format!("the expression {shown} is not in RE2's syntax, which App Mesh takes: {why}"),
        ),
        NoExpression::NotRead(_) => ("bad-regex", format!("of the expression {shown}, {why}")),
        NoExpression::Broken(_) | NoExpression::TooLarge { .. } => (
            "bad-regex",
            format!("the expression {shown} is not one: {why}"),
        ),
    };
    BadPattern { code, message }
}

const LOOK_AROUND: &str = "look-around";
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
            (r"(a)\1", "regex-not-re2"),
            ("a++", "regex-not-re2"),
            (r"\pN", "bad-regex"),
            ("((a{1000}){1000}){1000}", "regex-not-re2"),
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
        assert!((10..100).contains(&taken(&"a{1000}".repeat(12), 1_000)));
        let mut room = Room { left: 0 };
        assert_eq!(room.check("a").unwrap_err().code, "too-many-expressions");
    }
}
