//! The builder of a virtual service.

use crate::{
    config::{
        VirtualService,
        draft::{ProviderDraft, Said, VirtualServiceDraft},
    },
    error::Place,
};

/// A virtual service in the making; [`MeshBuilder::virtual_service`](super::MeshBuilder::virtual_service) takes it.
#[derive(Debug)]
#[must_use = "give it to `MeshBuilder::virtual_service`"]
pub struct VirtualServiceBuilder {
    pub(super) draft: VirtualServiceDraft,
    path: String,
}

impl VirtualService {
    /// Begins a virtual service that nobody answers for yet; its name is the authority that callers write.
    pub fn builder(name: impl Into<String>) -> VirtualServiceBuilder {
        let name = name.into();
        let path = format!("virtual_service({name})");
        let name = Said::new(name, Place::of(path.clone()));
        let draft = VirtualServiceDraft {
            mesh: None,
            name,
            provider: None,
        };
        VirtualServiceBuilder { draft, path }
    }
}

impl VirtualServiceBuilder {
    /// Lets one virtual node answer to all of it, without routes.
    pub fn virtual_node(self, name: impl Into<String>) -> Self {
        self.provider(ProviderDraft::VirtualNode(name.into()))
    }

    /// Lets a virtual router choose who answers.
    pub fn virtual_router(self, name: impl Into<String>) -> Self {
        self.provider(ProviderDraft::VirtualRouter(name.into()))
    }

    fn provider(mut self, provider: ProviderDraft) -> Self {
        let place = Place::of(format!("{}.provider", self.path));
        self.draft.provider = Some(Said::new(provider, place));
        self
    }
}
