//! A caller from outside the mesh: knows service-a's address and nothing else.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderMap, StatusCode, Uri};
use http_body_util::{BodyExt, Empty};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use tokio::{
    sync::watch,
    task::JoinSet,
    time::{Instant, sleep},
};

use crate::services::header;

/// Sends requests, some at a time, and keeps the replies.
pub(crate) struct Caller {
    http: Client<HttpConnector, Empty<Bytes>>,
    uri: Uri,
    begun: watch::Sender<usize>,
    shifted: AtomicBool,
}

/// What the caller saw of one request.
pub(crate) struct Reply {
    /// `None` if no answer came.
    pub(crate) status: Option<StatusCode>,
    pub(crate) headers: HeaderMap,
    pub(crate) latency: Duration,
    /// Whether the request was sent after the weights had been shifted.
    pub(crate) shifted: bool,
}

impl Caller {
    pub(crate) fn of(addr: SocketAddr) -> Result<Arc<Self>, http::Error> {
        Ok(Arc::new(Self {
            http: Client::builder(TokioExecutor::new()).build_http(),
            uri: Uri::builder()
                .scheme("http")
                .authority(addr.to_string())
                .path_and_query("/")
                .build()?,
            begun: watch::Sender::new(0),
            shifted: AtomicBool::new(false),
        }))
    }

    /// Sends this many requests and waits for their replies.
    pub(crate) async fn send(self: &Arc<Self>, requests: usize) -> Vec<Reply> {
        let mut workers = JoinSet::new();
        for _ in 0..AT_A_TIME {
            let caller = Arc::clone(self);
            workers.spawn(async move { caller.work(requests).await });
        }
        workers.join_all().await.into_iter().flatten().collect()
    }

    /// Sends this many requests, each when the one before was answered.
    pub(crate) async fn send_in_turn(&self, requests: usize) -> Vec<Reply> {
        let mut replies = Vec::new();
        for _ in 0..requests {
            replies.push(self.request().await);
        }
        replies
    }

    /// Resolves when this many requests have been begun.
    pub(crate) async fn begun(&self, requests: usize) {
        // The sender lives in `self`, so the wait cannot fail.
        let _ = self
            .begun
            .subscribe()
            .wait_for(|begun| *begun >= requests)
            .await;
    }

    /// Says that the weights have been shifted: what is sent from now on counts as sent after it.
    pub(crate) fn shifted(&self) {
        self.shifted.store(true, Ordering::SeqCst);
    }

    async fn work(&self, requests: usize) -> Vec<Reply> {
        let mut replies = Vec::new();
        let more = |begun: &mut usize| {
            *begun += 1;
            *begun <= requests
        };
        while self.begun.send_if_modified(more) {
            replies.push(self.request().await);
            sleep(PAUSE).await;
        }
        replies
    }

    async fn request(&self) -> Reply {
        let shifted = self.shifted.load(Ordering::SeqCst);
        let start = Instant::now();
        let answer = self.http.get(self.uri.clone()).await;
        let mut reply = Reply {
            status: None,
            headers: HeaderMap::new(),
            latency: Duration::ZERO,
            shifted,
        };
        if let Ok(answer) = answer {
            let (head, body) = answer.into_parts();
            // Half an answer is none.
            reply.status = body.collect().await.is_ok().then_some(head.status);
            reply.headers = head.headers;
        }
        reply.latency = start.elapsed();
        reply
    }
}

impl Reply {
    /// Whether the caller saw anything but 200.
    pub(crate) fn lost(&self) -> bool {
        self.status != Some(StatusCode::OK)
    }

    /// The version of service-b that answered; `None` if service-a's mesh had to answer itself.
    pub(crate) fn answered_by(&self) -> Option<&str> {
        self.header(header::ANSWERED_BY)
    }

    /// How often service-a's mesh tried again.
    pub(crate) fn retries(&self) -> usize {
        let attempts = self
            .header(header::ATTEMPTS)
            .and_then(|attempts| attempts.parse().ok());
        attempts.unwrap_or(0_usize).saturating_sub(1)
    }

    /// The name of the request in the access logs.
    pub(crate) fn request_id(&self) -> Option<&str> {
        self.header(header::REQUEST_ID)
    }

    /// The X-Ray trace that both services saw; `None` if they saw different ones.
    pub(crate) fn joined_trace(&self) -> Option<&str> {
        let trace = self.header(header::TRACE_A)?;
        (self.header(header::TRACE_B) == Some(trace)).then_some(trace)
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

pub(crate) const AT_A_TIME: usize = 16;
const PAUSE: Duration = Duration::from_millis(1);
