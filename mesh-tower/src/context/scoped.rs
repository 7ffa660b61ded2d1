//! Futures that run as part of a call, wherever they are polled.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use pin_project::pin_project;

use super::CallContext;

/// Makes a future part of a call.
///
/// A task that a handler spawns runs outside of the handler: calls it makes belong to no request, start a trace of their own
/// and carry nothing along. Made part of the call, it goes on where the handler was, and by the call's deadline the calls it
/// makes have to be over; [`Mesh::spawn`](crate::Mesh::spawn) is for what may outlast it.
///
/// # Examples
/// ```
/// use mesh_tower::{Client, Error, InCall as _};
///
/// /// Called by a handler: both calls belong to the request that is being answered.
/// async fn ask(stock: Client, prices: Client) -> Result<(), Error> {
///     let stock = tokio::spawn(async move { stock.get("/").send().await }.in_call());
///     prices.get("/").send().await?;
///     stock.await.expect("it does not panic")?;
///     Ok(())
/// }
/// ```
pub trait InCall: Future + Sized {
    /// The same future as part of the call that runs now; as it is where none does.
    #[must_use = "a future does nothing until it is polled"]
    fn in_call(self) -> Scoped<Self> {
        Scoped {
            inner: self,
            context: CallContext::current(),
        }
    }
}

impl<F: Future> InCall for F {}

/// A future that is polled as part of a call; made by [`InCall::in_call`] and [`CallContext::scope`].
#[pin_project]
#[must_use = "a future does nothing until it is polled"]
pub struct Scoped<F> {
    #[pin]
    inner: F,
    context: Option<CallContext>,
}

impl<F> Scoped<F> {
    /// Part of the call that runs now, which it may outlast.
    pub(crate) fn detached(inner: F) -> Self {
        Self {
            inner,
            context: CallContext::current().map(CallContext::without_deadline),
        }
    }

    pub(super) fn new(inner: F, context: CallContext) -> Self {
        Self {
            inner,
            context: Some(context),
        }
    }
}

impl<F: Future> Future for Scoped<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        match this.context {
            Some(context) => context.clone().enter(|| this.inner.poll(cx)),
            None => this.inner.poll(cx),
        }
    }
}

impl<F> fmt::Debug for Scoped<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scoped")
            .field("context", &self.context)
            .finish_non_exhaustive()
    }
}
