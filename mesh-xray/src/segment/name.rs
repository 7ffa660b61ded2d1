//! [`Name`]: what a segment is called on the service map.

use std::fmt;
use std::sync::Arc;

/// The name of a service, as X-Ray allows it.
///
/// Made once, where the service is configured; cloning it is cheap. A caller names the service it calls exactly as that
/// service names itself, or the map shows it twice.
///
/// # Shape
/// `colors/blue`: 1 to 200 letters, digits, spaces and `_ . : / % & # = + - @`. Any other character becomes `-`, what is
/// too long is cut, and an empty name becomes `unnamed`. A letter is what Unicode calls alphabetic, which takes in the
/// vowel signs of some scripts that X-Ray's own pattern leaves out.
///
/// # Source
/// X-Ray developer guide, "Segment documents", field `name`; the published schema has no backslash. Differs from Envoy,
/// which sends any name.
///
/// # Examples
/// ```
/// use mesh_xray::segment::Name;
///
/// assert_eq!(Name::new("colors/blue").as_str(), "colors/blue");
/// assert_eq!(Name::new("blue (new)").as_str(), "blue -new-");
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Name(Arc<str>);

impl Name {
    /// Makes a name of any text.
    #[must_use]
    pub fn new(text: &str) -> Self {
        if text.is_empty() {
            return Self("unnamed".into());
        }
        let allowed = |c| if is_allowed(c) { c } else { '-' };
        Self(
            text.chars()
                .take(Self::MAX_CHARS)
                .map(allowed)
                .collect::<String>()
                .into(),
        )
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    const MAX_CHARS: usize = 200;
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Name({self})")
    }
}

fn is_allowed(c: char) -> bool {
    let space = c.is_whitespace() && !c.is_control();
    c.is_alphanumeric() || space || "_.:/%&#=+-@".contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_x_ray_does_not_allow_becomes_a_dash() {
        let cases = [
            ("colors/blue", "colors/blue"),
            ("a_b.c:d/e%f&g#h=i+j-k@l 9", "a_b.c:d/e%f&g#h=i+j-k@l 9"),
            (
                "gr\u{f6}\u{df}e \u{4e2d} \u{661}",
                "gr\u{f6}\u{df}e \u{4e2d} \u{661}",
            ),
            (
                "a,b|c[d]e\"f(g)h?i;j*k!l$m~n^o<p>q\\r",
                "a-b-c-d-e-f-g-h-i-j-k-l-m-n-o-p-q-r",
            ),
            ("a\tb\nc\0d\u{7f}e\u{85}f", "a-b-c-d-e-f"),
            ("", "unnamed"),
        ];
        for (text, want) in cases {
            assert_eq!(Name::new(text).as_str(), want, "{text:?}");
        }
    }

    #[test]
    fn a_name_is_cut_at_200_characters() {
        for letter in ["x", "\u{f6}", "\u{20000}"] {
            let name = Name::new(&letter.repeat(201));
            assert_eq!(name.as_str(), letter.repeat(200));
        }
    }
}
