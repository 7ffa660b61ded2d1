//! From what a builder was given to the snapshot that is to be in force.

use mesh_core::{
    Config, Defaults, Snapshot, compile, compile::Target, error::Problem, name::VirtualNodeName,
    unit::Port,
};

use super::{
    builder::{MeshBuilder, Source},
    files, identity,
};
use crate::error::Error;

/// What a mesh starts with.
#[derive(Debug)]
pub(super) struct Sourced {
    pub(super) snapshot: Snapshot,
    /// The virtual nodes whose endpoints may be given.
    pub(super) nodes: Vec<VirtualNodeName>,
    pub(super) warnings: Vec<Problem>,
}

pub(super) fn snapshot(builder: &MeshBuilder) -> Result<Sourced, Error> {
    match &builder.source {
        Source::None => Err(Error::setup(
            "no configuration was given: .app_mesh_file(PATH) reads one, .config(…) takes one, .service(…) needs none",
        )),
        Source::Several => Err(Error::setup(
            "the configuration was given more than once: it is either files, or a configuration, or services",
        )),
        Source::Files(paths) => of_node(builder, &files::read(paths, &builder.parameters)?),
        _ if !builder.parameters.is_empty() => Err(Error::setup(
            "parameters are for the files that .app_mesh_file(PATH) reads, and there is none",
        )),
        Source::Config(config) => of_node(builder, config),
        Source::Services(_) if builder.virtual_node.is_some() => Err(Error::setup(
            ".virtual_node(NAME) is for a mesh that has nodes; services of one's own have none",
        )),
        Source::Services(services) => {
            of_services(services, builder.defaults.unwrap_or(Defaults::Safe))
        }
    }
}

fn of_node(builder: &MeshBuilder, config: &Config) -> Result<Sourced, Error> {
    let node = identity::virtual_node(builder.virtual_node.clone())?;
    let mut role = config.node(&node)?;
    if let Some(defaults) = builder.defaults {
        role = role.defaults(defaults);
    }
    Ok(Sourced {
        snapshot: role.compile()?,
        nodes: config
            .mesh()
            .virtual_nodes()
            .map(|node| node.name.clone())
            .collect(),
        warnings: config.warnings().to_vec(),
    })
}

fn of_services(services: &[(String, Target)], defaults: Defaults) -> Result<Sourced, Error> {
    let named = services.iter().map(|(name, target)| {
        let (name, port) = name_and_port(name)?;
        Ok((name, port, target.clone()))
    });
    let snapshot = compile::services(named.collect::<Result<Vec<_>, Error>>()?, defaults)?;
    let nodes = snapshot
        .clusters()
        .iter()
        .map(|cluster| cluster.virtual_node.clone())
        .collect();
    Ok(Sourced {
        snapshot,
        nodes,
        warnings: Vec::new(),
    })
}

fn name_and_port(text: &str) -> Result<(&str, Port), Error> {
    let parsed = text
        .rsplit_once(':')
        .and_then(|(name, port)| Some((name, Port::new(port.parse().ok()?).ok()?)));
    parsed.ok_or_else(|| {
        Error::setup(format!(
            "a service is NAME:PORT, such as orders:8080, not {text:?}"
        ))
    })
}
