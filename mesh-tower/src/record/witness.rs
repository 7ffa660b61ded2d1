//! Who is told of every request that ends, at once and on its path: for simulations.

use std::{fmt, sync::Arc, time::Instant};

use crate::call::Call;

/// Is told of requests that have ended, and when.
#[derive(Clone)]
pub(crate) struct Witness(Arc<Told>);

type Told = dyn Fn(&Call, Instant) + Send + Sync;

impl Witness {
    pub(crate) fn new(told: impl Fn(&Call, Instant) + Send + Sync + 'static) -> Self {
        Self(Arc::new(told))
    }

    pub(super) fn tell(&self, call: &Call, now: Instant) {
        (self.0)(call, now);
    }
}

impl fmt::Debug for Witness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Witness").finish_non_exhaustive()
    }
}
