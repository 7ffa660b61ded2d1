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

    /// How many connections the node's listeners may have open at a time, all together: 65,536 unless said here. Those beyond
    /// are not taken: they wait in the operating system's queue until another is closed. How many are open is in the metric
    /// `mesh_inbound_connections`.
    ///
    /// A peer that vanished does not hold its place for ever. Where nothing is on its way to it, the operating system finds
    /// that within some 30 s; over HTTP/2 a ping does in any case, 60 s after the last sign of it and 20 s for the answer.
    /// An HTTP/1 peer that vanishes while it is sent something is given up by the operating system alone, on Linux after
    /// some 15 minutes.
    ///
    /// # Source
    /// Envoy has no such bound unless its overload manager is given one (`global_downstream_max_connections`).
    pub fn max_connections(mut self, connections: usize) -> Self {
        self.max_connections = connections;
        self
    }
}

pub(super) const MAX: usize = 65_536;

pub(super) const KEEP_ALIVE: Duration = Duration::from_secs(300);
