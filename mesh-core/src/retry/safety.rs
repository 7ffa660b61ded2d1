//! Which requests do no harm when they are sent twice.

use http::Method;

/// Whether a request may reach an application twice.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Safety {
    /// Twice is as good as once.
    Idempotent,
    /// Twice may be once too often: POST, PATCH, methods nobody knows, and every gRPC call.
    Unsafe,
}

impl Safety {
    /// What the method promises; a gRPC call is a POST that promises nothing.
    ///
    /// # Source
    /// RFC 9110, section 9.2.2.
    ///
    /// # Examples
    /// ```
    /// use http::Method;
    /// use mesh_core::retry::Safety;
    ///
    /// assert_eq!(Safety::of(&Method::PUT, false), Safety::Idempotent);
    /// assert_eq!(Safety::of(&Method::POST, false), Safety::Unsafe);
    /// ```
    #[must_use]
    pub fn of(method: &Method, is_grpc: bool) -> Self {
        if IDEMPOTENT.contains(method) && !is_grpc {
            Self::Idempotent
        } else {
            Self::Unsafe
        }
    }
}

const IDEMPOTENT: [Method; 6] = [
    Method::GET,
    Method::HEAD,
    Method::OPTIONS,
    Method::TRACE,
    Method::PUT,
    Method::DELETE,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_methods_and_grpc_are_unsafe() {
        let purge = Method::from_bytes(b"PURGE").unwrap();
        for method in [Method::POST, Method::PATCH, Method::CONNECT, purge] {
            assert_eq!(Safety::of(&method, false), Safety::Unsafe, "{method}");
        }
        for method in IDEMPOTENT {
            assert_eq!(Safety::of(&method, false), Safety::Idempotent, "{method}");
            assert_eq!(
                Safety::of(&method, true),
                Safety::Unsafe,
                "gRPC by {method}"
            );
        }
    }
}
