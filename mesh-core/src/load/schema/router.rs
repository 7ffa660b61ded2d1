//! Virtual routers, virtual services, and Kubernetes' groups of these.

use super::{AWS_NAME, MESH_REF, listener::PORT_MAPPING, route::ROUTE_IN_ROUTER};
use crate::config::ResourceKind;
use crate::load::shape::{
    Choice, Forms,
    Kind::{Arn, List, Name, Object, Reference, Text},
    Property, Shape,
};

pub(super) static VIRTUAL_ROUTER_SPEC: Shape = shape! { "a virtual router's spec", &[
    Property {
        name: "listeners",
        kind: List { of: &Object(&shape! { "a router's listener", &[PORT_MAPPING] }), least: 1 },
        forms: Forms::ALL,
        required: Forms::CLOUD_FORMATION,
    },
    p! { "routes", List { of: &Object(&ROUTE_IN_ROUTER), least: 0 }, Forms::KUBERNETES },
    AWS_NAME,
    MESH_REF,
] };

pub(super) static VIRTUAL_SERVICE_SPEC: Shape = shape! { "a virtual service's spec", &[
    p! { "provider", Object(&shape! { "a provider", &[
        p! { "virtualNode", Object(&shape! { "a provider node", &named!(
            "virtualNodeName", "virtualNodeRef", "virtualNodeArn", ResourceKind::VirtualNode
        ), &[super::ONE_NODE] }) },
        p! { "virtualRouter", Object(&shape! { "a provider router", &named!(
            "virtualRouterName", "virtualRouterRef", "virtualRouterArn", ResourceKind::VirtualRouter
        ), &[Choice::one_in(Forms::KUBERNETES, &["virtualRouterRef", "virtualRouterArn"])] }) },
    ], &[Choice::one(&["virtualNode", "virtualRouter"])] }) },
    AWS_NAME,
    MESH_REF,
] };

pub(super) static BACKEND_GROUP_SPEC: Shape = shape! { "a backend group's spec", &[
    p! { "virtualServices", List { of: &Object(&shape! { "a virtual service's reference", &[
        p! { need "name", Text },
        p! { "namespace", Text },
    ] }), least: 0 }, Forms::KUBERNETES },
    MESH_REF,
] };
