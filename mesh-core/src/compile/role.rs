//! The paved way from a configuration to a snapshot.

use super::{CompileError, compile};
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
        let defaults = match self.origin() {
            Origin::AppMesh => Defaults::AppMesh,
            Origin::Built => Defaults::Safe,
        };
        match self.mesh().virtual_node(name) {
            Some(node) => Ok(Role {
                mesh: self.mesh(),
                node: node.name.as_str(),
                defaults,
            }),
            None => Err(CompileError::unknown_node(self.mesh(), name)),
        }
    }
}

/// A configuration, one of its virtual nodes, and what applies where it is silent.
#[derive(Clone, Copy, Debug)]
pub struct Role<'a> {
    mesh: &'a Mesh,
    node: &'a str,
    defaults: Defaults,
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
        compile(self.mesh, self.node, self.defaults)
    }
}
