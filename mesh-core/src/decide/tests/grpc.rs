//! Decisions about gRPC calls.

use super::*;
use crate::config::{GrpcRetryEvent, HeaderMatcher};

/// A method that is retried, the rest of its service, and a canary of everything.
fn orders() -> Snapshot {
    let router = VirtualRouter::builder("r").listener(80, Protocol::Grpc);
    let to = |name: &str| Route::grpc(name).target("v1", 1);
    let retry = RetryPolicy::new(3, Duration::from_secs(1)).on_grpc(GrpcRetryEvent::Unavailable);
    let router = router
        .route(to("place").method("shop.Orders", "Place").retry(retry))
        .route(to("orders").service("shop.Orders"))
        .route(to("canary").metadata("x-canary", HeaderMatcher::exact("1")));
    let node = VirtualNode::builder("v1").listener(80, Protocol::Grpc);
    let mesh = Mesh::builder("m")
        .virtual_node(node.dns("v1"))
        .virtual_node(VirtualNode::builder("web").backend("s.local"))
        .virtual_router(router)
        .virtual_service(VirtualService::builder("s.local").virtual_router("r"))
        .build()
        .unwrap();
    compile(&mesh, "web", Defaults::AppMesh).unwrap()
}

#[test]
fn routes_for_grpc_take_calls_by_service_method_and_metadata_and_nothing_else() {
    let snapshot = orders();
    let grpc = "application/grpc";
    let rows = [
        ("/shop.Orders/Place", grpc, "", Some("place")),
        (
            "/shop.Orders/Place?a=b",
            "application/grpc+proto",
            "",
            Some("place"),
        ),
        ("/shop.Orders//Place", grpc, "", Some("place")),
        ("/shop.Orders/Places", grpc, "", Some("orders")),
        ("/shop.Orders/Cancel", grpc, "", Some("orders")),
        ("/shop.Orders/Cancel", grpc, "1", Some("orders")),
        ("/shop.Orders", grpc, "", None),
        ("/shop.OrdersOld/Place", grpc, "", None),
        ("/shop.OrdersOld/Place", grpc, "1", Some("canary")),
        ("/shop.Orders/Place", "application/json", "", None),
        ("/shop.Orders/Place", "application/grpc-web", "1", None),
    ];
    for (path, kind, canary, wanted) in rows {
        let uri = format!("http://s.local{path}");
        let head = Head::post(&uri)
            .header("content-type", kind)
            .header("x-canary", canary);
        let decision = snapshot.decide(&head);
        let route = decision.route().map(RouteName::as_str);
        assert_eq!(
            route,
            wanted,
            "{path} {kind} {canary}:\n{}",
            decision.explain()
        );
    }
}

#[test]
fn a_route_for_grpc_tells_its_retries_and_why_it_does_not_take_a_request() {
    let snapshot = orders();
    let uri = "http://s.local/shop.Orders/Place";
    let place = Head::post(uri).header("content-type", "application/grpc");
    let decision = snapshot.decide(&place);
    let played = decision.play(
        Seed(7),
        [Outcome::Grpc(14), Outcome::Grpc(14), Outcome::Grpc(0)],
    );
    assert_eq!(played.attempts(), 3);
    let json = Head::post(uri).header("content-type", "application/json");
    let told = snapshot.decide(&json).explain();
    assert!(
        told.contains("place: not: content-type is application/grpc"),
        "{told}"
    );
}
