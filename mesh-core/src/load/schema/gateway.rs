//! Virtual gateways and their routes.

use super::{
    AWS_NAME, GATEWAY_REFERENCE, HTTP_PROTOCOLS, MESH_REF, ONE_SERVICE, SELECTOR, TO_SERVICE,
    listener::{HEALTH_CHECK, HTTP_CONNECTION_POOL},
    logging::LOGGING,
    route::{HEADER, PATH, QUERY_PARAMETERS},
    tls::{CLIENT_POLICY, LISTENER_TLS},
};
use crate::load::shape::{
    Choice, Forms,
    Kind::{List, Number, Object, Text, Word},
    Property, Shape,
};

pub(super) static VIRTUAL_GATEWAY_SPEC: Shape = shape! { "a virtual gateway's spec", &[
    Property {
        name: "listeners",
        kind: List { of: &Object(&LISTENER), least: 0 },
        forms: Forms::ALL,
        required: Forms::NOT_KUBERNETES,
    },
    p! { "backendDefaults", Object(&shape! { "backend defaults", &[CLIENT_POLICY] }) },
    LOGGING,
    p! { "namespaceSelector", Object(&SELECTOR), Forms::KUBERNETES },
    p! { "gatewayRouteSelector", Object(&SELECTOR), Forms::KUBERNETES },
    p! { "podSelector", Object(&SELECTOR), Forms::KUBERNETES },
    AWS_NAME,
    MESH_REF,
] };

static LISTENER: Shape = shape! { "a gateway's listener", &[
    p! { need "portMapping", Object(&shape! { "a port mapping", &[
        p! { need "port", Number },
        p! { need "protocol", Word(HTTP_PROTOCOLS) },
    ] }) },
    p! { "tls", Object(&LISTENER_TLS) },
    p! { "healthCheck", Object(&HEALTH_CHECK) },
    p! { "connectionPool", Object(&HTTP_CONNECTION_POOL) },
] };

pub(super) static GATEWAY_ROUTE_SPEC: Shape = shape! { "a gateway route's spec", &[
    p! { "priority", Number },
    p! { "httpRoute", Object(&HTTP_ROUTE) },
    p! { "http2Route", Object(&HTTP_ROUTE) },
    p! { "grpcRoute", Object(&GRPC_ROUTE) },
    p! { "virtualGatewayRef", Object(&GATEWAY_REFERENCE), Forms::KUBERNETES },
    AWS_NAME,
    MESH_REF,
], &[Choice::one(&["httpRoute", "http2Route", "grpcRoute"])] };

static HTTP_ROUTE: Shape = shape! { "an HTTP gateway route", &[
    p! { need "match", Object(&shape! { "a gateway match", &[
        p! { "prefix", Text },
        p! { "path", Object(&PATH) },
        p! { "hostname", Object(&HOSTNAME) },
        p! { "method", Text },
        p! { "port", Number },
        p! { "headers", List { of: &Object(&HEADER), least: 1 } },
        QUERY_PARAMETERS,
    ], &[Choice::at_most_one(&["prefix", "path"])] }) },
    p! { need "action", Object(&shape! { "a gateway route's action", &[
        TARGET,
        p! { "rewrite", Object(&shape! { "a rewrite", &[
            REWRITE_HOSTNAME,
            p! { "prefix", Object(&shape! { "a prefix rewrite", &[
                p! { "defaultPrefix", Word(SWITCH) },
                p! { "value", Text },
            ], &[Choice::at_most_one(&["defaultPrefix", "value"])] }) },
            p! { "path", Object(&shape! { "a path rewrite", &[p! { "exact", Text }] }) },
        ], &[
            Choice::at_most_one(&["prefix", "path"]),
            Choice::some_in(Forms::KUBERNETES, &["prefix", "path", "hostname"]),
        ] }) },
    ] }) },
] };

static GRPC_ROUTE: Shape = shape! { "a gRPC gateway route", &[
    p! { need "match", Object(&shape! { "a gRPC gateway match", &[
        p! { "serviceName", Text },
        p! { "hostname", Object(&HOSTNAME) },
        p! { "metadata", List { of: &Object(&HEADER), least: 1 } },
        p! { "port", Number },
    ] }) },
    p! { need "action", Object(&shape! { "a gateway route's action", &[
        TARGET,
        p! { "rewrite", Object(&shape! { "a rewrite", &[REWRITE_HOSTNAME] }) },
    ] }) },
] };

const TARGET: Property = p! { need "target", Object(&shape! { "a gateway target", &[
    p! { need "virtualService", Object(&shape! { "a target service", &TO_SERVICE, &[ONE_SERVICE] }) },
    p! { "port", Number },
] }) };

const REWRITE_HOSTNAME: Property = p! { "hostname", Object(&shape! { "a hostname rewrite", &[
    p! { "defaultTargetHostname", Word(SWITCH) },
] }) };

static HOSTNAME: Shape = shape! { "a hostname match",
&[p! { "exact", Text }, p! { "suffix", Text }],
&[Choice::one(&["exact", "suffix"])] };

const SWITCH: &[&str] = &["ENABLED", "DISABLED"];
