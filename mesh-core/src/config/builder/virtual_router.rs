//! The builder of a virtual router.

use super::RouteBuilder;
use crate::{
    config::{
        VirtualRouter,
        draft::{RouteDraft, RouterListenerDraft, Said, VirtualRouterDraft},
    },
    error::Place,
    unit::Protocol,
};

/// A virtual router in the making; [`MeshBuilder::virtual_router`](super::MeshBuilder::virtual_router) takes it.
#[derive(Debug)]
#[must_use = "give it to `MeshBuilder::virtual_router`"]
pub struct VirtualRouterBuilder {
    pub(super) draft: VirtualRouterDraft,
    pub(super) routes: Vec<RouteDraft>,
    path: String,
}

impl VirtualRouter {
    /// Begins a virtual router.
    pub fn builder(name: impl Into<String>) -> VirtualRouterBuilder {
        let name = name.into();
        let path = format!("virtual_router({name})");
        let name = Said::new(name, Place::of(path.clone()));
        let draft = VirtualRouterDraft {
            mesh: None,
            name,
            listeners: Vec::new(),
            whole: true,
        };
        VirtualRouterBuilder {
            draft,
            routes: Vec::new(),
            path,
        }
    }
}

impl VirtualRouterBuilder {
    /// Adds a port that callers dial; it need not be the targets' port.
    ///
    /// # Units
    /// A port from 1 to 65535.
    pub fn listener(mut self, port: impl Into<i64>, protocol: Protocol) -> Self {
        let port = port.into();
        let place = Place::of(format!("{}.listener({port})", self.path));
        let port = Said::new(port, place);
        self.draft
            .listeners
            .push(RouterListenerDraft { port, protocol });
        self
    }

    /// Adds a route.
    pub fn route<K>(mut self, route: RouteBuilder<K>) -> Self {
        self.routes
            .push(route.in_router(&self.draft.name, &self.path));
        self
    }
}
