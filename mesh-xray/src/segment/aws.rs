//! [`Aws`]: where the service runs.

use std::borrow::Cow;

use super::json::Object;

/// Where the service runs, the same for every segment of a process.
///
/// The name and version of this crate are always written beside it.
///
/// # Source
/// X-Ray developer guide, "AWS resource data"; `app_mesh` as App Mesh's own agent has written it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Aws {
    /// The mesh and the node in it.
    pub app_mesh: Option<AppMesh>,
    /// The ECS container's host name.
    pub ecs_container: Option<Cow<'static, str>>,
}

/// A node of a mesh, as a segment names it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AppMesh {
    /// The mesh.
    pub mesh_name: Cow<'static, str>,
    /// The virtual node, or the virtual gateway: App Mesh's agent has one member for both.
    pub virtual_node_name: Cow<'static, str>,
}

impl AppMesh {
    /// A node by its names.
    #[must_use]
    pub fn new(
        mesh_name: impl Into<Cow<'static, str>>,
        virtual_node_name: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            mesh_name: mesh_name.into(),
            virtual_node_name: virtual_node_name.into(),
        }
    }
}

/// Writes the block, which every segment has.
pub(super) fn write(aws: Option<&Aws>, block: &mut Object<'_>) {
    block.object("xray", |xray| {
        xray.plain("sdk", env!("CARGO_PKG_NAME").as_bytes());
        xray.plain("sdk_version", env!("CARGO_PKG_VERSION").as_bytes());
    });
    let Some(aws) = aws else { return };
    if let Some(node) = &aws.app_mesh {
        block.object("app_mesh", |app_mesh| {
            app_mesh.text("mesh_name", &node.mesh_name, MAX_CHARS);
            app_mesh.text("virtual_node_name", &node.virtual_node_name, MAX_CHARS);
        });
    }
    if let Some(container) = &aws.ecs_container {
        block.object("ecs", |ecs| ecs.text("container", container, MAX_CHARS));
    }
}

const MAX_CHARS: usize = 250;
