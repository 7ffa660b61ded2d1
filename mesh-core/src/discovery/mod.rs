//! Discovery: which addresses of an answer are endpoints, for how long they count, and when it is asked again.
//!
//! Three rules protect the callers of a target. What was found stays in force while nobody can be asked (*fail-static*). An answer that
//! there is nothing is believed at once if nothing was known before, and otherwise only when it has stood for [`HOLD`]. Whatever an
//! answer holds, no more than [`MAX_ENDPOINTS`] of it are used.

mod endpoints;
mod family;
mod known;
mod refresh;
mod search;

pub use self::{
    endpoints::{Endpoints, MAX_ENDPOINTS, endpoints},
    family::{Directory, Family, families},
    known::{Finding, HOLD, Known, News, PATIENCE, Step},
    refresh::{refresh_after, retry_after},
    search::candidates,
};
