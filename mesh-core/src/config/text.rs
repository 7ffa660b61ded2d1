//! Texts of bounded length, as App Mesh's model bounds them.

use std::fmt;

use thiserror::Error;

/// A text that is shorter or longer than App Mesh allows.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[error("a {what} has 1 to {max} characters, this one has {length}")]
#[non_exhaustive]
pub struct InvalidText {
    /// What the text was to be.
    pub what: &'static str,
    /// The most characters it may have.
    pub max: usize,
    /// How many it has.
    pub length: usize,
}

macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident = $what:literal, $max:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub struct $name(String);

        impl $name {
            /// Takes a text.
            ///
            /// # Errors
            /// [`InvalidText`] if it is empty or too long.
            pub fn new(text: impl Into<String>) -> Result<Self, InvalidText> {
                let text = text.into();
                let length = text.chars().count();
                match (1..=$max).contains(&length) {
                    true => Ok(Self(text)),
                    false => Err(InvalidText { what: $what, max: $max, length }),
                }
            }

            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

texts! {
    /// The path of a file that a node reads or writes.
    ///
    /// # Source
    /// App Mesh API model, `FilePath`: 1 to 255 characters.
    FilePath = "file path", 255;
    /// The name under which a secret discovery service keeps a certificate or a bundle, as `spiffe://example.org/orders`.
    ///
    /// # Source
    /// App Mesh API model, `SdsSecretName`, which has no limits; SPIFFE IDs have 2,048 bytes.
    SecretName = "secret name", 2048;
    /// The ARN of a certificate, or of a certificate authority.
    ///
    /// # Source
    /// App Mesh API model, `Arn`, which has no limits; AWS's own are below 2,048 characters.
    Arn = "ARN", 2048;
    /// A name that a certificate has to bear: a DNS name or a URI.
    ///
    /// # Source
    /// App Mesh API model, `SubjectAlternativeName`: 1 to 254 characters.
    SubjectAlternativeName = "subject alternative name", 254;
    /// A line of an access log as Envoy's format strings write it.
    ///
    /// # Source
    /// App Mesh API model, `TextFormat`: 1 to 1,000 characters.
    TextFormat = "log format", 1000;
    /// A key of a JSON access log, or the format string of its value.
    ///
    /// # Source
    /// App Mesh API model, `JsonKey` and `JsonValue`: 1 to 100 characters.
    JsonText = "key or value of a JSON log", 100;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_hold_at_both_ends() {
        for (length, good) in [(0, false), (1, true), (255, true), (256, false)] {
            assert_eq!(FilePath::new("é".repeat(length)).is_ok(), good, "{length}");
        }
        let error = SubjectAlternativeName::new("").unwrap_err();
        assert_eq!(
            error.to_string(),
            "a subject alternative name has 1 to 254 characters, this one has 0"
        );
    }
}
