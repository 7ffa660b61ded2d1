//! Regular expressions as Envoy takes them: RE2's syntax, over bytes, the whole text.

use regex::bytes::{Regex, RegexBuilder};

use crate::error::quoted;

/// Why an expression is not taken: the rule that it breaks, and a sentence.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct BadPattern {
    pub(crate) code: &'static str,
    pub(crate) message: String,
}

/// Holds an expression against what the data path can compile.
///
/// # Source
/// Envoy, `safe_regex`: RE2's syntax, over bytes, the whole text.
pub(crate) fn check(expression: &str) -> Result<(), BadPattern> {
    let shown = quoted(expression);
    if let Some(found) = NOT_IN_RE2.iter().find(|part| expression.contains(**part)) {
        let message = format!(
            "the expression {shown} has `{found}`: App Mesh takes RE2 syntax, which has no look-around; \
             say it with two routes of different priority"
        );
        return Err(BadPattern {
            code: "regex-not-re2",
            message,
        });
    }
    // Alone first: `a)(b` is no expression, but would become one between the parentheses of a full match.
    let whole = format!("^(?:{expression})$");
    build(expression)
        .and_then(|_| build(&whole))
        .map(drop)
        .map_err(|error| BadPattern {
            code: "bad-regex",
            message: format!("the expression {shown} is not one: {}", reason(&error)),
        })
}

fn build(expression: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(expression)
        .unicode(false)
        .size_limit(COMPILED_BYTES)
        .build()
}

/// The last line of regex's report, which is drawn over several.
fn reason(error: &regex::Error) -> String {
    let report = error.to_string();
    let last = report.lines().last().unwrap_or_default();
    last.trim_start_matches("error: ").to_owned()
}

const NOT_IN_RE2: [&str; 4] = ["(?=", "(?!", "(?<=", "(?<!"];
const COMPILED_BYTES: usize = 1 << 20;

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
            assert_eq!(check(expression), Ok(()), "{expression}");
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
            let error = check(expression).expect_err(expression);
            assert_eq!(error.code, code, "{expression}");
            assert!(!error.message.contains('\n'), "{expression}");
        }
    }
}
