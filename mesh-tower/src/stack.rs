//! The one place where the outbound services are ordered.
//!
//! What records an outcome stands outside of what may change it; the request's limits enclose its retries; the target is
//! drawn once and encloses them too; the endpoint is chosen anew for each.

use std::sync::Arc;

use crate::{
    balance::Balance,
    observe::Observe,
    record::Scope,
    retry::Retry,
    route::Route,
    runtime::{live::Current, rng::SharedRng},
};

/// Observe, then route, then retry, then balance.
pub(crate) type Outbound = Observe<Route<Retry<Balance>>>;

pub(crate) fn outbound(
    current: Arc<Current>,
    draws: &Arc<SharedRng>,
    scope: Arc<Scope>,
    max_waiting: usize,
) -> Outbound {
    let retry = Retry::new(Balance::new(max_waiting, draws.clone()), draws.clone());
    Observe::new(Route::new(retry, current, draws.clone()), scope)
}
