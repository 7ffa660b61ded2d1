//! Text into configuration: App Mesh files as their owners keep them.
//!
//! This version reads CloudFormation templates, as YAML and as JSON. Reading is a pure function of the texts and the
//! values given: no file is opened, nothing is asked of AWS. Every problem is reported, each with file, line and column, and
//! size, nesting and aliases are bounded before anything is kept.

mod cloudformation;
mod detect;
mod json;
mod node;
mod reader;
mod text;
mod tree;
mod yaml;

pub use self::reader::Reader;
use crate::{config::Config, error::ConfigErrors};

impl Config {
    /// Reads one document that needs no values from outside.
    ///
    /// The document's name stands before every problem; usually it is the file's path.
    ///
    /// # Errors
    /// [`ConfigErrors`] with every problem there is.
    ///
    /// # Examples
    /// ```
    /// use mesh_core::config::Config;
    ///
    /// let errors = Config::parse("mesh.yaml", "Resources: {M: {Type: AWS::AppMesh::Mesh, Properties: {Meshname: shop}}}");
    /// assert_eq!(
    ///     errors.unwrap_err().to_string(),
    ///     "mesh.yaml:1:56: error[unknown-property]: a mesh has no property `Meshname`; did you mean `MeshName`?",
    /// );
    /// ```
    pub fn parse(name: &str, text: &str) -> Result<Self, ConfigErrors> {
        Self::reader().document(name, text).read()
    }

    /// Begins to read documents that need values from outside, or each other.
    pub fn reader() -> Reader {
        Reader::default()
    }
}

#[cfg(test)]
mod tests;
