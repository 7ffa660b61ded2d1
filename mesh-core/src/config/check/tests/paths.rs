use super::{shop, warned};
use crate::{
    config::{
        GatewayRoute, Mesh, Route, RouteBuilder, VirtualGateway, VirtualNode, VirtualService,
    },
    unit::Protocol,
};

fn route() -> RouteBuilder {
    Route::http("a").target("v1", 1)
}

#[test]
fn paths_that_no_request_has_are_warned_of() {
    let never = "virtual_router(orders).route(a).path path-never-matches";
    for path in [
        "/a//b",
        "/a?b",
        "/a#b",
        "/a/../b",
        "/a/./b",
        "/a/{id}",
        "/caf\u{e9}",
        "/%41",
        "/a\\b",
        "/a b",
        "/a ",
        "/a\tb",
        "/a\n",
    ] {
        warned(shop([route().exact(path)]), &[never]);
        warned(shop([route().prefix(path)]), &[never]);
    }
    for path in [
        "/a",
        "/a/",
        "/",
        "/a%2Fb",
        "/a%zz",
        "/.well-known",
        "/a..b",
        "/a;b=1",
    ] {
        warned(shop([route().exact(path)]), &[]);
        warned(shop([route().prefix(path)]), &[]);
    }
    // What follows may make names of them.
    for path in ["/.", "/a/..", "/a%", "/a%4"] {
        warned(shop([route().prefix(path)]), &[]);
    }
    warned(shop([route().exact("/a/..")]), &[never]);
    let config = shop([route().exact("/a b//c")]).build_config().unwrap();
    let message = &config.warnings()[0].message;
    assert!(message.ends_with("write `/a%20b/c`"), "{message}");
    warned(shop([route().regex("/a//b")]), &[]);
}

#[test]
fn so_are_those_of_a_gateway_and_not_what_it_makes_of_them() {
    let enter = |prefix: &str, rewrite: &str| {
        let route = GatewayRoute::http("r").prefix(prefix).to("orders.local");
        let entry = VirtualGateway::builder("entry").listener(80, Protocol::Http);
        Mesh::builder("shop")
            .virtual_node(
                VirtualNode::builder("v1")
                    .listener(80, Protocol::Http)
                    .dns("v1"),
            )
            .virtual_service(VirtualService::builder("orders.local").virtual_node("v1"))
            .virtual_gateway(entry.route(route.rewrite_prefix(rewrite)))
    };
    let never = "virtual_gateway(entry).route(r).path path-never-matches";
    warned(enter("/a//", "/b/"), &[never]);
    warned(enter("/a/", "/b//"), &[]);
}
