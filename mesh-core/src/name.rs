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
    /// More characters than there may be.
    #[error("a {kind} name has at most {max} characters, this one has {length}")]
    TooLong {
        /// Which kind of resource was to be named.
        kind: &'static str,
        /// How many there may be.
        max: usize,
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
    ($($(#[$doc:meta])* $name:ident = $kind:literal, $max:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Takes a name that follows App Mesh's rule for it.
            ///
            /// # Errors
            #[doc = concat!(
                "[`InvalidName`] if it is empty, longer than ", stringify!($max), " characters, or has white space or control ",
                "characters."
            )]
            ///
            /// # Source
            /// App Mesh API model, shapes `ResourceName` (1 to 255 characters) and, of a virtual service, `ServiceName`, which
            /// bounds nothing: that bound is this library's own. The model has no pattern; white space is refused here because
            /// no such name can be called or written into a header.
            pub fn new(name: &str) -> Result<Self, InvalidName> {
                check($kind, $max, name).map(|()| Self(Arc::from(name)))
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
    MeshName = "mesh", 255;
    /// The name of a virtual node.
    VirtualNodeName = "virtual node", 255;
    /// The name of a virtual service: the authority its callers write.
    VirtualServiceName = "virtual service", 1024;
    /// The name of a virtual router.
    VirtualRouterName = "virtual router", 255;
    /// The name of a route, unique in its router.
    RouteName = "route", 255;
    /// The name of a virtual gateway.
    VirtualGatewayName = "virtual gateway", 255;
    /// The name of a gateway route, unique in its gateway.
    GatewayRouteName = "gateway route", 255;
}

fn check(kind: &'static str, max: usize, name: &str) -> Result<(), InvalidName> {
    let length = name.chars().count();
    if length == 0 {
        return Err(InvalidName::Empty { kind });
    }
    if length > max {
        return Err(InvalidName::TooLong { kind, max, length });
    }
    match name.chars().find(|c| c.is_whitespace() || c.is_control()) {
        Some(found) => Err(InvalidName::Character { kind, found }),
        None => Ok(()),
    }
}

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
                max: 255,
                length: 256
            })
        );
        assert!(VirtualServiceName::new(&"s".repeat(1024)).is_ok());
        let error = VirtualServiceName::new(&"s".repeat(1025)).unwrap_err();
        assert!(
            error.to_string().contains("at most 1024 characters"),
            "{error}"
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
