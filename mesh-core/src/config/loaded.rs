//! A configuration: a mesh, where it came from, and what to be warned of.

use super::Mesh;
use crate::error::Problem;

/// A mesh that was read or built, and what is worth knowing about it.
///
/// # Examples
/// ```
/// use mesh_core::config::{Config, Mesh, Origin};
///
/// let built = Config::from(Mesh::builder("shop").build()?);
/// assert_eq!(built.origin(), Origin::Built);
///
/// let read = Config::parse("mesh.yaml", "Resources: {Shop: {Type: AWS::AppMesh::Mesh, Properties: {MeshName: shop}}}")?;
/// assert_eq!((read.origin(), read.resources()), (Origin::AppMesh, 1));
/// assert_eq!(read.mesh(), built.mesh());
/// # Ok::<(), mesh_core::error::ConfigErrors>(())
/// ```
#[derive(Clone, Debug)]
pub struct Config {
    mesh: Mesh,
    origin: Origin,
    warnings: Vec<Problem>,
    resources: usize,
}

impl Config {
    pub(crate) fn read(mesh: Mesh, warnings: Vec<Problem>, resources: usize) -> Self {
        Self {
            mesh,
            origin: Origin::AppMesh,
            warnings,
            resources,
        }
    }

    pub(crate) fn with_warnings(self, warnings: Vec<Problem>) -> Self {
        Self { warnings, ..self }
    }

    /// The mesh.
    #[must_use]
    pub fn mesh(&self) -> &Mesh {
        &self.mesh
    }

    /// The mesh alone.
    #[must_use]
    pub fn into_mesh(self) -> Mesh {
        self.mesh
    }

    /// Who wrote it, which decides what applies where nothing is written.
    #[must_use]
    pub fn origin(&self) -> Origin {
        self.origin
    }

    /// What its author may not expect, in the order of the places.
    #[must_use]
    pub fn warnings(&self) -> &[Problem] {
        &self.warnings
    }

    /// How many App Mesh resources were read or built, those that this version leaves out among them.
    #[must_use]
    pub fn resources(&self) -> usize {
        self.resources
    }
}

impl From<Mesh> for Config {
    fn from(mesh: Mesh) -> Self {
        let routes: usize = mesh
            .virtual_routers()
            .map(|router| router.routes.len())
            .sum();
        let named = mesh.virtual_nodes().count()
            + mesh.virtual_routers().count()
            + mesh.virtual_services().count();
        Self {
            mesh,
            origin: Origin::Built,
            warnings: Vec::new(),
            resources: 1 + named + routes,
        }
    }
}

/// Who wrote a configuration.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Origin {
    /// An App Mesh file: what it leaves open is as App Mesh had it.
    AppMesh,
    /// Rust code: what it leaves open is safe.
    Built,
}
