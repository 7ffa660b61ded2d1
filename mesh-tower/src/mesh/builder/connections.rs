//! How connections to endpoints are kept.

use std::time::Duration;

use super::MeshBuilder;

impl MeshBuilder {
    /// After how long a silence, while requests are open on it, an HTTP/2 connection is asked by a ping whether its peer is still
    /// there: 5 minutes unless said here. A peer that does not answer within 20 s is taken for dead.
    ///
    /// Idle connections are not pinged; the operating system finds the dead ones among them within some 30 s, as it does for
    /// HTTP/1. Less than 5 minutes is for peers that are known to bear it: gRPC servers hang up on callers that ping more often
    /// than they allow, and 5 minutes is what they allow by default. More than that, and load balancers forget the connection
    /// (AWS: after 350 s).
    ///
    /// # Source
    /// gRPC, "Client-side Keepalive" and its servers' `MinTime`.
    pub fn keep_alive(mut self, silence: Duration) -> Self {
        self.keep_alive = silence;
        self
    }
}

pub(super) const KEEP_ALIVE: Duration = Duration::from_secs(300);
