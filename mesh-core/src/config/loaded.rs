//! A configuration: a mesh, where it came from, and what to be warned of.

use std::collections::BTreeMap;

use super::{Mesh, ResourceKind};
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
    counts: Counts,
}

impl Config {
    pub(crate) fn read(mesh: Mesh, warnings: Vec<Problem>, counts: Counts) -> Self {
        Self {
            mesh,
            origin: Origin::AppMesh,
            warnings,
            counts,
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
        self.counts.total()
    }

    /// How many resources of each kind were read or built. The routes of a Kubernetes `VirtualRouter` are a part of it.
    #[must_use]
    pub fn counts(&self) -> &Counts {
        &self.counts
    }
}

/// How many resources of each kind there are.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Counts(BTreeMap<ResourceKind, usize>);

impl Counts {
    pub(crate) fn add(&mut self, kind: ResourceKind) {
        self.add_all(kind, 1);
    }

    pub(crate) fn remove(&mut self, kind: ResourceKind) {
        if let Some(count) = self.0.get_mut(&kind) {
            *count = count.saturating_sub(1);
        }
    }

    fn add_all(&mut self, kind: ResourceKind, count: usize) {
        if count > 0 {
            *self.0.entry(kind).or_default() += count;
        }
    }

    /// All of them.
    #[must_use]
    pub fn total(&self) -> usize {
        self.0.values().sum()
    }

    /// Each kind that there is, with its number, in the order of the kinds.
    pub fn iter(&self) -> impl Iterator<Item = (ResourceKind, usize)> {
        self.0.iter().map(|(kind, count)| (*kind, *count))
    }
}

impl From<Mesh> for Config {
    fn from(mesh: Mesh) -> Self {
        let routes: usize = mesh
            .virtual_routers()
            .map(|router| router.routes.len())
            .sum();
        let gateway_routes: usize = mesh
            .virtual_gateways()
            .map(|gateway| gateway.routes.len())
            .sum();
        let mut counts = Counts::default();
        for (kind, count) in [
            (ResourceKind::Mesh, 1),
            (ResourceKind::VirtualNode, mesh.virtual_nodes().count()),
            (ResourceKind::VirtualRouter, mesh.virtual_routers().count()),
            (ResourceKind::Route, routes),
            (
                ResourceKind::VirtualService,
                mesh.virtual_services().count(),
            ),
            (
                ResourceKind::VirtualGateway,
                mesh.virtual_gateways().count(),
            ),
            (ResourceKind::GatewayRoute, gateway_routes),
        ] {
            counts.add_all(kind, count);
        }
        Self {
            mesh,
            origin: Origin::Built,
            warnings: Vec::new(),
            counts,
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
