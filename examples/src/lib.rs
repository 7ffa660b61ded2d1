//! What the examples that run traffic have in common, and the tests that run it for them.
//!
//! An [`endpoint`] serves the [`echo`] of three listeners in a process of its own; a [`fleet`] of them is replaced one after
//! the other, by drain or by crash; [`traffic`] calls it meanwhile at a steady rate and keeps a [`tally`]. [`files`] reads what
//! a command line names.

pub mod caller;
pub mod echo;
pub mod endpoint;
pub mod files;
pub mod fleet;
pub mod kind;
pub mod tally;
pub mod traffic;

/// Whatever went wrong: a sentence for whoever runs the example.
pub type Error = Box<dyn std::error::Error + Send + Sync>;
