//! What threads meet at: locks, counts, wakes and swaps.
//!
//! The code that matters under a race takes them from here instead of from their crates. Usually they are the same; built for
//! the models (`--cfg mesh_loom`, see CONTRIBUTING.md), they are stand-ins under which loom tries every order of events.

#[cfg(all(test, mesh_loom))]
mod model;

#[cfg(not(all(test, mesh_loom)))]
pub(crate) use {
    arc_swap::ArcSwap,
    parking_lot::Mutex,
    std::sync::atomic::{AtomicUsize, Ordering},
    tokio::sync::{Notify, futures::Notified},
};

#[cfg(all(test, mesh_loom))]
pub(crate) use {
    self::model::{ArcSwap, Mutex, Notified, Notify, explore, join},
    loom::sync::atomic::{AtomicUsize, Ordering},
};
