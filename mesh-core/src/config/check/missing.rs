//! References to what is not there: refused or, if the caller allows them, left out with what holds them. A virtual service stays: were it
//! left out, an open egress filter would let its calls go past the mesh.

use std::{collections::BTreeSet, fmt};

use super::{gateway_route, route};
use crate::{
    config::{
        draft::{
            Draft, Gaps, GatewayRouteDraft, ProviderDraft, RouteDraft, Said, VirtualServiceDraft,
        },
        spelling::nearest,
    },
    error::{Place, Problems, quoted},
};

/// Takes routes, providers of virtual services, and gateway routes out of the draft that refer to what is not there.
pub(super) fn leave_out(draft: &mut Draft, problems: &mut Problems) {
    let nodes = draft.virtual_nodes.iter().map(|node| &node.name);
    let routers = draft.virtual_routers.iter().map(|router| &router.name);
    let known = Known {
        nodes: nodes.map(|name| name.value.clone()).collect(),
        routers: routers.map(|name| name.value.clone()).collect(),
        gaps: draft.gaps.clone(),
    };
    let left_out = &mut draft.gaps.left_out_routes;
    draft.routes.retain(|draft| {
        let kept = known.has_all_of(draft, problems);
        if !kept {
            left_out.insert(draft.router_name().to_owned());
            // What is wrong with it is told all the same.
            route::route(draft, problems);
        }
        kept
    });
    for service in &mut draft.virtual_services {
        if !known.has_provider_of(service, problems) {
            service.provider = None;
        }
    }
    let services = draft.virtual_services.iter();
    let gateways = draft.virtual_gateways.iter();
    let known = Entered {
        services: services.map(|service| service.name.value.clone()).collect(),
        gateways: gateways.map(|gateway| gateway.name.value.clone()).collect(),
        gaps: known.gaps,
    };
    let left_out = &mut draft.gaps.left_out_gateway_routes;
    draft.gateway_routes.retain(|draft| {
        let kept = known.has_all_of(draft, problems);
        if !kept {
            left_out.insert(draft.gateway_name().to_owned());
            gateway_route::gateway_route(draft, problems);
        }
        kept
    });
}

/// Reports a reference to what is not there, with the way to allow it.
pub(super) fn report<'a>(
    code: &'static str,
    (kind, name): (&str, &str),
    known: impl Iterator<Item = &'a str>,
    place: &Place,
    problems: &mut Problems,
) {
    if problems.is_full() {
        return;
    }
    let switch = match place.location {
        Some(_) => SWITCH,
        None => "",
    };
    let message = format_args!(
        "there is no {kind} {} in the mesh{}{switch}",
        quoted(name),
        nearest(name, known)
    );
    problems.error(code, place, message);
}

struct Known {
    nodes: BTreeSet<String>,
    routers: BTreeSet<String>,
    /// What could not be read is not missed.
    gaps: Gaps,
}

impl Known {
    fn has_all_of(&self, route: &RouteDraft, problems: &mut Problems) -> bool {
        let mut all = true;
        let holder = "the route is left out";
        if let Some(Said { value, place }) = &route.router
            && !self.has_router(value)
        {
            let router = ("missing-router", "virtual router", value.as_str());
            warn(router, &self.routers, holder, place, problems);
            all = false;
        }
        for Said { value, place } in route.targets.value.iter().map(|t| &t.virtual_node) {
            if !self.has_node(value) {
                let node = ("missing-target", "virtual node", value.as_str());
                warn(node, &self.nodes, holder, place, problems);
                all = false;
            }
        }
        all
    }

    fn has_provider_of(&self, service: &VirtualServiceDraft, problems: &mut Problems) -> bool {
        let Some(Said { value, place }) = &service.provider else {
            return true;
        };
        let (there, known, kind, name) = match value {
            ProviderDraft::VirtualNode(name) => {
                (self.has_node(name), &self.nodes, "virtual node", name)
            }
            ProviderDraft::VirtualRouter(name) => {
                (self.has_router(name), &self.routers, "virtual router", name)
            }
        };
        if !there {
            let provider = ("missing-provider", kind, name.as_str());
            let holder = "the virtual service refuses every call";
            warn(provider, known, holder, place, problems);
        }
        there
    }

    fn has_node(&self, name: &str) -> bool {
        self.gaps.virtual_nodes || self.nodes.contains(name)
    }

    fn has_router(&self, name: &str) -> bool {
        self.gaps.virtual_routers || self.routers.contains(name)
    }
}

/// What a gateway route refers to.
struct Entered {
    services: BTreeSet<String>,
    gateways: BTreeSet<String>,
    gaps: Gaps,
}

impl Entered {
    fn has_all_of(&self, route: &GatewayRouteDraft, problems: &mut Problems) -> bool {
        let holder = "the gateway route is left out";
        let mut all = true;
        if let Some(Said { value, place }) = &route.gateway
            && !(self.gaps.virtual_gateways || self.gateways.contains(value))
        {
            let gateway = ("missing-gateway", "virtual gateway", value.as_str());
            warn(gateway, &self.gateways, holder, place, problems);
            all = false;
        }
        if let Some(Said { value, place }) = &route.virtual_service
            && !(self.gaps.virtual_services || self.services.contains(value))
        {
            let service = ("missing-virtual-service", "virtual service", value.as_str());
            warn(service, &self.services, holder, place, problems);
            all = false;
        }
        all
    }
}

/// Says which one is not there, given its code, kind and name, and what becomes of what refers to it.
fn warn(
    (code, kind, name): (&'static str, &str, &str),
    known: &BTreeSet<String>,
    holder: &str,
    place: &Place,
    problems: &mut Problems,
) {
    let hint = fmt::from_fn(|f| f.write_str(&nearest(name, known.iter().map(String::as_str))));
    let message = format_args!(
        "{holder}: there is no {kind} {} in the mesh{hint}",
        quoted(name)
    );
    problems.warn(code, place, message);
}

/// What a builder does not have and a reader does.
const SWITCH: &str = " (if another stack has it, load that one as well, or leave out what needs it: in Rust `Reader::allow_missing`, \
                      for validate `--allow-dangling`)";
