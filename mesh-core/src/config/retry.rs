//! Retry policies, as written.

use std::time::Duration;

/// When a failed attempt is tried again, and how often.
///
/// # Source
/// App Mesh API model, `HttpRetryPolicy` and `GrpcRetryPolicy`: all three members are required, and at least one event.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct RetryPolicy {
    /// Attempts after the first; 0 is really none.
    pub max_retries: u32,
    /// How long each attempt may take, the first one too. Zero: no limit.
    pub per_retry_timeout: Duration,
    /// Which answers are tried again.
    pub http_events: Vec<HttpRetryEvent>,
    /// Which failed connections are tried again.
    pub tcp_events: Vec<TcpRetryEvent>,
    /// Which gRPC statuses are tried again.
    pub grpc_events: Vec<GrpcRetryEvent>,
}

impl RetryPolicy {
    /// Begins a policy; without an event it is refused where it is used.
    ///
    /// # Units
    /// `max_retries` counts the attempts after the first. `per_retry_timeout` limits each attempt, the first one too;
    /// zero: no limit.
    #[must_use]
    pub const fn new(max_retries: u32, per_retry_timeout: Duration) -> Self {
        Self {
            max_retries,
            per_retry_timeout,
            http_events: Vec::new(),
            tcp_events: Vec::new(),
            grpc_events: Vec::new(),
        }
    }

    /// Tries such answers again.
    #[must_use]
    pub fn on(mut self, event: HttpRetryEvent) -> Self {
        self.http_events.push(event);
        self
    }

    /// Tries such failures of the connection again.
    #[must_use]
    pub fn on_tcp(mut self, event: TcpRetryEvent) -> Self {
        self.tcp_events.push(event);
        self
    }

    /// Tries such gRPC statuses again.
    #[must_use]
    pub fn on_grpc(mut self, event: GrpcRetryEvent) -> Self {
        self.grpc_events.push(event);
        self
    }

    /// Whether nothing is tried again.
    pub(crate) const fn has_no_event(&self) -> bool {
        let http = self.http_events.is_empty() && self.tcp_events.is_empty();
        http && self.grpc_events.is_empty()
    }
}

/// A group of answers, or of missing answers.
///
/// # Source
/// App Mesh user guide, "Routes"; the status lists are those of the Envoy configuration that App Mesh emitted.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum HttpRetryEvent {
    /// 500 to 508, 510, 511, and no answer at all (reset, failed connect, per-try limit).
    ServerError,
    /// 502, 503, 504, and no answer at all.
    GatewayError,
    /// 409.
    ClientError,
    /// The peer refused the stream before it looked at it.
    StreamError,
}

/// A group of connection failures.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum TcpRetryEvent {
    /// The connection was refused, or not made in time.
    ConnectionError,
}

/// A gRPC status.
///
/// # Source
/// App Mesh API model, `GrpcRetryPolicyEvent`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum GrpcRetryEvent {
    /// `CANCELLED`, 1.
    Cancelled,
    /// `DEADLINE_EXCEEDED`, 4.
    DeadlineExceeded,
    /// `INTERNAL`, 13.
    Internal,
    /// `RESOURCE_EXHAUSTED`, 8.
    ResourceExhausted,
    /// `UNAVAILABLE`, 14.
    Unavailable,
}
