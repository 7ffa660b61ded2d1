//! Which call the running code belongs to, so that the calls it makes belong to the same trace.

mod scoped;

use std::{cell::RefCell, sync::Arc};

use http::Extensions;
use mesh_core::timeout::Deadline;

pub use self::scoped::{InCall, Scoped};
use crate::call::Call;

/// The inbound call that a handler is answering.
///
/// A handler finds it in the extensions of its request. Calls belong to it that are made while the handler runs, or while
/// the body of its response is polled: they join its trace, take along the headers that the mesh was told to carry, and
/// have to be over by its [deadline](Call::deadline), if it has one. In a task of its own, code is made part of the call by [`InCall::in_call`], [`Mesh::spawn`](crate::Mesh::spawn) or
/// [`scope`](Self::scope); or the context is put into a request's extensions, which beats what runs: explicit over implicit.
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
pub struct CallContext {
    call: Arc<Call>,
    detached: bool,
}

impl CallContext {
    pub(crate) fn new(call: Arc<Call>) -> Self {
        Self {
            call,
            detached: false,
        }
    }

    /// The context of the code that runs now: that of the request which this task is answering.
    #[must_use]
    pub fn current() -> Option<Self> {
        let current = CURRENT.try_with(|current| current.borrow().clone());
        current.ok().flatten()
    }

    /// The call.
    #[must_use]
    pub fn call(&self) -> &Call {
        &self.call
    }

    /// The same, for what may outlast the call: its [deadline](Call::deadline) limits nothing that is done in this context.
    #[must_use]
    pub fn without_deadline(self) -> Self {
        Self {
            detached: true,
            ..self
        }
    }

    /// By when a call that is made in it has to be over.
    pub(crate) fn deadline(&self) -> Deadline {
        match self.detached {
            true => Deadline::NONE,
            false => self.call.causes(),
        }
    }

    pub(crate) fn into_call(self) -> Arc<Call> {
        self.call
    }

    /// The same future as part of this call, wherever it is polled.
    pub fn scope<F>(&self, future: F) -> Scoped<F> {
        Scoped::new(future, self.clone())
    }

    /// The explicit context of a request about to be sent, or else the current one.
    pub(crate) fn of(extensions: &Extensions) -> Option<Self> {
        match extensions.get::<Self>() {
            Some(explicit) => Some(explicit.clone()),
            None => Self::current(),
        }
    }

    /// Runs `poll` as part of this call.
    pub(crate) fn enter<R>(self, poll: impl FnOnce() -> R) -> R {
        let _entered = Entered {
            before: CURRENT.replace(Some(self)),
        };
        poll()
    }
}

/// While a context is in force. What was so before it is so again afterwards, also after a panic.
struct Entered {
    before: Option<CallContext>,
}

impl Drop for Entered {
    fn drop(&mut self) {
        CURRENT.set(self.before.take());
    }
}

thread_local! {
    // Tokio's task-locals hand every output on by value, twice; here an output is a response.
    static CURRENT: RefCell<Option<CallContext>> = const { RefCell::new(None) };
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;
    use crate::call::testing;

    fn context() -> CallContext {
        CallContext::new(Arc::new(testing::call()))
    }

    fn current() -> Option<Arc<Call>> {
        CallContext::of(&Extensions::new()).map(CallContext::into_call)
    }

    #[test]
    fn a_future_stays_in_the_call_in_which_it_was_made() {
        let context = context();
        let inside = context.clone().enter(|| async { current() }.in_call());
        let scoped = context.scope(async { current() });
        for found in [inside.now_or_never(), scoped.now_or_never()] {
            let found = found.flatten().expect("the call");
            assert!(Arc::ptr_eq(&found, &context.call));
        }
        assert!(
            async { current() }
                .in_call()
                .now_or_never()
                .flatten()
                .is_none()
        );
    }

    #[test]
    fn the_explicit_context_beats_the_current_one() {
        let (explicit, current) = (context(), context());
        let mut extensions = Extensions::new();
        current.clone().enter(|| {
            let found = CallContext::of(&extensions).expect("the current one");
            assert!(Arc::ptr_eq(&found.call, &current.call));
            extensions.insert(explicit.clone());
            let found = CallContext::of(&extensions).expect("the explicit one");
            assert!(Arc::ptr_eq(&found.call, &explicit.call));
        });
        assert!(CallContext::of(&Extensions::new()).is_none());
        assert!(CallContext::current().is_none());
    }
}
