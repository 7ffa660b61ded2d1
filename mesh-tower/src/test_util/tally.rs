//! What became of a simulation's traffic.

use std::{collections::BTreeMap, fmt, time::Duration};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body::Body as HttpBody;
use http_body_util::BodyExt as _;
use tokio::time::Instant;

use crate::{
    Client, ErrorKind, ResponseBody,
    body::BoxError,
    call::{Call, grpc_status},
    error::Error,
};

/// What became of every call of some traffic, in the order in which they were sent. Prints as one line.
#[derive(Clone, Debug, PartialEq)]
pub struct Tally(Vec<CallResult>);

/// What became of one call.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct CallResult {
    /// The status it was answered with, or why it was not answered whole.
    pub result: Result<StatusCode, ErrorKind>,
    /// The status that a gRPC call ended with, in whichever place it was told; 2 (`UNKNOWN`) where it was not, as a stub has it.
    /// `None` for calls that are no gRPC, and for those that were not answered whole.
    pub grpc: Option<i32>,
    /// The virtual node it went to, if a route was found.
    pub node: Option<String>,
    /// How often it was tried.
    pub attempts: u32,
    /// Until its answer had ended.
    pub took: Duration,
}

impl CallResult {
    /// Whether it was not answered, or with a 5xx, or as a gRPC call with another status than 0 (`OK`).
    #[must_use]
    pub fn is_failure(&self) -> bool {
        let failed = |status: StatusCode| status.is_server_error();
        self.result.map_or(true, failed) || self.grpc.is_some_and(|status| status != 0)
    }

    /// What it came to, in a word.
    fn word(&self) -> String {
        match (self.result, self.grpc) {
            (Err(kind), _) => format!("{kind:?}"),
            (Ok(_), Some(status)) => format!("grpc {status}"),
            (Ok(status), None) => status.as_str().to_owned(),
        }
    }
}

impl Tally {
    pub(super) fn new(ended: Vec<CallResult>) -> Self {
        Self(ended)
    }

    /// Every call.
    #[must_use]
    pub fn calls(&self) -> &[CallResult] {
        &self.0
    }

    /// How many were not answered, or with a 5xx, or as a gRPC call with another status than 0 (`OK`).
    #[must_use]
    pub fn failures(&self) -> usize {
        self.count(CallResult::is_failure)
    }

    /// How many were answered with this status.
    #[must_use]
    pub fn status(&self, status: u16) -> usize {
        self.count(|ended| ended.result.is_ok_and(|found| found == status))
    }

    /// How many gRPC calls ended with this status.
    #[must_use]
    pub fn grpc(&self, status: i32) -> usize {
        self.count(|ended| ended.grpc == Some(status))
    }

    /// How many were not answered for this reason.
    #[must_use]
    pub fn errors(&self, kind: ErrorKind) -> usize {
        self.count(|ended| ended.result == Err(kind))
    }

    /// How many went to this virtual node.
    #[must_use]
    pub fn node(&self, node: &str) -> usize {
        self.count(|ended| ended.node.as_deref() == Some(node))
    }

    /// How many attempts they took, all together.
    #[must_use]
    pub fn attempts(&self) -> u64 {
        self.0.iter().map(|ended| u64::from(ended.attempts)).sum()
    }

    /// How long the slowest one took.
    #[must_use]
    pub fn slowest(&self) -> Duration {
        self.0
            .iter()
            .map(|ended| ended.took)
            .max()
            .unwrap_or_default()
    }

    fn count(&self, is: impl Fn(&CallResult) -> bool) -> usize {
        self.0.iter().filter(|ended| is(ended)).count()
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mut results, mut nodes) = (BTreeMap::new(), BTreeMap::new());
        for ended in &self.0 {
            *results.entry(ended.word()).or_insert(0_usize) += 1;
            *nodes
                .entry(ended.node.as_deref().unwrap_or("nowhere"))
                .or_insert(0_usize) += 1;
        }
        write!(f, "{} calls:", self.0.len())?;
        for (result, count) in results {
            write!(f, " {result} x {count},")?;
        }
        for (node, count) in nodes {
            write!(f, " to {node} {count},")?;
        }
        write!(
            f,
            " {} attempts, slowest {:?}",
            self.attempts(),
            self.slowest()
        )
    }
}

/// Sends a request and reads its answer to the end.
pub(super) async fn call<B>(client: Client, request: Request<B>) -> CallResult
where
    B: HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    let began = Instant::now();
    let mut ended = match client.send(request).await {
        Ok(response) => read(response).await,
        Err(error) => refused(&error),
    };
    ended.took = began.elapsed();
    ended
}

async fn read(response: Response<ResponseBody>) -> CallResult {
    let call = response.body().call();
    let node = call.and_then(|call| call.target()).map(ToString::to_string);
    let attempts = call.map_or(0, |call| call.tries().0);
    let is_grpc = call.is_some_and(Call::is_grpc);
    let (status, in_head) = (response.status(), grpc_status(response.headers()));
    let body = response.into_body().collect().await;
    let grpc = body.as_ref().ok().filter(|_| is_grpc).map(|body| {
        let in_trailers = body.trailers().and_then(grpc_status);
        in_trailers.or(in_head).unwrap_or(UNKNOWN)
    });
    CallResult {
        result: body.map(|_| status).map_err(|error| error.kind()),
        grpc,
        node,
        attempts,
        took: Duration::ZERO,
    }
}

fn refused(error: &Error) -> CallResult {
    CallResult {
        result: Err(error.kind()),
        grpc: None,
        node: error.virtual_node().map(ToString::to_string),
        attempts: error.attempts(),
        took: Duration::ZERO,
    }
}

/// gRPC's status for what came without one.
const UNKNOWN: i32 = 2;
