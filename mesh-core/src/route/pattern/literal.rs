//! Texts that whatever an expression matches must contain.

use regex_syntax::hir::{Hir, HirKind};

/// The texts between the parts of an expression that may vary; none if it is an alternative of several.
///
/// # Examples
/// `/v[0-9]+/orders/.*` has `/v` and `/orders/`.
pub(super) fn required(expression: &Hir) -> Box<[Box<[u8]>]> {
    let mut found = Vec::new();
    collect(expression, &mut found);
    found.into()
}

/// Goes no deeper than the parser, which stops at 250 parentheses.
fn collect(expression: &Hir, found: &mut Vec<Box<[u8]>>) {
    match expression.kind() {
        HirKind::Literal(literal) => found.push(literal.0.clone()),
        HirKind::Capture(capture) => collect(&capture.sub, found),
        HirKind::Repetition(repeated) if repeated.min > 0 => collect(&repeated.sub, found),
        HirKind::Concat(parts) => parts.iter().for_each(|part| collect(part, found)),
        // What is zero-width, one of several bytes, absent or one of several expressions is no text that must be there.
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::re2::Expression;

    #[test]
    fn only_what_every_match_contains_is_required() {
        let rows: [(&str, &[&str]); 19] = [
            ("/v[0-9]+/orders/.*", &["/v", "/orders/"]),
            ("/orders", &["/orders"]),
            ("^/orders$", &["/orders"]),
            ("/a|/b", &[]),
            ("/a/(b|c)/d", &["/a/", "/d"]),
            ("/a/(b/c)/d", &["/a/", "b/c", "/d"]),
            ("/ab?", &["/a"]),
            ("/ab*", &["/a"]),
            ("/ab+c", &["/a", "b", "c"]),
            ("/a(b+)*c", &["/a", "c"]),
            ("/ab{0,2}", &["/a"]),
            ("/ab{2}", &["/a", "b"]),
            (r"/a\.b", &["/a.b"]),
            ("/[ab]c", &["/", "c"]),
            ("(?i)/ab", &["/"]),
            ("/a b # c", &["/a b # c"]),
            (r"/\Qa|b\E", &["/a|b"]),
            ("/[a&&b]c", &["/", "c"]),
            (".*", &[]),
        ];
        for (pattern, expected) in rows {
            let found = required(Expression::new(pattern).unwrap().parsed());
            let found: Vec<_> = found
                .iter()
                .map(|literal| str::from_utf8(literal).unwrap())
                .collect();
            assert_eq!(found, expected, "{pattern}");
        }
    }
}
