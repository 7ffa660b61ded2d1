//! Which virtual node this process is.

use std::env;

use crate::error::Error;

/// The node that was named, or else the one that the environment names.
///
/// # Source
/// App Mesh Envoy image: `APPMESH_RESOURCE_ARN`, and `APPMESH_RESOURCE_NAME` as `mesh/MESH/virtualNode/NODE`; a bare node
/// name is taken as well.
pub(super) fn virtual_node(named: Option<String>) -> Result<String, Error> {
    if let Some(name) = named {
        return Ok(name);
    }
    let Some(resource) = VARIABLES
        .into_iter()
        .find_map(|variable| env::var(variable).ok())
    else {
        return Err(Error::setup(
            "which virtual node is this? Say so with .virtual_node(NAME), or in APPMESH_RESOURCE_ARN or APPMESH_RESOURCE_NAME",
        ));
    };
    node_of(&resource)
        .map(str::to_owned)
        .ok_or_else(|| Error::setup(no_node(&resource)))
}

fn no_node(resource: &str) -> String {
    match resource.contains("/virtualGateway/") {
        true => format!(
            "{resource:?} names a virtual gateway, and this version serves virtual nodes only: what the gateway decides can be asked, and \
             its Envoy has to stay until it is served"
        ),
        false => format!(
            "{resource:?} names no virtual node: it should be NODE, mesh/MESH/virtualNode/NODE or that node's ARN"
        ),
    }
}

fn node_of(resource: &str) -> Option<&str> {
    let path = match resource.strip_prefix("arn:") {
        Some(arn) => arn.rsplit_once(':')?.1,
        None => resource,
    };
    match path.split('/').collect::<Vec<_>>()[..] {
        [node] | ["mesh", _, "virtualNode", node] if !node.is_empty() => Some(node),
        _ => None,
    }
}

const VARIABLES: [&str; 2] = ["APPMESH_RESOURCE_ARN", "APPMESH_RESOURCE_NAME"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_is_named_as_the_sidecar_was_told() {
        for (resource, want) in [
            ("service-a", Some("service-a")),
            ("mesh/shop/virtualNode/web", Some("web")),
            (
                "arn:aws:appmesh:eu-central-1:111122223333:mesh/shop/virtualNode/web",
                Some("web"),
            ),
            (
                "arn:aws:appmesh:eu-central-1:111122223333:mesh/shop@444455556666/virtualNode/web",
                Some("web"),
            ),
            ("mesh/shop/virtualGateway/in", None),
            ("", None),
            ("arn:aws", None),
        ] {
            assert_eq!(node_of(resource), want, "{resource}");
        }
    }

    #[test]
    fn a_gateway_is_told_that_it_is_not_served_yet() {
        let arn = "arn:aws:appmesh:eu-central-1:111122223333:mesh/shop/virtualGateway/in";
        for (resource, gateway) in [
            (arn, true),
            ("mesh/shop/virtualGateway/in", true),
            ("a/b", false),
        ] {
            let said = no_node(resource).contains("serves virtual nodes only");
            assert_eq!(said, gateway, "{resource}");
        }
    }
}
