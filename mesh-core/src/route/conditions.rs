//! All conditions of one route.

use std::fmt;

use http::{Method, uri::Scheme};

use super::{Head, HeaderCondition, PathCondition, QueryCondition};

/// What a request must be like for a route to take it; all of it must hold.
///
/// # Examples
/// ```
/// use mesh_core::route::{Conditions, Head, PathCondition};
///
/// let conditions = Conditions::any().with_path(PathCondition::Prefix("/api".into()));
/// assert!(conditions.check(&Head::get("http://a/api/v1")).is_ok());
/// let mismatch = conditions.check(&Head::get("http://a/other")).unwrap_err().to_string();
/// assert_eq!(mismatch, "not: path begins with /api");
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Conditions {
    path: PathCondition,
    method: Option<Method>,
    scheme: Option<Scheme>,
    headers: Box<[HeaderCondition]>,
    query: Box<[QueryCondition]>,
    grpc: bool,
}

impl Conditions {
    /// Every request that has a path.
    #[must_use]
    pub fn any() -> Self {
        Self {
            path: PathCondition::any(),
            method: None,
            scheme: None,
            headers: Box::default(),
            query: Box::default(),
            grpc: false,
        }
    }

    /// These conditions with another one on the path.
    #[must_use]
    pub fn with_path(self, path: PathCondition) -> Self {
        Self { path, ..self }
    }

    /// These conditions, of gRPC requests only.
    #[must_use]
    pub fn of_grpc(self) -> Self {
        Self { grpc: true, ..self }
    }

    /// These conditions with another one on the method.
    #[must_use]
    pub fn with_method(self, method: Option<Method>) -> Self {
        Self { method, ..self }
    }

    /// These conditions with another one on the scheme.
    #[must_use]
    pub fn with_scheme(self, scheme: Option<Scheme>) -> Self {
        Self { scheme, ..self }
    }

    /// These conditions with others on the headers.
    #[must_use]
    pub fn with_headers(self, headers: impl IntoIterator<Item = HeaderCondition>) -> Self {
        Self {
            headers: headers.into_iter().collect(),
            ..self
        }
    }

    /// These conditions with others on the query.
    #[must_use]
    pub fn with_query(self, query: impl IntoIterator<Item = QueryCondition>) -> Self {
        Self {
            query: query.into_iter().collect(),
            ..self
        }
    }

    /// Whether they all hold.
    ///
    /// # Errors
    /// The first that does not.
    pub fn check(&self, head: &Head<'_>) -> Result<(), Mismatch<'_>> {
        holds(self.path.matches(head.path()), Mismatch::Path(&self.path))?;
        self.check_beside_path(head)
    }

    /// Whether they all hold of a request whose path leads here: of the path, only an expression is asked once more.
    pub(super) fn complete(&self, head: &Head<'_>) -> bool {
        let path = || match &self.path {
            PathCondition::Regex(pattern) => pattern.is_match(head.path().as_bytes()),
            PathCondition::Prefix(_) | PathCondition::Exact(_) => true,
        };
        self.check_beside_path(head).is_ok() && path()
    }

    fn check_beside_path(&self, head: &Head<'_>) -> Result<(), Mismatch<'_>> {
        if let Some(method) = &self.method {
            holds(method == head.method(), Mismatch::Method(method))?;
        }
        if let Some(scheme) = &self.scheme {
            holds(scheme.as_str() == head.scheme(), Mismatch::Scheme(scheme))?;
        }
        if self.grpc {
            holds(head.is_grpc(), Mismatch::NotGrpc)?;
        }
        for header in &self.headers {
            holds(header.matches(head), Mismatch::Header(header))?;
        }
        for query in &self.query {
            holds(query.matches(head.query()), Mismatch::Query(query))?;
        }
        Ok(())
    }

    pub(super) fn path(&self) -> &PathCondition {
        &self.path
    }

    pub(super) fn headers(&self) -> &[HeaderCondition] {
        &self.headers
    }

    pub(super) fn path_length(&self) -> usize {
        self.path.length()
    }

    /// How many there are beside the one on the path.
    pub(super) fn count(&self) -> usize {
        let single = usize::from(self.method.is_some()) + usize::from(self.scheme.is_some());
        single + usize::from(self.grpc) + self.headers.len() + self.query.len()
    }
}

fn holds<'a>(holds: bool, mismatch: Mismatch<'a>) -> Result<(), Mismatch<'a>> {
    if holds { Ok(()) } else { Err(mismatch) }
}

/// All of them in words, as a route with these conditions asks.
impl fmt::Display for Conditions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.path.fmt(f)?;
        if let Some(method) = &self.method {
            write!(f, ", method is {method}")?;
        }
        if let Some(scheme) = &self.scheme {
            write!(f, ", scheme is {scheme}")?;
        }
        if self.grpc {
            f.write_str(", content-type is application/grpc")?;
        }
        for header in &self.headers {
            write!(f, ", {header}")?;
        }
        for query in &self.query {
            write!(f, ", {query}")?;
        }
        Ok(())
    }
}

/// The condition that kept a route from taking a request.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Mismatch<'a> {
    /// The one on the path.
    Path(&'a PathCondition),
    /// The one on the method.
    Method(&'a Method),
    /// The one on the scheme.
    Scheme(&'a Scheme),
    /// The one that asks for gRPC.
    NotGrpc,
    /// One on a header.
    Header(&'a HeaderCondition),
    /// One on a query parameter.
    Query(&'a QueryCondition),
}

impl fmt::Display for Mismatch<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not: ")?;
        match self {
            Self::Path(path) => path.fmt(f),
            Self::Method(method) => write!(f, "method is {method}"),
            Self::Scheme(scheme) => write!(f, "scheme is {scheme}"),
            Self::NotGrpc => f.write_str("content-type is application/grpc"),
            Self::Header(header) => header.fmt(f),
            Self::Query(query) => query.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::route::{HeaderSource, ValueCondition};

    #[test]
    fn all_conditions_must_hold_and_the_first_that_does_not_is_told() {
        let canary = HeaderSource::Header(http::HeaderName::from_static("x-canary"));
        let conditions = Conditions::any()
            .with_path(PathCondition::Prefix("/a".into()))
            .with_method(Some(Method::GET))
            .with_scheme(Some(Scheme::HTTP))
            .with_headers([HeaderCondition::value(
                canary,
                ValueCondition::Exact("1".into()),
            )])
            .with_query([QueryCondition::present("k")]);
        let good = Head::get("http://h/a?k").header("x-canary", "1");
        assert_eq!(conditions.check(&good), Ok(()));
        let rows = [
            (
                Head::get("http://h/b?k").header("x-canary", "1"),
                "not: path begins with /a",
            ),
            (
                Head::post("http://h/a?k").header("x-canary", "1"),
                "not: method is GET",
            ),
            (
                Head::get("https://h/a?k").header("x-canary", "1"),
                "not: scheme is http",
            ),
            (Head::get("http://h/a?k"), "not: header x-canary is \"1\""),
            (
                Head::get("http://h/a").header("x-canary", "1"),
                "not: query parameter k is present",
            ),
        ];
        for (head, told) in rows {
            assert_eq!(conditions.check(&head).unwrap_err().to_string(), told);
        }
    }
}
