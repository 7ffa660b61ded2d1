//! The one error of the facade: what went wrong, whose turn it is, and where.

use std::{error::Error as StdError, fmt, io, net::SocketAddr, time::Duration};

use http::StatusCode;
use mesh_core::{
    compile::CompileError,
    error::ConfigErrors,
    metric::{Flag, Outcome},
    name::{VirtualNodeName, VirtualServiceName},
    route::NoRoute,
};
use thiserror::Error as ThisError;

use crate::connect;

/// Why the mesh could not start, or could not answer a call.
///
/// [`kind`](Self::kind) says whose turn it is; [`flag`](Self::flag) is the reason in Envoy's letters, the same that the call's
/// record carries. `Debug` is the readable report, because that is what `main` prints.
///
/// # Examples
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use mesh_tower::{ErrorKind, Mesh};
///
/// let error = Mesh::builder().app_mesh_file("no-such-file.yaml").start().await.unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::Config);
/// assert!(error.to_string().contains("no-such-file.yaml"));
/// # });
/// ```
pub struct Error(Box<Failure>);

struct Failure {
    cause: Cause,
    place: Place,
    attempts: u32,
    /// Whether no attempt got as far as the peer's application.
    unsent: bool,
}

/// Whose turn it is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The configuration cannot be read, is wrong, or does not fit this node.
    Config,
    /// A listener could not be bound, or its port cannot be served.
    Bind,
    /// No route takes the request: the caller's host or path, or the mesh's backends and routes.
    NoRoute,
    /// The target has no endpoint, or none that could be connected to.
    Unavailable,
    /// A limit of this process was reached and the request shed.
    Overflow,
    /// A time limit passed.
    Timeout,
    /// The peer broke the connection or the protocol.
    Upstream,
    /// The peer answered with a status that the caller asked to treat as an error.
    Status,
    /// A body could not be read.
    Body,
    /// The request cannot be sent as it is.
    Request,
    /// The mesh is stopping.
    Stopping,
}

/// Where in the mesh a call was when it failed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Place {
    pub(crate) virtual_service: Option<VirtualServiceName>,
    pub(crate) virtual_node: Option<VirtualNodeName>,
    pub(crate) endpoint: Option<SocketAddr>,
}

/// The leaves.
#[derive(Debug, ThisError)]
pub(crate) enum Cause {
    #[error("the configuration is not valid")]
    Config(#[source] ConfigErrors),
    #[error("the configuration does not fit this node")]
    Compile(#[source] CompileError),
    #[error("{0}")]
    Setup(String),
    #[error("no configuration comes from {name}")]
    Source {
        name: String,
        #[source]
        source: Box<dyn StdError + Send + Sync>,
    },
    #[error("cannot listen on {addr}")]
    Bind {
        addr: SocketAddr,
        #[source]
        source: io::Error,
    },
    #[error("no route")]
    NoRoute(#[source] NoRoute),
    #[error("virtual node {node} has no such backend{}", meant(.nearest))]
    NotABackend {
        #[source]
        reason: NoRoute,
        nearest: Option<VirtualServiceName>,
        node: VirtualNodeName,
    },
    #[error("no endpoint is known")]
    NoEndpoint,
    #[error(
        "{endpoint} is no endpoint of virtual node {node:?} that is known here; known are {known:?}"
    )]
    UnknownEndpoint {
        node: String,
        endpoint: SocketAddr,
        known: Vec<SocketAddr>,
    },
    #[error("no connection could be made")]
    Connect(#[source] ConnectError),
    #[error("the limit is reached, and {waiting} requests wait already")]
    Overflow { waiting: usize },
    #[error("{most} hosts outside of the mesh are being called already")]
    TooManyHosts { most: usize },
    #[error("no complete answer within {limit:?}")]
    RequestTimeout { limit: Duration },
    #[error("no complete answer by the caller's deadline")]
    Deadline,
    #[error("no answer to an attempt within {limit:?}")]
    PerTryTimeout { limit: Duration },
    #[error("{missing}, within {limit:?}")]
    NotReady { limit: Duration, missing: String },
    #[error("nothing moved for {limit:?}")]
    Idle { limit: Duration, sent: bool },
    #[error("the connection broke ({outcome:?})")]
    Upstream {
        outcome: Outcome,
        #[source]
        source: hyper::Error,
    },
    #[error(
        "the peer ended the stream in the middle of its response, as if it had come to the end"
    )]
    Torn,
    #[error("answered {0}")]
    Status(StatusCode),
    #[error("the body could not be read")]
    Body(#[source] Box<dyn StdError + Send + Sync>),
    #[error("the request cannot be sent: {0}")]
    Request(String),
    #[error("the mesh is stopping")]
    Stopping,
}

fn meant(nearest: &Option<VirtualServiceName>) -> String {
    nearest
        .as_ref()
        .map_or_else(String::new, |name| format!("; did you mean {name}?"))
}

/// Why a connection could not be made.
#[derive(Debug, ThisError)]
pub(crate) enum ConnectError {
    #[error("not connected within {0:?}")]
    Elapsed(Duration),
    #[error("connect failed")]
    Io(#[source] io::Error),
    #[error("the handshake failed")]
    Handshake(#[source] hyper::Error),
    #[error("the peer closed before its settings came")]
    Closed,
    #[error("the peer takes no streams")]
    NoStreams,
    #[error("{failures} connects have failed in a row, the last one so: {last}")]
    StillFailing {
        failures: u32,
        last: std::sync::Arc<str>,
        elapsed: bool,
    },
}

impl ConnectError {
    /// Whether there was no answer in time, when it was last tried.
    pub(crate) fn is_elapsed(&self) -> bool {
        matches!(
            self,
            Self::Elapsed(_) | Self::StillFailing { elapsed: true, .. }
        )
    }
}

impl Error {
    pub(crate) fn new(cause: Cause) -> Self {
        Self(Box::new(Failure {
            cause,
            place: Place::default(),
            attempts: 0,
            unsent: false,
        }))
    }

    pub(crate) fn setup(sentence: impl Into<String>) -> Self {
        Self::new(Cause::Setup(sentence.into()))
    }

    pub(crate) fn at(mut self, place: Place) -> Self {
        self.0.place = place;
        self
    }

    /// Ends a call for which so many attempts were made; `unsent` says that none of them is known to have arrived.
    pub(crate) fn after(mut self, attempts: u32, unsent: bool) -> Self {
        (self.0.attempts, self.0.unsent) = (attempts, unsent);
        self
    }

    pub(crate) fn cause(&self) -> &Cause {
        &self.0.cause
    }

    /// How the attempt that failed so ended; `None` where another attempt could change nothing.
    pub(crate) fn outcome(&self) -> Option<Outcome> {
        match &self.0.cause {
            Cause::Connect(_) => Some(Outcome::ConnectFailed),
            Cause::PerTryTimeout { .. } => Some(Outcome::PerTryTimeout),
            Cause::Upstream { outcome, .. } => Some(*outcome),
            _ => None,
        }
    }

    /// Whose turn it is.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match &self.0.cause {
            Cause::Config(_) | Cause::Compile(_) | Cause::Setup(_) | Cause::Source { .. } => {
                ErrorKind::Config
            }
            Cause::Bind { .. } => ErrorKind::Bind,
            Cause::NoRoute(_) | Cause::NotABackend { .. } => ErrorKind::NoRoute,
            Cause::NoEndpoint | Cause::UnknownEndpoint { .. } | Cause::Connect(_) => {
                ErrorKind::Unavailable
            }
            Cause::Overflow { .. } | Cause::TooManyHosts { .. } => ErrorKind::Overflow,
            Cause::RequestTimeout { .. }
            | Cause::Deadline
            | Cause::PerTryTimeout { .. }
            | Cause::Idle { .. }
            | Cause::NotReady { .. } => ErrorKind::Timeout,
            Cause::Upstream { .. } | Cause::Torn => ErrorKind::Upstream,
            Cause::Status(_) => ErrorKind::Status,
            Cause::Body(_) => ErrorKind::Body,
            Cause::Request(_) => ErrorKind::Request,
            Cause::Stopping => ErrorKind::Stopping,
        }
    }

    /// The reason in Envoy's letters; `None` where Envoy has none (configuration, the caller's own doing).
    #[must_use]
    pub fn flag(&self) -> Option<Flag> {
        match &self.0.cause {
            Cause::NoRoute(_) | Cause::NotABackend { .. } => Some(Flag::NoRoute),
            Cause::NoEndpoint => Some(Flag::NoHealthyUpstream),
            Cause::Connect(_) => Some(Flag::UpstreamConnectionFailure),
            Cause::Overflow { .. } | Cause::TooManyHosts { .. } => Some(Flag::UpstreamOverflow),
            Cause::RequestTimeout { .. } | Cause::PerTryTimeout { .. } => {
                Some(Flag::UpstreamTimeout)
            }
            Cause::Deadline => Some(Flag::DeadlineExceeded),
            Cause::Idle { .. } => Some(Flag::StreamIdle),
            Cause::Stopping => Some(Flag::LocalReset),
            Cause::Upstream { outcome, source } => Some(connect::flag(source, *outcome)),
            Cause::Torn => Some(Flag::UpstreamReset),
            _ => None,
        }
    }

    /// Whether the peer's application provably never saw the request, so that sending it again cannot do its work twice.
    #[must_use]
    pub fn is_safe_to_retry(&self) -> bool {
        let last = match &self.0.cause {
            Cause::NoEndpoint
            | Cause::Connect(_)
            | Cause::Overflow { .. }
            | Cause::TooManyHosts { .. } => true,
            Cause::Upstream { outcome, .. } => outcome.is_unsent(),
            _ => false,
        };
        last && self.0.unsent
    }

    /// The virtual service that was called, once it was known.
    #[must_use]
    pub fn virtual_service(&self) -> Option<&VirtualServiceName> {
        self.0.place.virtual_service.as_ref()
    }

    /// The virtual node that was drawn, once it was.
    #[must_use]
    pub fn virtual_node(&self) -> Option<&VirtualNodeName> {
        self.0.place.virtual_node.as_ref()
    }

    /// How often the request was tried.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// The configuration's problems, if that is what this is about.
    #[must_use]
    pub fn config_errors(&self) -> Option<&ConfigErrors> {
        match &self.0.cause {
            Cause::Config(errors) => Some(errors),
            _ => None,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.cause.fmt(f)?;
        let place = &self.0.place;
        if let Some(service) = &place.virtual_service {
            write!(f, ", calling {service}")?;
        }
        if let Some(node) = &place.virtual_node {
            write!(f, " at {node}")?;
        }
        if let Some(endpoint) = place.endpoint {
            write!(f, " ({endpoint})")?;
        }
        if self.0.attempts > 1 {
            write!(f, ", after {} attempts", self.0.attempts)?;
        }
        match self.flag() {
            Some(flag) => write!(f, " [{flag}]"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)?;
        let mut source = self.source();
        while let Some(cause) = source {
            write!(f, "\n  because: {cause}")?;
            source = cause.source();
        }
        Ok(())
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.cause.source()
    }
}

impl From<ConfigErrors> for Error {
    fn from(errors: ConfigErrors) -> Self {
        Self::new(Cause::Config(errors))
    }
}

impl From<CompileError> for Error {
    fn from(error: CompileError) -> Self {
        Self::new(Cause::Compile(error))
    }
}
