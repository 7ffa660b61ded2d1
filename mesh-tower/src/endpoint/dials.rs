//! Connects that are under way.

use parking_lot::Mutex;
use tokio::task::JoinSet;

/// The connects of one endpoint. They are its own: the request that began one may go, and the next one has its connection.
#[derive(Debug)]
pub(super) struct Dials(Mutex<Option<JoinSet<()>>>);

impl Dials {
    pub(super) fn new() -> Self {
        Self(Mutex::new(Some(JoinSet::new())))
    }

    /// Begins one; drops it where the endpoint has left.
    pub(super) fn begin(&self, dial: impl Future<Output = ()> + Send + 'static) {
        let mut dials = self.0.lock();
        let Some(dials) = &mut *dials else { return };
        // Those that are over are kept until somebody asks.
        while dials.try_join_next().is_some() {}
        dials.spawn(dial);
    }

    /// The endpoint has left: ends them.
    pub(super) fn close(&self) {
        let dials = self.0.lock().take();
        drop(dials);
    }
}
