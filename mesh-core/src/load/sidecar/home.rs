//! The mesh that a task is a part of, among those that were read.

use super::MeshResource;
use crate::{
    config::{Config, ResourceKind, spelling::nearest},
    error::quoted,
};

/// The code and the sentence of what is missing.
pub(super) type Missing = (&'static str, String);

impl MeshResource {
    /// The configuration that has it; `None` where nothing was read.
    pub(super) fn home<'a>(&self, configs: &'a [Config]) -> Result<Option<&'a Config>, Missing> {
        if configs.is_empty() {
            return Ok(None);
        }
        let config = self.mesh_among(configs)?;
        if self.is_in(config) {
            return Ok(Some(config));
        }
        let (mesh, name) = (config.mesh(), self.name());
        let near = match self.kind() {
            ResourceKind::VirtualGateway => {
                nearest(name, mesh.virtual_gateways().map(|it| it.name.as_str()))
            }
            _ => nearest(name, mesh.virtual_nodes().map(|it| it.name.as_str())),
        };
        let message = format!(
            "the mesh {} has no {} {}{near}",
            quoted(mesh.name().as_str()),
            self.what(),
            quoted(name)
        );
        Err(("missing-resource", message))
    }

    /// The one with its mesh's name; for a bare name, the only one.
    fn mesh_among<'a>(&self, configs: &'a [Config]) -> Result<&'a Config, Missing> {
        let names = || configs.iter().map(|config| config.mesh().name().as_str());
        match (self.mesh(), configs) {
            (None, [only]) => Ok(only),
            (None, _) => {
                let message = format!(
                    "{} is a name alone, and several meshes are here: write {}, or choose one (in Rust `Reader::mesh`, for \
                     validate `--mesh NAME`)",
                    quoted(self.name()),
                    quoted(&format!("mesh/MESH/virtualNode/{}", self.name()))
                );
                Err(("several-meshes", message))
            }
            (Some(mesh), _) => {
                let mut found = configs.iter().zip(names());
                let found = found.find(|(_, name)| *name == mesh);
                found.map(|(config, _)| config).ok_or_else(|| {
                    let near = nearest(mesh, names());
                    (
                        "missing-mesh",
                        format!("the mesh {} is not here{near}", quoted(mesh)),
                    )
                })
            }
        }
    }
}
