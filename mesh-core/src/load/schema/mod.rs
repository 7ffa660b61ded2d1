//! The App Mesh resources, property by property, once for all forms in which they are kept.
//!
//! Names are the API's; [`Form::spelling`](super::shape::Form::spelling) tells how the other forms write them. Names and structure follow
//! the App Mesh API model, the registry schemas of `AWS::AppMesh::*`, and the controller's resource definitions of `v1beta2`;
//! enumerations follow the API model.

use crate::config::ResourceKind;
macro_rules! shape {
    ($what:expr, $properties:expr) => {
        shape!($what, $properties, &[])
    };
    ($what:expr, $properties:expr, $choices:expr) => {
        Shape {
            what: $what,
            properties: $properties,
            choices: $choices,
        }
    };
}

macro_rules! p {
    (need $name:expr, $kind:expr) => {
        p!(need $name, $kind, Forms::ALL)
    };
    (need $name:expr, $kind:expr, $forms:expr) => {
        Property {
            name: $name,
            kind: $kind,
            forms: $forms,
            required: $forms,
        }
    };
    ($name:expr, $kind:expr) => {
        p!($name, $kind, Forms::ALL)
    };
    ($name:expr, $kind:expr, $forms:expr) => {
        Property {
            name: $name,
            kind: $kind,
            forms: $forms,
            required: Forms::NONE,
        }
    };
}

/// How a property of a resource's own names another: by its name in App Mesh or, in Kubernetes, by object or ARN.
macro_rules! named {
    ($name:expr, $reference:expr, $arn:expr, $kind:expr) => {
        [
            p! { need $name, Name, Forms::NOT_KUBERNETES },
            p! { $reference, Reference { to: $kind, name: $name }, Forms::KUBERNETES },
            p! { $arn, Arn { to: $kind, name: $name }, Forms::KUBERNETES },
        ]
    };
}

mod gateway;
mod listener;
mod logging;
mod node;
mod route;
mod router;
mod tls;

use self::{
    gateway::{GATEWAY_ROUTE_SPEC, VIRTUAL_GATEWAY_SPEC},
    node::{MESH_SPEC, VIRTUAL_NODE_SPEC},
    route::ROUTE_SPEC,
    router::{BACKEND_GROUP_SPEC, VIRTUAL_ROUTER_SPEC, VIRTUAL_SERVICE_SPEC},
};
use super::shape::{
    Choice, Forms,
    Kind::{Any, Arn, Labels, List, Name, Object, Reference, Text, Word},
    Property, Shape,
};

/// What a resource of a kind holds.
pub(super) const fn of(kind: ResourceKind) -> &'static Shape {
    match kind {
        ResourceKind::Mesh => &MESH,
        ResourceKind::VirtualNode => &VIRTUAL_NODE,
        ResourceKind::VirtualRouter => &VIRTUAL_ROUTER,
        ResourceKind::Route => &ROUTE,
        ResourceKind::VirtualService => &VIRTUAL_SERVICE,
        ResourceKind::VirtualGateway => &VIRTUAL_GATEWAY,
        ResourceKind::GatewayRoute => &GATEWAY_ROUTE,
        ResourceKind::BackendGroup => &BACKEND_GROUP,
    }
}

/// CloudFormation's types, each with the property that names the resource.
pub(super) const TYPES: [(&str, ResourceKind, &str); 7] = [
    ("AWS::AppMesh::Mesh", ResourceKind::Mesh, "MeshName"),
    (
        "AWS::AppMesh::VirtualNode",
        ResourceKind::VirtualNode,
        "VirtualNodeName",
    ),
    (
        "AWS::AppMesh::VirtualRouter",
        ResourceKind::VirtualRouter,
        "VirtualRouterName",
    ),
    ("AWS::AppMesh::Route", ResourceKind::Route, "RouteName"),
    (
        "AWS::AppMesh::VirtualService",
        ResourceKind::VirtualService,
        "VirtualServiceName",
    ),
    (
        "AWS::AppMesh::VirtualGateway",
        ResourceKind::VirtualGateway,
        "VirtualGatewayName",
    ),
    (
        "AWS::AppMesh::GatewayRoute",
        ResourceKind::GatewayRoute,
        "GatewayRouteName",
    ),
];

const PROTOCOLS: &[&str] = &["http", "http2", "grpc", "tcp"];
const HTTP_PROTOCOLS: &[&str] = &["http", "http2", "grpc"];

/// The rows of a resource by itself; `$spec` is its spec's row.
macro_rules! resource {
    ($what:expr, [$($own:expr),*], $spec:expr) => {
        shape! { $what, &[
            $($own,)*
            $spec,
            p! { "meshOwner", Text, Forms::NOT_KUBERNETES },
            p! { "tags", Any, Forms::NOT_KUBERNETES },
            p! { "clientToken", Text, Forms::API },
            p! { "metadata", Any, Forms::NOT_CLOUD_FORMATION },
            p! { "status", Any, Forms::NOT_CLOUD_FORMATION },
            p! { "apiVersion", Text, Forms::KUBERNETES },
            p! { "kind", Text, Forms::KUBERNETES },
        ] }
    };
}

/// The mesh of a resource; a template has to name it, the command line of the API's files does.
const MESH_NAME: Property = Property {
    name: "meshName",
    kind: Name,
    forms: Forms::NOT_KUBERNETES,
    required: Forms::CLOUD_FORMATION,
};
/// What a resource is a part of; likewise.
const fn parent(name: &'static str) -> Property {
    Property {
        name,
        kind: Name,
        forms: Forms::NOT_KUBERNETES,
        required: Forms::CLOUD_FORMATION,
    }
}
/// The name of a resource that has one of its own; CloudFormation gives one to those that do not.
const fn own(name: &'static str) -> Property {
    p! { name, Name, Forms::NOT_KUBERNETES }
}

static MESH: Shape = resource! { "a mesh", [own("meshName")],
p! { "spec", Object(&MESH_SPEC) } };

static VIRTUAL_NODE: Shape = resource! { "a virtual node", [MESH_NAME, own("virtualNodeName")],
p! { need "spec", Object(&VIRTUAL_NODE_SPEC) } };

static VIRTUAL_ROUTER: Shape = resource! { "a virtual router", [MESH_NAME, own("virtualRouterName")],
p! { need "spec", Object(&VIRTUAL_ROUTER_SPEC) } };

static ROUTE: Shape = resource! { "a route", [MESH_NAME, parent("virtualRouterName"), own("routeName")],
p! { need "spec", Object(&ROUTE_SPEC) } };

static VIRTUAL_SERVICE: Shape = resource! { "a virtual service", [MESH_NAME, parent("virtualServiceName")],
p! { need "spec", Object(&VIRTUAL_SERVICE_SPEC) } };

static VIRTUAL_GATEWAY: Shape = resource! { "a virtual gateway", [MESH_NAME, own("virtualGatewayName")],
p! { need "spec", Object(&VIRTUAL_GATEWAY_SPEC) } };

static GATEWAY_ROUTE: Shape = resource! { "a gateway route", [MESH_NAME, parent("virtualGatewayName"), own("gatewayRouteName")],
p! { need "spec", Object(&GATEWAY_ROUTE_SPEC) } };

static BACKEND_GROUP: Shape = resource! { "a backend group", [],
p! { "spec", Object(&BACKEND_GROUP_SPEC) } };

/// What Kubernetes alone keeps in a spec: the name in App Mesh, and the mesh, which the controller writes there.
const AWS_NAME: Property = p! { "awsName", Text, Forms::KUBERNETES };
const MESH_REF: Property = p! { "meshRef", Object(&MESH_REFERENCE), Forms::KUBERNETES };

static MESH_REFERENCE: Shape =
    shape! { "a mesh reference", &[p! { need "name", Text }, p! { "uid", Text }] };
static GATEWAY_REFERENCE: Shape = shape! { "a gateway reference", &[
    p! { need "name", Text },
    p! { "namespace", Text },
    p! { "uid", Text },
] };

/// What selects objects by their labels.
pub(super) static SELECTOR: Shape = shape! { "a selector", &[
    p! { "matchLabels", Labels },
    p! { "matchExpressions", List { of: &Object(&shape! { "a selector's expression", &[
        p! { need "key", Text },
        p! { need "operator", Word(&["In", "NotIn", "Exists", "DoesNotExist"]) },
        p! { "values", List { of: &Text, least: 0 } },
    ] }), least: 0 } },
] };

static KEY_VALUE: Shape = shape! { "a key and value", &[
    p! { need "key", Text },
    p! { need "value", Text },
] };

const TO_NODE: [Property; 3] = named!(
    "virtualNode",
    "virtualNodeRef",
    "virtualNodeArn",
    ResourceKind::VirtualNode
);
const TO_SERVICE: [Property; 3] = named!(
    "virtualServiceName",
    "virtualServiceRef",
    "virtualServiceArn",
    ResourceKind::VirtualService
);
const ONE_NODE: Choice = Choice::one_in(Forms::KUBERNETES, &["virtualNodeRef", "virtualNodeArn"]);
const ONE_SERVICE: Choice = Choice::one_in(
    Forms::KUBERNETES,
    &["virtualServiceRef", "virtualServiceArn"],
);
