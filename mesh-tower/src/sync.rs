//! What threads meet at: locks, counts, wakes and swaps.
//!
//! The code that matters under a race takes them from here instead of from their crates. Usually they are the same; built for
//! the models (`--cfg mesh_loom`, see CONTRIBUTING.md), they are stand-ins under which loom tries every order of events.

#[cfg(all(test, mesh_loom))]
mod model;

#[cfg(not(all(test, mesh_loom)))]
mod task;

#[cfg(not(all(test, mesh_loom)))]
pub(crate) use {
    self::task::Task,
    arc_swap::ArcSwap,
    parking_lot::Mutex,
    // What agrees with other counts, in the one order of `SeqCst`.
    std::sync::atomic::AtomicUsize as Count,
    std::sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    tokio::sync::{
        Notify,
        futures::{Notified, OwnedNotified},
    },
};

#[cfg(all(test, mesh_loom))]
pub(crate) use {
    self::model::{ArcSwap, Count, Mutex, Notified, Notify, OwnedNotified, Task, explore, join},
    loom::sync::atomic::{AtomicBool, AtomicUsize, Ordering},
};
