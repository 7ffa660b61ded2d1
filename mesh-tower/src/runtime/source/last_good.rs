//! The last documents that were put in force, kept on disk for a start at which their source cannot be reached.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::PathBuf,
    process,
};

use super::{Document, SourceError, files};

/// A file that holds one document.
#[derive(Clone, Debug)]
pub(crate) struct LastGood(PathBuf);

impl LastGood {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self(path)
    }

    pub(crate) fn read(&self) -> Result<Document, SourceError> {
        let name = self.0.display().to_string();
        match files::text(&self.0) {
            Ok(text) => Ok(Document { name, text }),
            Err(source) => Err(SourceError::Read { name, source }),
        }
    }

    /// Puts the document there whole or not at all, also if the process ends meanwhile.
    pub(crate) fn write(&self, document: &Document) -> io::Result<()> {
        // Beside it, for a rename is atomic within one file system; and of this process, for another may write, too.
        let mut name = self.0.as_os_str().to_owned();
        name.push(format!(".{}.tmp", process::id()));
        let beside = PathBuf::from(name);
        let written = File::create(&beside).and_then(|mut file| {
            file.write_all(document.text.as_bytes())?;
            file.sync_all()
        });
        let placed = written.and_then(|()| fs::rename(&beside, &self.0));
        if placed.is_err() {
            // What is there was there before; only the half of the new one goes.
            let _ = fs::remove_file(&beside);
        }
        placed
    }
}
