//! The protocols that are called, each by a virtual service of its own.

use std::fmt;

use mesh_core::unit::Protocol;

/// A way to call the echo.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Kind {
    /// HTTP/1.1.
    Http1,
    /// HTTP/2.
    Http2,
    /// A gRPC call with one message each way.
    Unary,
    /// A gRPC call that is answered by a stream of messages.
    Streaming,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Http1, Self::Http2, Self::Unary, Self::Streaming];

    /// Its listener: both kinds of gRPC calls share one.
    #[must_use]
    pub const fn port(self) -> u16 {
        match self {
            Self::Http1 => 8081,
            Self::Http2 => 8082,
            Self::Unary | Self::Streaming => 50_051,
        }
    }

    /// What its listener speaks.
    #[must_use]
    pub const fn protocol(self) -> Protocol {
        match self {
            Self::Http1 => Protocol::Http,
            Self::Http2 => Protocol::Http2,
            Self::Unary | Self::Streaming => Protocol::Grpc,
        }
    }

    /// The virtual service, without its port.
    #[must_use]
    pub const fn host(self) -> &'static str {
        match self {
            Self::Http1 => "http1.echo",
            Self::Http2 => "http2.echo",
            Self::Unary | Self::Streaming => "grpc.echo",
        }
    }

    /// Whether its calls are those of a gRPC stub.
    #[must_use]
    pub const fn is_grpc(self) -> bool {
        matches!(self, Self::Unary | Self::Streaming)
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Http1 => "http1",
            Self::Http2 => "http2",
            Self::Unary => "grpc-unary",
            Self::Streaming => "grpc-streaming",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
