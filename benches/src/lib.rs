//! What the benches share: two services that speak HTTP/1.1, the ways in which one can call the other, and the form of a figure.
//!
//! `cargo bench -p mesh-benches --bench sidecar [-- --quick]` measures these ways side by side. The called service answers a
//! small body; the caller reads it to its end. [`caller::Caller`] is one caller, whatever stands between the two.

pub mod bare;
pub mod caller;
pub mod figure;
pub mod mesh;

/// Whatever went wrong; a bench that cannot measure says why and ends.
pub type Error = Box<dyn std::error::Error + Send + Sync>;
