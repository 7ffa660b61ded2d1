//! Which virtual node or gateway a proxy was.

use std::{fmt, str::FromStr};

use thiserror::Error;

use crate::{
    config::{Config, ResourceKind},
    error::quoted,
};

/// The virtual node or gateway that a sidecar was told to be.
///
/// # Shape
/// An ARN, its last part (`mesh/MESH/virtualNode/NODE`, `mesh/MESH/virtualGateway/GATEWAY`), or a virtual node's name alone. The
/// owner of a shared mesh (`MESH@ACCOUNT`) is left out.
///
/// # Source
/// App Mesh's Envoy image, `APPMESH_RESOURCE_ARN`. A bare name was not taken there; it is taken here as long as one mesh is
/// there to have it.
///
/// # Examples
/// ```
/// use mesh_core::{config::ResourceKind, load::sidecar::MeshResource};
///
/// let arn = "arn:aws:appmesh:eu-central-1:111122223333:mesh/shop/virtualNode/web";
/// let web: MeshResource = arn.parse()?;
/// assert_eq!((web.kind(), web.mesh(), web.name()), (ResourceKind::VirtualNode, Some("shop"), "web"));
/// # Ok::<(), mesh_core::load::sidecar::InvalidResource>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct MeshResource {
    kind: ResourceKind,
    mesh: Option<String>,
    name: String,
}

impl MeshResource {
    /// The variables that name it, the one that counts first.
    ///
    /// # Source
    /// App Mesh's agent, which reads them in this order.
    pub const VARIABLES: [&str; 3] = [
        "APPMESH_RESOURCE_ARN",
        "APPMESH_RESOURCE_NAME",
        "APPMESH_VIRTUAL_NODE_NAME",
    ];

    /// Whether it is a virtual node or a virtual gateway.
    #[must_use]
    pub fn kind(&self) -> ResourceKind {
        self.kind
    }

    /// The name of its mesh, unless a bare name was written.
    #[must_use]
    pub fn mesh(&self) -> Option<&str> {
        self.mesh.as_deref()
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether a mesh has it.
    #[must_use]
    pub fn is_in(&self, config: &Config) -> bool {
        let mesh = config.mesh();
        match self.kind {
            ResourceKind::VirtualGateway => mesh.virtual_gateway(&self.name).is_some(),
            _ => mesh.virtual_node(&self.name).is_some(),
        }
    }

    /// `virtual node` or `virtual gateway`.
    pub(super) fn what(&self) -> &'static str {
        match self.kind {
            ResourceKind::VirtualGateway => "virtual gateway",
            _ => "virtual node",
        }
    }

    fn of_path(path: &str) -> Option<Self> {
        let mut parts = path.split('/');
        let (head, mesh, kind, name, end) = (
            parts.next()?,
            parts.next()?,
            parts.next()?,
            parts.next()?,
            parts.next(),
        );
        let mesh = mesh.split('@').next().unwrap_or_default();
        let kind = match kind {
            "virtualNode" => ResourceKind::VirtualNode,
            "virtualGateway" => ResourceKind::VirtualGateway,
            _ => return None,
        };
        let whole = head == "mesh" && end.is_none() && !mesh.is_empty() && !name.is_empty();
        whole.then(|| Self {
            kind,
            mesh: Some(mesh.to_owned()),
            name: name.to_owned(),
        })
    }
}

impl FromStr for MeshResource {
    type Err = InvalidResource;

    fn from_str(text: &str) -> Result<Self, InvalidResource> {
        let found = if let Some(arn) = text.strip_prefix("arn:") {
            arn.rsplit_once(':')
                .and_then(|(_, path)| Self::of_path(path))
        } else if text.contains('/') {
            Self::of_path(text)
        } else {
            (!text.is_empty()).then(|| Self {
                kind: ResourceKind::VirtualNode,
                mesh: None,
                name: text.to_owned(),
            })
        };
        found.ok_or_else(|| InvalidResource(text.to_owned()))
    }
}

/// As App Mesh wrote it: `mesh/MESH/virtualNode/NODE`; a bare name stays one.
impl fmt::Display for MeshResource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            ResourceKind::VirtualGateway => "virtualGateway",
            _ => "virtualNode",
        };
        match &self.mesh {
            Some(mesh) => write!(f, "mesh/{mesh}/{kind}/{}", self.name),
            None => f.write_str(&self.name),
        }
    }
}

/// A text that names neither a virtual node nor a virtual gateway.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[error("{} names no virtual node and no virtual gateway: write NODE, mesh/MESH/virtualNode/NODE, mesh/MESH/virtualGateway/GATEWAY, or an ARN that ends so", quoted(.0))]
pub struct InvalidResource(String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resource_is_named_as_the_sidecar_was_told_or_by_its_name_alone() {
        let node = ResourceKind::VirtualNode;
        let gateway = ResourceKind::VirtualGateway;
        let arn = "arn:aws:appmesh:eu-central-1:111122223333:mesh/";
        for (text, kind, mesh, name) in [
            ("service-a".to_owned(), node, None, "service-a"),
            (
                "mesh/shop/virtualNode/web".to_owned(),
                node,
                Some("shop"),
                "web",
            ),
            (
                "mesh/shop/virtualGateway/in".to_owned(),
                gateway,
                Some("shop"),
                "in",
            ),
            (
                format!("{arn}shop/virtualNode/web"),
                node,
                Some("shop"),
                "web",
            ),
            (
                format!("{arn}shop@444455556666/virtualNode/web"),
                node,
                Some("shop"),
                "web",
            ),
            (
                format!("{arn}shop/virtualGateway/in"),
                gateway,
                Some("shop"),
                "in",
            ),
        ] {
            let read: MeshResource = text.parse().unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(
                (read.kind(), read.mesh(), read.name()),
                (kind, mesh, name),
                "{text}"
            );
        }
    }

    #[test]
    fn what_names_nothing_is_refused_with_the_forms_that_do() {
        for text in [
            "",
            "arn:aws",
            "arn:aws:appmesh:r:1:web",
            "mesh/shop",
            "mesh/shop/virtualRouter/r",
            "mesh//virtualNode/web",
            "mesh/shop/virtualNode/",
            "mesh/shop/virtualNode/web/more",
            "msh/shop/virtualNode/web",
        ] {
            let error = text.parse::<MeshResource>().expect_err(text).to_string();
            assert!(error.contains("mesh/MESH/virtualNode/NODE"), "{error}");
        }
    }
}
