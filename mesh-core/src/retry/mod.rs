//! When a failed attempt is tried again, how long that waits, and when it is over.
//!
//! A [`Policy`] says which outcomes are worth another attempt, [`Attempts`] counts those of one request. The caller sends,
//! tells [`Attempts::next`] how it went, and does what it says; so the loop that runs in production is the one a test plays.
//!
//! Which [`Outcome`](crate::metric::Outcome) an [`Event`] covers:
//!
//! | event | statuses | no answer |
//! |---|---|---|
//! | `server-error` | 500 to 508, 510, 511 | all of them |
//! | `gateway-error` | 502, 503, 504 | all of them |
//! | `client-error` | 409 | |
//! | `stream-error` | | refused stream |
//! | `connection-error` | | failed connect, unsent |
//! | gRPC events | `grpc-status` of that name | |
//!
//! None covers an answer that says a rate limit was reached.
//!
//! An answer may ask for time ([`Hint`]): another attempt then waits at least so long, if that is no longer than 25 s and
//! the request's limit leaves room for it; else the answer is what the caller gets. All requests to a target may share a
//! [`Budget`] of retries.

mod attempts;
mod backoff;
mod budget;
mod ended;
mod event;
mod policy;
mod safety;

pub use attempts::{Attempts, Done, Next, replays_unsent};
pub use backoff::backoff;
pub use budget::{Bucket, Budget};
pub use ended::{Ended, Hint};
pub use event::Event;
pub use policy::Policy;
pub use safety::Safety;
