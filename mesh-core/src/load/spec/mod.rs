//! What resources say, into drafts.

mod duration;
mod gateway;
mod listener;
mod logging;
mod node;
mod route;
mod text;
mod tls;

use self::{
    gateway::{gateway_route, virtual_gateway},
    node::{mesh, virtual_node, virtual_router, virtual_service},
};
use super::read::Read;
use crate::{config::ResourceKind, config::draft::Draft, error::Problems};

/// Adds a resource to the draft, or the gap that it leaves.
pub(super) fn read(read: Read, draft: &mut Draft, problems: &mut Problems) {
    let gaps = &mut draft.gaps;
    let gap = !read.named;
    match read.kind {
        ResourceKind::Mesh => {
            gaps.meshes |= gap;
            draft.meshes.push(mesh(read));
        }
        ResourceKind::VirtualNode => {
            gaps.virtual_nodes |= gap;
            draft.virtual_nodes.push(virtual_node(read, problems));
        }
        ResourceKind::VirtualRouter => {
            gaps.virtual_routers |= gap;
            let routes = route::of_router(&read, problems);
            if routes.len() < read.properties.items(&["spec", "routes"]).len() {
                gaps.left_out_routes.insert(read.name.value.clone());
            }
            draft.routes.extend(routes);
            draft.virtual_routers.push(virtual_router(read));
        }
        ResourceKind::Route => match route::read(&read, problems) {
            Some(route) => draft.routes.push(route),
            None => drop(gaps.left_out_routes.insert(parent(&read))),
        },
        ResourceKind::VirtualService => {
            gaps.virtual_services |= gap || !read.whole;
            draft.virtual_services.push(virtual_service(read));
        }
        ResourceKind::VirtualGateway => {
            gaps.virtual_gateways |= gap;
            draft.virtual_gateways.push(virtual_gateway(read, problems));
        }
        ResourceKind::GatewayRoute => {
            let gateway = parent(&read);
            match gateway_route(read, problems) {
                Some(route) => draft.gateway_routes.push(route),
                None => drop(gaps.left_out_gateway_routes.insert(gateway)),
            }
        }
        // Its services are backends of the nodes that name it.
        ResourceKind::BackendGroup => {}
    }
}

/// The name of what a route is a part of; nothing for one that could not be read.
fn parent(read: &Read) -> String {
    let parent = read.parent.as_ref();
    parent.map(|said| said.value.clone()).unwrap_or_default()
}
