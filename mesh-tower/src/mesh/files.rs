//! Configuration files: reading is I/O, so it is done here; what they say is the core's to know.

use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
};

use mesh_core::{Config, load::Reader};

use crate::error::{Cause, Error};

/// Reads an App Mesh file that needs no parameters.
///
/// # Errors
/// One of kind [`Config`](crate::ErrorKind::Config): the file cannot be read, or every problem that it has.
///
/// # Examples
/// ```no_run
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let node = mesh_tower::load("mesh.yaml")?.node("service-a")?.compile()?;
/// # Ok(()) }
/// ```
pub fn load(path: impl AsRef<Path>) -> Result<Config, Error> {
    read(&[path.as_ref().to_owned()], &[])
}

/// Reads an App Mesh file, with values for its parameters and for what only AWS knows.
///
/// # Errors
/// As [`load`].
///
/// # Examples
/// ```no_run
/// # async fn example(mesh: mesh_tower::Mesh) -> Result<(), mesh_tower::Error> {
/// let shifted = mesh_tower::load_with("mesh.yaml", [("V1Weight", "0"), ("V2Weight", "100")])?;
/// mesh.apply(&shifted).await
/// # }
/// ```
pub fn load_with<N, V>(
    path: impl AsRef<Path>,
    parameters: impl IntoIterator<Item = (N, V)>,
) -> Result<Config, Error>
where
    N: Into<String>,
    V: Into<String>,
{
    let parameters: Vec<_> = parameters
        .into_iter()
        .map(|(name, value)| (name.into(), value.into()))
        .collect();
    read(&[path.as_ref().to_owned()], &parameters)
}

/// Reads files together, with values for their parameters.
pub(super) fn read(paths: &[PathBuf], parameters: &[(String, String)]) -> Result<Config, Error> {
    let mut reader = parameters
        .iter()
        .fold(Config::reader(), |reader, (name, value)| {
            reader.parameter(name, value)
        });
    for path in paths {
        reader = add(reader, path)?;
    }
    Ok(reader.read()?)
}

fn add(reader: Reader, path: &Path) -> Result<Reader, Error> {
    let name = path.display().to_string();
    match text(path) {
        Ok(text) => Ok(reader.document(&name, text)),
        Err(source) => Err(Error::new(Cause::Read { name, source })),
    }
}

fn text(path: &Path) -> io::Result<String> {
    let mut bytes = Vec::new();
    // A little more than any document may have is enough for the reader to say so.
    File::open(path)?.take(LONGEST).read_to_end(&mut bytes)?;
    String::from_utf8(bytes)
        .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error.utf8_error()))
}

const LONGEST: u64 = 16 * 1024 * 1024;
