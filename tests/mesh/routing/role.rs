//! Whose routing is compared: one node or gateway of a mesh.

use std::collections::BTreeSet;

use mesh_core::{
    Config, Defaults, Snapshot,
    compile::CompileError,
    config::{Mesh, VirtualGateway, VirtualNode, VirtualService},
};

/// A mesh, and who in it calls or takes requests.
#[derive(Debug)]
pub(super) struct Role {
    pub(super) mesh: Mesh,
    who: Who,
}

#[derive(Debug)]
enum Who {
    Node(String),
    Gateway(String),
}

impl Role {
    pub(super) fn node(mesh: Mesh, name: &str) -> Self {
        let who = Who::Node(name.to_owned());
        Self { mesh, who }
    }

    pub(super) fn gateway(mesh: Mesh, name: &str) -> Self {
        let who = Who::Gateway(name.to_owned());
        Self { mesh, who }
    }

    /// What is asked of the library.
    pub(super) fn compiled(&self) -> Result<Snapshot, CompileError> {
        let config = Config::from(self.mesh.clone());
        let role = match &self.who {
            Who::Node(name) => config.node(name),
            Who::Gateway(name) => config.gateway(name),
        };
        role?.defaults(Defaults::AppMesh).compile()
    }

    /// The gateway, if it is one.
    pub(super) fn entry(&self) -> Option<&VirtualGateway> {
        match &self.who {
            Who::Node(_) => None,
            Who::Gateway(name) => self.mesh.virtual_gateway(name),
        }
    }

    /// The virtual services that it may call.
    pub(super) fn services(&self) -> Vec<&VirtualService> {
        let names: BTreeSet<_> = match &self.who {
            Who::Node(name) => {
                let backends = self.mesh.virtual_node(name).map(backends);
                backends.into_iter().flatten().collect()
            }
            Who::Gateway(_) => {
                let routes = self.entry().into_iter().flat_map(|entry| &entry.routes);
                let targets = routes.map(|route| route.target.virtual_service.as_str());
                targets.collect()
            }
        };
        let services = names.into_iter();
        services
            .filter_map(|name| self.mesh.virtual_service(name))
            .collect()
    }
}

fn backends(node: &VirtualNode) -> impl Iterator<Item = &str> {
    let backends = node.backends.iter();
    backends.map(|backend| backend.virtual_service.as_str())
}
