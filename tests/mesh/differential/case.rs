//! A request, the policy it is sent under, and what its upstream does.

use std::time::Duration;

use http::Method;
use mesh_core::unit::Protocol;

use super::script::Step;

/// App Mesh's default: no time limit of one's own, and the retry policy that every account had.
#[derive(Clone, Debug)]
pub(super) struct Case {
    pub(super) protocol: Protocol,
    pub(super) method: Method,
    /// In place of the case's own.
    pub(super) host: Option<String>,
    pub(super) outside: bool,
    /// Bytes of the request's body.
    pub(super) body: usize,
    /// Whether nothing comes after them, not even the body's end.
    pub(super) stalls: bool,
    /// Lines of the request's head beyond what every request has.
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) retry: Option<Retry>,
    pub(super) per_request: Option<Duration>,
    pub(super) idle: Option<Duration>,
    pub(super) script: Vec<Step>,
    /// What further endpoints of the target do.
    pub(super) others: Vec<Vec<Step>>,
    pub(super) outlier: Option<Outlier>,
    pub(super) pool: Option<Pool>,
}

/// Outlier detection, as App Mesh has it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Outlier {
    pub(super) errors: u32,
    pub(super) interval: Duration,
    pub(super) base: Duration,
    pub(super) percent: u32,
}

/// How much a listener lets into its application: connections and who waits for one, or requests.
#[derive(Clone, Copy, Debug)]
pub(super) enum Pool {
    Http(u32, Option<u32>),
    Requests(u32),
}

/// A retry policy, as App Mesh has it.
#[derive(Clone, Debug)]
pub(super) struct Retry {
    pub(super) events: Vec<&'static str>,
    pub(super) max_retries: u32,
    pub(super) per_try: Duration,
}

impl Retry {
    pub(super) fn on(events: &[&'static str], max_retries: u32) -> Self {
        Self {
            events: events.to_vec(),
            max_retries,
            per_try: LONG,
        }
    }

    pub(super) fn each(self, per_try: Duration) -> Self {
        Self { per_try, ..self }
    }
}

impl Case {
    /// A GET, or for gRPC a call with an empty message.
    pub(super) fn new(protocol: Protocol, script: &[Step]) -> Self {
        let grpc = protocol == Protocol::Grpc;
        Self {
            protocol,
            method: if grpc { Method::POST } else { Method::GET },
            host: None,
            outside: false,
            body: if grpc { 5 } else { 0 },
            stalls: false,
            headers: Vec::new(),
            retry: None,
            per_request: None,
            idle: None,
            script: script.to_vec(),
            others: Vec::new(),
            outlier: None,
            pool: None,
        }
    }

    pub(super) fn retry(self, retry: Retry) -> Self {
        Self {
            retry: Some(retry),
            ..self
        }
    }

    pub(super) fn per_request(self, limit: Duration) -> Self {
        Self {
            per_request: Some(limit),
            ..self
        }
    }

    pub(super) fn idle(self, limit: Duration) -> Self {
        Self {
            idle: Some(limit),
            ..self
        }
    }

    pub(super) fn method(self, method: Method, body: usize) -> Self {
        Self {
            method,
            body,
            ..self
        }
    }

    pub(super) fn host(self, host: impl Into<String>) -> Self {
        Self {
            host: Some(host.into()),
            ..self
        }
    }

    pub(super) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// To a host of which the mesh knows nothing, and which it lets be called.
    pub(super) fn outside(self) -> Self {
        Self {
            outside: true,
            ..self
        }
    }

    pub(super) fn stalls(self) -> Self {
        Self {
            stalls: true,
            ..self
        }
    }

    pub(super) fn pool(self, pool: Pool) -> Self {
        Self {
            pool: Some(pool),
            ..self
        }
    }

    pub(super) fn is_grpc(&self) -> bool {
        self.protocol == Protocol::Grpc
    }
}

/// The events of each kind that a policy may name.
pub(super) const HTTP_EVENTS: [&str; 4] = [
    "server-error",
    "gateway-error",
    "client-error",
    "stream-error",
];
pub(super) const TCP_EVENT: &str = "connection-error";
pub(super) const GRPC_EVENTS: [&str; 5] = [
    "cancelled",
    "deadline-exceeded",
    "internal",
    "resource-exhausted",
    "unavailable",
];

/// A limit that nothing should reach.
pub(super) const LONG: Duration = Duration::from_secs(12);
