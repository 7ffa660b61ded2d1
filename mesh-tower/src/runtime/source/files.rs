//! Files and directories, looked at by what they say.
//!
//! The texts themselves are compared: times and inodes differ in what they mean between file systems, notifications do not
//! come from network mounts and run out where many processes ask for them, and a configuration is read in microseconds.

use std::{
    fs::{self, File},
    io::{self, Read},
    path::{Path, PathBuf},
    time::Duration,
};

use futures::future::BoxFuture;
use tokio::{task, time};

use super::{Document, LONGEST, Source, SourceError};

/// What was named: a file, or a directory whose files are read together.
#[derive(Clone, Debug)]
pub(crate) enum Place {
    File(PathBuf),
    /// Every `*.yaml`, `*.yml` and `*.json` in it, by name; not those whose name begins with a dot, which is where Kubernetes
    /// keeps what its links point to.
    Dir(PathBuf),
}

/// Files that are read together.
#[derive(Debug)]
pub(crate) struct Files {
    places: Vec<Place>,
    /// What the last look gave.
    last: Option<Vec<Document>>,
}

impl Files {
    pub(crate) fn new(places: Vec<Place>) -> Self {
        Self { places, last: None }
    }

    async fn read(&self) -> Result<Vec<Document>, SourceError> {
        let places = self.places.clone();
        let read = task::spawn_blocking(move || read(&places)).await;
        read.unwrap_or_else(|stopped| {
            let source = io::Error::other(stopped);
            Err(SourceError::Read {
                name: "the files".to_owned(),
                source,
            })
        })
    }
}

impl Source for Files {
    fn name(&self) -> String {
        let names: Vec<_> = self
            .places
            .iter()
            .map(|place| place.path().display().to_string())
            .collect();
        names.join(", ")
    }

    fn interval(&self) -> Duration {
        INTERVAL
    }

    fn look(&mut self) -> BoxFuture<'_, Result<Option<Vec<Document>>, SourceError>> {
        Box::pin(async {
            let found = self.read().await?;
            let Some(last) = &self.last else {
                self.last = Some(found.clone());
                return Ok(Some(found));
            };
            if found == *last {
                return Ok(None);
            }
            // Half a file, or one file of two, may have been written so far: what is still moving is left for the next look.
            time::sleep(SETTLED).await;
            if self.read().await? != found {
                return Ok(None);
            }
            self.last = Some(found.clone());
            Ok(Some(found))
        })
    }
}

impl Place {
    fn path(&self) -> &Path {
        match self {
            Self::File(path) | Self::Dir(path) => path,
        }
    }

    fn files(&self) -> Result<Vec<PathBuf>, SourceError> {
        match self {
            Self::File(path) => Ok(vec![path.clone()]),
            Self::Dir(path) => files_in(path),
        }
    }
}

/// Reads what is there now.
pub(crate) fn read(places: &[Place]) -> Result<Vec<Document>, SourceError> {
    let (mut documents, mut left) = (Vec::new(), MOST_BYTES);
    for place in places {
        for path in place.files()? {
            let document = document(&path)?;
            let more = left.checked_sub(document.text.len());
            left = more.ok_or(SourceError::TooLarge { most: MOST_BYTES })?;
            documents.push(document);
        }
    }
    Ok(documents)
}

fn files_in(dir: &Path) -> Result<Vec<PathBuf>, SourceError> {
    let name = || dir.display().to_string();
    let failed = |source| SourceError::Read {
        name: name(),
        source,
    };
    let mut files = Vec::new();
    for entry in fs::read_dir(dir).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if is_configuration(&path) {
            files.push(path);
        }
        if files.len() > MOST {
            return Err(SourceError::TooMany {
                name: name(),
                most: MOST,
            });
        }
    }
    if files.is_empty() {
        return Err(SourceError::Empty { name: name() });
    }
    files.sort();
    Ok(files)
}

fn is_configuration(path: &Path) -> bool {
    let hidden = path
        .file_name()
        .is_none_or(|name| name.as_encoded_bytes().starts_with(b"."));
    let extension = path.extension().and_then(|extension| extension.to_str());
    // A link is followed: in a ConfigMap's mount, every file is one.
    !hidden && matches!(extension, Some("yaml" | "yml" | "json")) && !path.is_dir()
}

fn document(path: &Path) -> Result<Document, SourceError> {
    let name = path.display().to_string();
    match text(path) {
        Ok(text) => Ok(Document { name, text }),
        Err(source) => Err(SourceError::Read { name, source }),
    }
}

/// A file's text, or a little more of it than any document may have.
pub(super) fn text(path: &Path) -> io::Result<String> {
    // A pipe would be waited for, and with it a thread and every later look, until somebody writes to it.
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "it is no regular file",
        ));
    }
    let mut bytes = Vec::new();
    File::open(path)?
        .take(LONGEST as u64)
        .read_to_end(&mut bytes)?;
    String::from_utf8(bytes)
        .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error.utf8_error()))
}

const INTERVAL: Duration = Duration::from_secs(2);

/// How long a text has to stay as it is before it counts as written.
const SETTLED: Duration = Duration::from_millis(100);

/// A directory with more files than this was not made for this.
const MOST: usize = 1_000;

/// What is read together is held together, and compared with what was held before.
const MOST_BYTES: usize = 4 * LONGEST;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_of_a_directory_are_those_that_hold_configuration() {
        for (name, want) in [
            ("mesh.yaml", true),
            ("routes.yml", true),
            ("nodes.json", true),
            ("..data", false),
            (".mesh.yaml.swp", false),
            (".hidden.yaml", false),
            ("README.md", false),
            ("mesh.yaml~", false),
        ] {
            assert_eq!(
                is_configuration(&Path::new("/none").join(name)),
                want,
                "{name}"
            );
        }
    }
}
