//! Configuration files: reading is I/O, so it is done here; what they say is the core's to know.

use std::path::Path;

use mesh_core::{Config, load::Reader};

use crate::{
    error::{Cause, Error},
    runtime::source::{self, Document, Place},
};

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
    read(path.as_ref(), Config::reader())
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
    let parameters = parameters.into_iter();
    let reader = parameters.fold(Config::reader(), |reader, (name, value)| {
        reader.parameter(name, value)
    });
    read(path.as_ref(), reader)
}

fn read(path: &Path, reader: Reader) -> Result<Config, Error> {
    let place = Place::File(path.to_owned());
    let documents = source::read(&[place]).map_err(|source| {
        let name = path.display().to_string();
        Error::new(Cause::Source {
            name,
            source: Box::new(source),
        })
    })?;
    Ok(parsed(&documents, reader)?)
}

/// What documents say together.
pub(super) fn parsed(
    documents: &[Document],
    reader: Reader,
) -> Result<Config, mesh_core::error::ConfigErrors> {
    let reader = documents.iter().fold(reader, |reader, document| {
        reader.document(&document.name, document.text.as_str())
    });
    reader.read()
}
