//! Meshes and virtual nodes.

use super::{
    AWS_NAME, KEY_VALUE, MESH_REF, ONE_SERVICE, SELECTOR, TO_SERVICE, listener::LISTENER,
    logging::LOGGING, tls::CLIENT_POLICY,
};
use crate::load::shape::{
    Choice, Forms,
    Kind::{List, Object, Text, Word},
    Property, Shape,
};

pub(super) static MESH_SPEC: Shape = shape! { "a mesh's spec", &[
    p! { "egressFilter", Object(&shape! { "an egress filter", &[
        p! { need "type", Word(&["ALLOW_ALL", "DROP_ALL"]) },
    ] }) },
    p! { "serviceDiscovery", Object(&shape! { "a mesh's service discovery", &[PREFERENCE] }), Forms::NOT_KUBERNETES },
    p! { "meshServiceDiscovery", Object(&ONE_FAMILY), Forms::KUBERNETES },
    p! { "serviceDiscovery", Object(&ONE_FAMILY), Forms::KUBERNETES },
    p! { "meshOwner", Text, Forms::KUBERNETES },
    p! { "namespaceSelector", Object(&SELECTOR), Forms::KUBERNETES },
    AWS_NAME,
    MESH_REF,
] };

/// The controller knows the two that leave no choice.
static ONE_FAMILY: Shape = shape! { "a mesh's service discovery", &[
    p! { "ipPreference", Word(&["IPv6_ONLY", "IPv4_ONLY"]) },
] };

const PREFERENCE: Property = p! { "ipPreference", Word(&["IPv6_PREFERRED", "IPv4_PREFERRED", "IPv6_ONLY", "IPv4_ONLY"]), Forms::NOT_KUBERNETES };

pub(super) static VIRTUAL_NODE_SPEC: Shape = shape! { "a virtual node's spec", &[
    p! { "listeners", List { of: &Object(&LISTENER), least: 0 } },
    p! { "serviceDiscovery", Object(&DISCOVERY) },
    p! { "backends", List { of: &Object(&BACKEND), least: 0 } },
    p! { "backendGroups", List { of: &Object(&shape! { "a backend group's reference", &[
        p! { need "name", Text },
        p! { "namespace", Text },
    ] }), least: 0 }, Forms::KUBERNETES },
    p! { "backendDefaults", Object(&shape! { "backend defaults", &[CLIENT_POLICY] }) },
    LOGGING,
    p! { "podSelector", Object(&SELECTOR), Forms::KUBERNETES },
    AWS_NAME,
    MESH_REF,
] };

static DISCOVERY: Shape = shape! { "service discovery", &[
    p! { "dns", Object(&shape! { "DNS discovery", &[
        p! { need "hostname", Text },
        p! { "responseType", Word(&["LOADBALANCER", "ENDPOINTS"]) },
        PREFERENCE,
    ] }) },
    p! { "awsCloudMap", Object(&shape! { "Cloud Map discovery", &[
        p! { need "namespaceName", Text },
        p! { need "serviceName", Text },
        p! { "attributes", List { of: &Object(&KEY_VALUE), least: 0 } },
        PREFERENCE,
    ] }) },
], &[Choice::one(&["dns", "awsCloudMap"])] };

static BACKEND: Shape = shape! { "a backend", &[
    p! { "virtualService", Object(&shape! { "a backend's virtual service", &{
        let [name, reference, arn] = TO_SERVICE;
        [name, reference, arn, CLIENT_POLICY]
    }, &[ONE_SERVICE] }) },
], &[Choice::one(&["virtualService"])] };
