//! The one thing that ends with a request, whichever way it ends.

use std::sync::Arc;

use crate::{
    call::Call,
    gate::Permit,
    record::{InScope, Scope},
};

/// Lives from a request's head to its response's last byte, or to its drop, or to the close of the connection that it
/// became (101, CONNECT); whatever is counted or recorded about a request is settled when it goes, once.
#[derive(Debug)]
pub(crate) struct Guard {
    call: Arc<Call>,
    /// A place among those who may be in the application at a time.
    permit: Option<Permit>,
    // Dropped after all else: who waits for the last request finds it settled.
    scope: InScope,
}

impl Guard {
    pub(crate) fn new(call: Arc<Call>, scope: &Arc<Scope>) -> Self {
        Self {
            call,
            permit: None,
            scope: scope.enter(),
        }
    }

    pub(crate) fn call(&self) -> &Arc<Call> {
        &self.call
    }

    /// Holds this to the request's end, too.
    pub(crate) fn hold(&mut self, permit: Option<Permit>) {
        self.permit = permit;
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.call.let_go(self.scope.open().is_cut());
        self.scope.end(&self.call);
    }
}

/// The guard of a request that is sent on: with the call ends what is still being sent of it. The peer that has answered, or
/// that nobody listens to any more, would otherwise hold the rest of an upload for as long as it likes. Over HTTP/2 the HTTP
/// library looks at a body only while the peer's window is open: a peer that answers, keeps its window closed and does not
/// reset the stream still holds what waits for it.
///
/// # Source
/// Envoy's router resets the upstream stream where a response is over before its request.
#[derive(Debug)]
pub(crate) struct SendGuard(Guard);

impl SendGuard {
    pub(crate) fn new(call: Arc<Call>, scope: &Arc<Scope>) -> Self {
        Self(Guard::new(call, scope))
    }

    pub(crate) fn call(&self) -> &Arc<Call> {
        self.0.call()
    }
}

impl Drop for SendGuard {
    fn drop(&mut self) {
        self.call().request_end().abandon();
    }
}
