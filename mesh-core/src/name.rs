//! Names of mesh resources: strings that were checked once, cheap to clone.

use std::{borrow::Borrow, fmt, str::FromStr, sync::Arc};

use thiserror::Error;

/// A name that App Mesh would not have taken.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum InvalidName {
    /// Nothing was written.
    #[error("a {kind} name must not be empty")]
    Empty {
        /// Which kind of resource was to be named.
        kind: &'static str,
    },
    /// More than 255 characters.
    #[error("a {kind} name has at most {MAX_LENGTH} characters, this one has {length}")]
    TooLong {
        /// Which kind of resource was to be named.
        kind: &'static str,
        /// How many characters were found.
        length: usize,
    },
    /// A control character or white space.
    #[error("a {kind} name has neither white space nor control characters, this one has {found:?}")]
    Character {
        /// Which kind of resource was to be named.
        kind: &'static str,
        /// The first character that does not belong.
        found: char,
    },
}

macro_rules! names {
    ($($(#[$doc:meta])* $name:ident = $kind:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Takes a name that follows App Mesh's rule for it.
            ///
            /// # Errors
            /// [`InvalidName`] if it is empty, longer than 255 characters, or has white space or control characters.
            ///
            /// # Source
            /// App Mesh API model, shapes `ResourceName` and `ServiceName`. The model has no pattern; white space is
            /// refused here because no such name can be called or written into a header.
            pub fn new(name: &str) -> Result<Self, InvalidName> {
                check($kind, name).map(|()| Self(Arc::from(name)))
            }

            /// The name as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.0, f)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = InvalidName;

            fn from_str(name: &str) -> Result<Self, InvalidName> {
                Self::new(name)
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }
    )*};
}

names! {
    /// The name of a mesh.
    MeshName = "mesh";
    /// The name of a virtual node.
    VirtualNodeName = "virtual node";
    /// The name of a virtual service: the authority its callers write.
    VirtualServiceName = "virtual service";
    /// The name of a virtual router.
    VirtualRouterName = "virtual router";
    /// The name of a route, unique in its router.
    RouteName = "route";
    /// The name of a virtual gateway.
    VirtualGatewayName = "virtual gateway";
    /// The name of a gateway route, unique in its gateway.
    GatewayRouteName = "gateway route";
}

fn check(kind: &'static str, name: &str) -> Result<(), InvalidName> {
    let length = name.chars().count();
    if length == 0 {
        return Err(InvalidName::Empty { kind });
    }
    if length > MAX_LENGTH {
        return Err(InvalidName::TooLong { kind, length });
    }
    match name.chars().find(|c| c.is_whitespace() || c.is_control()) {
        Some(found) => Err(InvalidName::Character { kind, found }),
        None => Ok(()),
    }
}

const MAX_LENGTH: usize = 255;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_model_at_both_ends() {
        assert!(VirtualNodeName::new(&"n".repeat(255)).is_ok());
        assert_eq!(
            VirtualNodeName::new(&"n".repeat(256)),
            Err(InvalidName::TooLong {
                kind: "virtual node",
                length: 256
            })
        );
        assert_eq!(MeshName::new(""), Err(InvalidName::Empty { kind: "mesh" }));
        assert_eq!(
            RouteName::new("a b"),
            Err(InvalidName::Character {
                kind: "route",
                found: ' '
            })
        );
    }
}
