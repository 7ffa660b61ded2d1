//! [`MemoryEmitter`]: keeps documents, for tests.

use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Emit;

/// Keeps every document; clones share what they keep.
///
/// There is no limit but the memory: made for tests and demonstrations.
///
/// # Examples
/// ```
/// use mesh_xray::emit::{Emit, MemoryEmitter};
///
/// let kept = MemoryEmitter::default();
/// kept.clone().send(b"{}");
/// assert_eq!(kept.take(), [b"{}"]);
/// ```
#[derive(Clone, Debug, Default)]
pub struct MemoryEmitter {
    documents: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl MemoryEmitter {
    /// Takes out what was kept until now, oldest first.
    #[must_use]
    pub fn take(&self) -> Vec<Vec<u8>> {
        mem::take(&mut *self.lock())
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Vec<u8>>> {
        self.documents
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Emit for MemoryEmitter {
    fn send(&mut self, document: &[u8]) -> bool {
        self.lock().push(document.to_owned());
        true
    }
}
