//! The part of a URI that a client's requests have in common.

use http::{
    Uri,
    uri::{Authority, PathAndQuery, Scheme},
};

use crate::error::Error;

/// The virtual service that a client's requests go to when they name none.
#[derive(Clone, Debug)]
pub(crate) struct Origin(Authority);

impl Origin {
    /// Reads `NAME`, `NAME:PORT` or `http://NAME:PORT`.
    pub(crate) fn parse(name: &str) -> Result<Self, Error> {
        let authority = name
            .strip_prefix("http://")
            .unwrap_or(name)
            .trim_end_matches('/');
        match authority.parse::<Authority>() {
            Ok(authority) if !authority.host().is_empty() => Ok(Self(authority)),
            _ => Err(Error::setup(format!(
                "{name:?} is no virtual service: write NAME or NAME:PORT"
            ))),
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        self.0.as_str()
    }

    pub(crate) fn host(&self) -> &str {
        self.0.host()
    }

    /// The URI of a request for the root.
    pub(crate) fn root(&self) -> Uri {
        let mut uri = Uri::default();
        self.complete(&mut uri);
        uri
    }

    /// Writes the origin into a URI that has only a path.
    pub(crate) fn complete(&self, uri: &mut Uri) {
        if uri.authority().is_some() {
            return;
        }
        let mut parts = std::mem::take(uri).into_parts();
        parts.scheme = Some(Scheme::HTTP);
        parts.authority = Some(self.0.clone());
        parts
            .path_and_query
            .get_or_insert(PathAndQuery::from_static("/"));
        // Three parts that were each valid are valid together.
        *uri = Uri::from_parts(parts).unwrap_or_default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_completes_what_has_only_a_path() {
        let origin = Origin::parse("b.mesh:8080").expect("a virtual service");
        for (uri, want) in [
            ("/x?k=v", "http://b.mesh:8080/x?k=v"),
            ("/", "http://b.mesh:8080/"),
            ("http://other:1/x", "http://other:1/x"),
        ] {
            let mut uri: Uri = uri.parse().expect("a URI");
            origin.complete(&mut uri);
            assert_eq!(uri.to_string(), want);
        }
    }

    #[test]
    fn what_is_no_authority_is_refused() {
        for name in ["", "http://", "a b", "a/b"] {
            assert!(Origin::parse(name).is_err(), "{name:?}");
        }
    }
}
