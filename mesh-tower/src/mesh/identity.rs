//! Which virtual node this process is.

use std::env;

use mesh_core::{config::ResourceKind, load::sidecar::MeshResource};

use crate::error::Error;

/// Who this process is, as the program or the environment says.
#[derive(Debug)]
pub(super) struct Identity {
    pub(super) virtual_node: String,
    /// The mesh that the environment names with it.
    pub(super) mesh: Option<String>,
}

impl Identity {
    /// The node that was named, or else the one that the environment names.
    pub(super) fn of(named: Option<String>) -> Result<Self, Error> {
        match named {
            Some(virtual_node) => Ok(Self {
                virtual_node,
                mesh: None,
            }),
            None => told(|variable| env::var(variable).ok()),
        }
    }
}

/// What the variables say; one that is empty says nothing.
///
/// # Source
/// App Mesh Envoy image: `APPMESH_RESOURCE_ARN`, else `APPMESH_RESOURCE_NAME`, else `APPMESH_VIRTUAL_NODE_NAME`, each as
/// `mesh/MESH/virtualNode/NODE` or an ARN that ends so; a bare node name is taken as well.
fn told(value: impl Fn(&str) -> Option<String>) -> Result<Identity, Error> {
    let mut set = MeshResource::VARIABLES.into_iter().filter_map(|variable| {
        let value = value(variable).filter(|value| !value.is_empty())?;
        Some((variable, value))
    });
    let Some((variable, resource)) = set.next() else {
        let [first, second, third] = MeshResource::VARIABLES;
        return Err(Error::setup(format!(
            "which virtual node is this? Say so with .virtual_node(NAME), or in {first}, {second} or {third}"
        )));
    };
    let resource: MeshResource = resource
        .parse()
        .map_err(|error| Error::setup(format!("{variable}: {error}")))?;
    match resource.kind() {
        ResourceKind::VirtualNode => Ok(Identity {
            virtual_node: resource.name().to_owned(),
            mesh: resource.mesh().map(str::to_owned),
        }),
        kind => Err(Error::setup(format!(
            "{variable} says that this is the {kind} {:?}, and a service is a virtual node",
            resource.name()
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the first, the second and the third variable make of this process.
    fn node(values: [Option<&str>; 3]) -> Result<Identity, Error> {
        told(|variable| {
            let mut pairs = MeshResource::VARIABLES.into_iter().zip(values);
            let (_, value) = pairs.find(|(name, _)| *name == variable)?;
            value.map(str::to_owned)
        })
    }

    #[test]
    fn a_node_is_named_as_the_sidecar_was_told() {
        let arn = "arn:aws:appmesh:eu-central-1:111122223333:mesh/shop@444455556666/virtualNode/a";
        for (values, want) in [
            ([Some(arn), Some("b"), Some("c")], "a"),
            ([None, Some("mesh/shop/virtualNode/b"), Some("c")], "b"),
            ([Some(""), None, Some("c")], "c"),
        ] {
            assert_eq!(node(values).expect("it is named").virtual_node, want);
        }
    }

    #[test]
    fn the_mesh_is_named_with_the_node_or_not_at_all() {
        let named = |value| node([None, Some(value), None]).expect("it is named").mesh;
        let shop = named("mesh/shop@444455556666/virtualNode/a");
        assert_eq!((shop.as_deref(), named("a")), (Some("shop"), None));
    }

    #[test]
    fn what_names_no_node_is_refused_with_its_variable() {
        for (value, says) in [
            ("mesh/shop", "APPMESH_RESOURCE_ARN: `mesh/shop` names no"),
            ("mesh/shop/virtualGateway/in", "the VirtualGateway \"in\""),
        ] {
            let error = node([Some(value), None, None])
                .expect_err(value)
                .to_string();
            assert!(error.contains(says), "{error}");
        }
        let unset = node([None; 3]).expect_err("nothing is said").to_string();
        assert!(unset.contains("APPMESH_VIRTUAL_NODE_NAME"), "{unset}");
    }
}
