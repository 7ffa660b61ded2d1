//! Which call the running code belongs to, so that the calls it makes belong to the same trace.

use std::sync::Arc;

use http::Extensions;

use crate::call::Call;

/// The inbound call that a handler is answering.
///
/// A handler finds it in the extensions of its request; calls it makes belong to it. To make a call from another task,
/// put the context into the new request's extensions: explicit beats implicit.
///
/// # Examples
/// ```
/// use http::Request;
/// use mesh_tower::{Body, CallContext};
///
/// /// Copies the context of the request being answered into one that another task will send.
/// fn for_another_task(inbound: &Request<Body>) -> Request<Body> {
///     let mut request = Request::new(Body::empty());
///     if let Some(context) = inbound.extensions().get::<CallContext>() {
///         request.extensions_mut().insert(context.clone());
///     }
///     request
/// }
/// # for_another_task(&Request::new(Body::empty()));
/// ```
#[derive(Clone, Debug)]
pub struct CallContext(Arc<Call>);

impl CallContext {
    pub(crate) fn new(call: Arc<Call>) -> Self {
        Self(call)
    }

    /// The context of the code that runs now: that of the request which this task is answering.
    #[must_use]
    pub fn current() -> Option<Self> {
        CURRENT.try_with(Clone::clone).ok()
    }

    /// The call.
    #[must_use]
    pub fn call(&self) -> &Call {
        &self.0
    }

    /// The explicit context of a request about to be sent, or else the current one.
    pub(crate) fn of(extensions: &Extensions) -> Option<Arc<Call>> {
        match extensions.get::<Self>() {
            Some(explicit) => Some(explicit.0.clone()),
            None => CURRENT.try_with(|current| current.0.clone()).ok(),
        }
    }

    /// Runs `poll` as part of this call.
    pub(crate) fn enter<R>(&self, poll: impl FnOnce() -> R) -> R {
        CURRENT.sync_scope(self.clone(), poll)
    }
}

tokio::task_local! {
    static CURRENT: CallContext;
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;

    use super::*;
    use crate::{
        runtime::{clock, rng::SharedRng},
        trace::Trace,
    };

    fn context() -> CallContext {
        let headers = HeaderMap::new();
        let trace = Trace::inbound(&headers, &SharedRng::new(1));
        CallContext::new(Arc::new(Call::new(clock::now(), &headers, trace, None)))
    }

    #[test]
    fn the_explicit_context_beats_the_current_one() {
        let (explicit, current) = (context(), context());
        let mut extensions = Extensions::new();
        current.enter(|| {
            let found = CallContext::of(&extensions).expect("the current one");
            assert!(Arc::ptr_eq(&found, &current.0));
            extensions.insert(explicit.clone());
            let found = CallContext::of(&extensions).expect("the explicit one");
            assert!(Arc::ptr_eq(&found, &explicit.0));
        });
        assert!(CallContext::of(&Extensions::new()).is_none());
        assert!(CallContext::current().is_none());
    }
}
