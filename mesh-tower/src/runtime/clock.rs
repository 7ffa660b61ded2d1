//! The one place that reads a clock.

use std::time::{Instant, SystemTime};

/// Now, by Tokio's clock: a test that pauses time moves every decision.
pub(crate) fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}

/// The time of day, for what is compared with other machines' clocks.
#[expect(
    clippy::disallowed_methods,
    reason = "this is the place that the ban sends everybody to"
)]
pub(crate) fn wall() -> SystemTime {
    SystemTime::now()
}
