//! The one place where the outbound services are ordered.
//!
//! What records an outcome stands outside of what may change it; the request's limits enclose its retries; the target is
//! drawn once and encloses them too; the endpoint is chosen anew for each.

use std::sync::Arc;

use mesh_core::fault::Faults;

use crate::{
    balance::Balance,
    fault::Injector,
    observe::Observe,
    record::Scope,
    retry::Retry,
    route::Route,
    runtime::{live::Current, pass_through::PassThrough, rng::SharedRng},
};

/// Observe, then route, then retry, then balance.
pub(crate) type Outbound = Observe<Route<Retry<Balance>>>;

pub(crate) fn outbound(
    current: Arc<Current>,
    draws: &Arc<SharedRng>,
    scope: Arc<Scope>,
    outside: Arc<PassThrough>,
    max_waiting: usize,
    faults: Option<Faults>,
) -> Outbound {
    let retry = Retry::new(Balance::new(max_waiting, draws.clone()), draws.clone());
    let faults = faults.map(|faults| Injector::new(faults, draws.clone()));
    let shadow = scope.shadow().clone();
    let route = Route::new(retry, current, draws.clone(), outside, shadow, faults);
    Observe::new(route, scope)
}
