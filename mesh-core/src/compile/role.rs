//! The paved way from a configuration to a snapshot.

use super::{CompileError, compile, compile_gateway};
use crate::{
    config::{Config, Mesh, Origin},
    defaults::Defaults,
    snapshot::Snapshot,
};

impl Config {
    /// The configuration as seen by one of its virtual nodes.
    ///
    /// What an App Mesh file leaves open is as App Mesh had it ([`Defaults::AppMesh`]); for a mesh built in Rust it is
    /// [`Defaults::Safe`].
    ///
    /// # Errors
    /// [`CompileError::UnknownNode`], which names the nearest one.
    ///
    /// # Examples
    /// ```
    /// use mesh_core::{Config, Defaults, config::Mesh};
    ///
    /// let config = Config::from(Mesh::builder("shop").build()?);
    /// let error = config.node("web").unwrap_err();
    /// assert_eq!(error.to_string(), "the mesh has no virtual node \"web\"");
    /// # Ok::<(), mesh_core::error::ConfigErrors>(())
    /// ```
    pub fn node(&self, name: &str) -> Result<Role<'_>, CompileError> {
        match self.mesh().virtual_node(name) {
            Some(node) => Ok(self.role(Of::Node(node.name.as_str()))),
            None => Err(CompileError::unknown_node(self.mesh(), name)),
        }
    }

    /// The configuration as seen by one of its virtual gateways; silence means what it means to a [node](Self::node).
    ///
    /// # Errors
    /// [`CompileError::UnknownGateway`], which names the nearest one.
    ///
    /// # Examples
    /// ```
    /// use mesh_core::{Config, config::Mesh};
    ///
    /// let config = Config::from(Mesh::builder("shop").build()?);
    /// let error = config.gateway("in").unwrap_err();
    /// assert_eq!(error.to_string(), "the mesh has no virtual gateway \"in\"");
    /// # Ok::<(), mesh_core::error::ConfigErrors>(())
    /// ```
    pub fn gateway(&self, name: &str) -> Result<Role<'_>, CompileError> {
        match self.mesh().virtual_gateway(name) {
            Some(gateway) => Ok(self.role(Of::Gateway(gateway.name.as_str()))),
            None => Err(CompileError::unknown_gateway(self.mesh(), name)),
        }
    }

    fn role<'a>(&'a self, of: Of<'a>) -> Role<'a> {
        let defaults = match self.origin() {
            Origin::AppMesh => Defaults::AppMesh,
            Origin::Built => Defaults::Safe,
        };
        let mesh = self.mesh();
        Role { mesh, of, defaults }
    }
}

/// A configuration, one of its virtual nodes or gateways, and what applies where it is silent.
#[derive(Clone, Copy, Debug)]
pub struct Role<'a> {
    mesh: &'a Mesh,
    of: Of<'a>,
    defaults: Defaults,
}

#[derive(Clone, Copy, Debug)]
enum Of<'a> {
    Node(&'a str),
    Gateway(&'a str),
}

impl Role<'_> {
    /// The same with other defaults.
    #[must_use]
    pub fn defaults(self, defaults: Defaults) -> Self {
        Self { defaults, ..self }
    }

    /// Compiles it.
    ///
    /// # Errors
    /// [`CompileError`]; none for a configuration that was read or built.
    pub fn compile(self) -> Result<Snapshot, CompileError> {
        match self.of {
            Of::Node(name) => compile(self.mesh, name, self.defaults),
            Of::Gateway(name) => compile_gateway(self.mesh, name, self.defaults),
        }
    }
}
