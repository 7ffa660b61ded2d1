//! Documents to where they are collected: the X-Ray daemon, or whatever speaks its protocol.
//!
//! The CloudWatch agent and the OpenTelemetry collector listen on the daemon's port too. Whoever does gets each document as
//! one datagram and never answers. So nothing here waits: what cannot be sent at once is dropped and counted.
//!
//! # Shape
//! One datagram, at most 65,507 bytes:
//!
//! ```text
//! {"format":"json","version":1}
//! {"id":"f095c2b855dc760b","name":"colors/blue", ...}
//! ```
//!
//! # Source
//! X-Ray developer guide, "Sending segment documents to the X-Ray daemon".

mod address;
mod counters;
mod memory;
mod pacing;
#[expect(
    clippy::disallowed_types,
    reason = "this is where the crate has its socket"
)]
mod udp;

pub use self::address::{DaemonAddress, HostPort, InvalidDaemonAddress};
pub use self::counters::{Counters, Dropped, Emitted};
pub use self::memory::MemoryEmitter;
pub use self::pacing::Pacing;
pub use self::udp::UdpEmitter;

/// Sends documents somewhere.
///
/// # Examples
/// ```
/// use mesh_xray::emit::{Emit, MemoryEmitter};
///
/// fn flush(documents: &[&[u8]], sink: &mut impl Emit) -> usize {
///     documents.iter().filter(|document| sink.send(document)).count()
/// }
/// assert_eq!(flush(&[b"{}", b"{}"], &mut MemoryEmitter::default()), 2);
/// ```
pub trait Emit {
    /// Sends one document, and says whether it went out. Never waits; what is sent may still be lost on the way.
    fn send(&mut self, document: &[u8]) -> bool;
}

impl<E: Emit + ?Sized> Emit for Box<E> {
    fn send(&mut self, document: &[u8]) -> bool {
        (**self).send(document)
    }
}

/// What stands before each document: the daemon takes no datagram without it.
const HEADER_LINE: &[u8] = b"{\"format\":\"json\",\"version\":1}\n";
