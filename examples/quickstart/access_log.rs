//! Access logs that are kept in memory; a service would write to its standard output, or a file.

use std::{
    io::{self, Write},
    sync::{Arc, Mutex, PoisonError},
};

/// The log of one node: a writer for its mesh, and what was written.
#[derive(Clone, Default)]
pub(crate) struct AccessLog(Arc<Mutex<Vec<u8>>>);

impl AccessLog {
    /// The lines that hold this text.
    pub(crate) fn lines_with(&self, text: &str) -> Vec<String> {
        let written = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let lines = String::from_utf8_lossy(&written);
        let found = lines.lines().filter(|line| line.contains(text));
        found.map(str::to_owned).collect()
    }
}

impl Write for AccessLog {
    fn write(&mut self, lines: &[u8]) -> io::Result<usize> {
        let mut written = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if written.len() < MOST {
            written.extend_from_slice(lines);
        }
        Ok(lines.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// More than one run writes; and with `--serve`, nobody shall fill the memory.
const MOST: usize = 4 * 1024 * 1024;
