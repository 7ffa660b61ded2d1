//! What of a snapshot cannot be done in plain text.

use std::fmt;

use super::{ClusterSpec, ListenerPlan, Snapshot, Source};

impl Snapshot {
    /// The first listener or target that has to speak TLS; `None`: all of it is plain text.
    ///
    /// Whoever cannot speak TLS must not put such a snapshot in force: what was to be proven and hidden would go out as it is.
    #[must_use]
    pub fn needs_tls(&self) -> Option<NeedsTls<'_>> {
        let mut listeners = self.listeners.iter();
        if let Some(listener) = listeners.find(|listener| listener.tls.is_some()) {
            return Some(NeedsTls::Listener(listener));
        }
        let mut clusters = self.clusters.iter().zip(&self.cluster_facts);
        let (cluster, facts) = clusters.find(|(cluster, _)| cluster.tls.is_tls())?;
        Some(NeedsTls::Target(cluster, &facts.tls))
    }
}

/// Something that has to speak TLS.
///
/// # Shape
/// A sentence that says which, where that was written, and what to do where TLS cannot be spoken.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum NeedsTls<'a> {
    /// A listener that offers it.
    Listener(&'a ListenerPlan),
    /// A target that it is spoken to, and where that comes from.
    Target(&'a ClusterSpec, &'a Source),
}

impl fmt::Display for NeedsTls<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Listener(listener) => {
                let mode = listener.tls.as_ref().map_or("", |tls| tls.mode());
                write!(
                    f,
                    "the listener on port {} has TLS mode {mode} ({}), and this version does not speak TLS: set the mode to DISABLED, or leave \
                     this node its sidecar until then",
                    listener.port, listener.sources.tls
                )
            }
            Self::Target(cluster, source) => write!(
                f,
                "calls to {} on port {} go out with TLS ({source}), and this version does not speak TLS: take the listener's TLS and the client \
                 policy out, or leave this node its sidecar until then",
                cluster.virtual_node, cluster.port
            ),
        }
    }
}
