//! What X-Ray is sent, as a daemon receives it.

mod daemon;
mod decided;
mod recorded;
mod shop;
