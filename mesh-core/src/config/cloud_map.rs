//! Attributes by which instances of an AWS Cloud Map service are chosen.

use std::fmt;

use thiserror::Error;

use super::InvalidText;

/// A key or value that no instance in AWS Cloud Map may bear.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum InvalidAttribute {
    /// It is shorter or longer than is allowed.
    #[error(transparent)]
    Length(#[from] InvalidText),
    /// It has a character that is not allowed there.
    #[error("a {what} is written in {allowed}, and this one has {found:?}")]
    #[non_exhaustive]
    Character {
        /// What the text was to be.
        what: &'static str,
        /// What it may hold.
        allowed: &'static str,
        /// The first character that is something else.
        found: char,
    },
}

/// The key of an attribute.
///
/// # Source
/// App Mesh API model, `AwsCloudMapInstanceAttributeKey`: 1 to 255 visible characters of ASCII.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct AttributeKey(String);

impl AttributeKey {
    /// Takes a key.
    ///
    /// # Errors
    /// [`InvalidAttribute`] if it is empty, too long, or holds anything but visible ASCII.
    pub fn new(key: impl Into<String>) -> Result<Self, InvalidAttribute> {
        let key = key.into();
        let what = "Cloud Map attribute's key";
        sized(what, &key, 255)?;
        let allowed = "ASCII without white space";
        let mut chars = key.chars();
        match chars.find(|c| !c.is_ascii_graphic()) {
            Some(found) => Err(InvalidAttribute::Character {
                what,
                allowed,
                found,
            }),
            None => Ok(Self(key)),
        }
    }

    /// The key as a text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The value that an attribute has to have.
///
/// # Source
/// App Mesh API model, `AwsCloudMapInstanceAttributeValue`: 1 to 1,024 visible characters of ASCII, and between and after them
/// blanks and tabs.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct AttributeValue(String);

impl AttributeValue {
    /// Takes a value.
    ///
    /// # Errors
    /// [`InvalidAttribute`] if it is empty, too long, begins with white space, or holds anything but ASCII on one line.
    pub fn new(value: impl Into<String>) -> Result<Self, InvalidAttribute> {
        let value = value.into();
        let what = "Cloud Map attribute's value";
        sized(what, &value, 1024)?;
        let allowed = "ASCII on one line that begins with no white space";
        let blank = |c: char| matches!(c, ' ' | '\t');
        let mut chars = value.chars().enumerate();
        match chars.find(|(n, c)| !(c.is_ascii_graphic() || *n > 0 && blank(*c))) {
            Some((_, found)) => Err(InvalidAttribute::Character {
                what,
                allowed,
                found,
            }),
            None => Ok(Self(value)),
        }
    }

    /// The value as a text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn sized(what: &'static str, text: &str, max: usize) -> Result<(), InvalidText> {
    let length = text.chars().count();
    match (1..=max).contains(&length) {
        true => Ok(()),
        false => Err(InvalidText { what, max, length }),
    }
}

impl fmt::Display for AttributeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for AttributeValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_values_hold_what_the_api_lets_them_hold() {
        let long = |length| "x".repeat(length);
        for (text, key, value) in [
            ("stage", true, true),
            ("!~", true, true),
            ("", false, false),
            ("a b\tc ", false, true),
            (" a", false, false),
            ("a\nb", false, false),
            ("größe", false, false),
            (&long(255), true, true),
            (&long(256), false, true),
            (&long(1024), false, true),
            (&long(1025), false, false),
        ] {
            assert_eq!(AttributeKey::new(text).is_ok(), key, "{text:?}");
            assert_eq!(AttributeValue::new(text).is_ok(), value, "{text:?}");
        }
        let error = AttributeKey::new("a b").unwrap_err();
        assert_eq!(
            error.to_string(),
            "a Cloud Map attribute's key is written in ASCII without white space, and this one has ' '"
        );
    }
}
