//! The heads of a connection's requests: whether the first one has come, and whether a later one takes too long.

use std::{
    future::{Future, pending},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, ready},
    time::Duration,
};

use http::Version;
use tokio::{
    sync::SetOnce,
    time::{self, Sleep},
};

use crate::{conn_info::ConnInfo, connect::Held};

/// The requests that a connection has brought.
#[derive(Debug)]
pub(super) struct Asked {
    held: Arc<Held>,
    first: SetOnce<Version>,
    /// Written by the connection's task alone.
    heads: AtomicUsize,
}

impl Asked {
    pub(super) fn new(held: Arc<Held>) -> Self {
        Self {
            held,
            first: SetOnce::new(),
            heads: AtomicUsize::new(0),
        }
    }

    /// A request's head has come.
    pub(super) fn now(&self, version: Version) {
        self.held.claim();
        let heads = self.heads.load(Ordering::Relaxed);
        self.heads.store(heads.wrapping_add(1), Ordering::Relaxed);
        if !self.first.initialized() {
            // Of two streams that begin together either may be the first.
            let _ = self.first.set(version);
        }
    }

    pub(super) fn speaks_http1(&self) -> bool {
        let first = self.first.get();
        first.is_some_and(|version| *version < Version::HTTP_2)
    }

    /// Waits for the first request, at most this long.
    pub(super) async fn within(&self, limit: Duration) -> bool {
        time::timeout(limit, self.first.wait()).await.is_ok()
    }

    /// Resolves only if there still was no request after this time.
    pub(super) async fn nothing_within(&self, limit: Duration) {
        if self.within(limit).await {
            pending::<()>().await;
        }
    }
}

/// Waits for a head that has begun on an HTTP/1 connection and does not come to its end; never for the first one, of which
/// it is not known what it begins.
///
/// A head that comes in one piece costs a look at a flag. Silence between two requests is no head, and an upload that takes long
/// is none either, as long as its request is open.
pub(super) struct SlowHead {
    info: Arc<ConnInfo>,
    asked: Arc<Asked>,
    /// How many hold the connection's description while no request does.
    at_rest: usize,
    /// Since something came, and how many heads had come by then.
    watch: Option<(Pin<Box<Sleep>>, usize)>,
}

impl SlowHead {
    /// To be made when no request has come yet.
    pub(super) fn new(info: Arc<ConnInfo>, asked: Arc<Asked>) -> Self {
        Self {
            at_rest: Arc::strong_count(&info),
            info,
            asked,
            watch: None,
        }
    }

    /// To be asked after whatever reads from the connection.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.asked.held.is_unclaimed() && self.asked.speaks_http1() {
            return self.poll_watch(cx);
        }
        if self.watch.is_some() {
            self.watch = None;
        }
        Poll::Pending
    }

    #[cold]
    fn poll_watch(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            let heads = self.asked.heads.load(Ordering::Relaxed);
            let begun = || (Box::pin(time::sleep(LONGEST)), heads);
            let (sleep, then) = self.watch.get_or_insert_with(begun);
            ready!(sleep.as_mut().poll(cx));
            let none_came = *then == heads;
            self.watch = None;
            let at_rest = Arc::strong_count(&self.info) <= self.at_rest;
            if none_came && at_rest {
                return Poll::Ready(());
            }
        }
    }
}

/// How long a whole head may take: from the connection's beginning for the first one, from its own for the others, which may
/// have twice as long where heads follow each other without a pause.
pub(super) const LONGEST: Duration = Duration::from_secs(30);
