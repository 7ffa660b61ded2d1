//! Text into configuration: App Mesh files as their owners keep them.
//!
//! Three forms are read, each told from its content: CloudFormation templates, the App Mesh controller's Kubernetes
//! objects, and the App Mesh API's JSON, one by one or in a list. Reading is a pure function of the texts and the values
//! given: no file is opened, nothing is asked of AWS. Every problem is reported, each with file, line and column, and size,
//! nesting and aliases are bounded before anything is kept.
//!
//! | form | placeholders | numbers and truth values in quotes | YAML's merge keys (`<<`) |
//! |---|---|---|---|
//! | CloudFormation | none: `${…}` is `Fn::Sub`'s; parameters have [their values](Reader::parameter) | are taken | are refused, as CloudFormation does |
//! | Kubernetes, `appmesh.k8s.aws/v1beta2` | `${NAME}`, `$NAME`, `{{NAME}}` | are texts | are taken |
//! | the API's JSON | these, and jq's `$NAME` and `\($NAME)` | are texts | are taken, if it is written as YAML |
//!
//! What else stands in files beside a mesh, ECS task definitions above all, [`sidecar`] knows.

mod api;
mod cloudformation;
mod conform;
mod detect;
mod helm;
mod json;
mod kubernetes;
mod merge;
mod node;
mod part;
mod place;
mod placeholder;
mod plain;
mod read;
mod reader;
mod resolved;
mod schema;
mod shape;
pub mod sidecar;
mod spec;
mod terraform;
mod text;
mod tree;
mod twice;
mod unfilled;
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
