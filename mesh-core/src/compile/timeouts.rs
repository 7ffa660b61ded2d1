//! Limits as they were written, completed by the defaults; zero switches a limit off.

use std::time::Duration;

use crate::{
    config::{Route, Timeout},
    defaults::Defaults,
    timeout::Timeouts,
};

pub(super) fn of_route(route: &Route, defaults: Defaults) -> Timeouts {
    let policy = route.retry_policy.as_ref();
    let per_try = policy.map(|policy| policy.per_retry_timeout);
    of_listener(&route.timeout, defaults).with_per_try(per_try.filter(|limit| !limit.is_zero()))
}

pub(super) fn of_listener(written: &Timeout, defaults: Defaults) -> Timeouts {
    let default = defaults.timeouts();
    let limit = |written: Option<Duration>, default| match written {
        None => default,
        Some(limit) => Some(limit).filter(|limit| !limit.is_zero()),
    };
    default
        .with_request(
            limit(written.per_request, default.request),
            default.request_ends,
        )
        .with_idle(limit(written.idle, default.idle))
}
