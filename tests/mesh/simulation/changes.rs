//! Configurations that come while a simulation runs, and which listeners and nodes they reach.

use http::{Request, Response};
use http_body_util::BodyExt;
use mesh_core::{
    config::{Listener, Mesh as Model, Route, VirtualNode, VirtualRouter, VirtualService},
    health::HealthCheck,
    unit::Protocol,
};
use mesh_tower::{
    Body, CallContext, Error,
    test_util::{EventKind, Simulation},
};
use tokio::time;

use super::{count, ms, orders, shop, two_endpoints};

#[tokio::test(start_paused = true)]
async fn an_endpoint_crashes_when_the_test_says_so_also_while_a_configuration_is_taken()
-> Result<(), Error> {
    let second = ms(1_000);
    let (before, after) = (stocked(&["orders"]), stocked(&["orders", "stock"]));
    let hello = async |_| Response::new("hello".to_owned());
    let sim = Simulation::builder(7).config(before);
    let sim = sim.node("orders", hello).node("stock", hello);
    let sim = sim.start().await?;
    sim.caller("web").await?;
    // The new target is asked whether it is well, and cannot say so: it is warmed for as long as that may take.
    sim.partition("web", "stock");
    let crash = async {
        time::sleep(second).await;
        sim.crash("orders").await;
        let caller = sim.caller("web").await;
        caller.map(|_| sim.elapsed())
    };
    let (applied, crashed) = tokio::join!(sim.apply(after), crash);
    applied?;
    assert_eq!(crashed?, second);
    assert!(sim.elapsed() > second, "it was waited for");
    let at = |is: fn(&EventKind) -> bool| {
        let events = sim.events();
        let found = events.iter().find(|event| is(&event.kind));
        found.map(|event| event.at)
    };
    assert_eq!(
        at(|kind| matches!(kind, EventKind::Crashed(_))),
        Some(second)
    );
    let applied = at(|kind| matches!(kind, EventKind::Applied(1)));
    assert_eq!(applied, Some(sim.elapsed()));
    // It starts again with what came meanwhile.
    sim.restart("orders").await?;
    assert_eq!(sim.traffic("web", 10, second, orders).await?.failures(), 0);
    Ok(())
}

/// `web` calls these of the two nodes, which it checks.
fn stocked(called: &[&str]) -> Model {
    let check = || HealthCheck::new(Protocol::Tcp, ms(5_000), ms(2_000)).expect("in range");
    let node = |name: &str| {
        let listener = Listener::builder(8080, Protocol::Http).health_check(check());
        let node = VirtualNode::builder(name).listener_with(listener);
        node.dns(format!("{name}.local"))
    };
    let service = |name: &str| VirtualService::builder(format!("{name}.local")).virtual_node(name);
    let web = called
        .iter()
        .fold(VirtualNode::builder("web"), |web, name| {
            web.backend(format!("{name}.local"))
        });
    Model::builder("shop")
        .virtual_node(web)
        .virtual_node(node("orders"))
        .virtual_node(node("stock"))
        .virtual_service(service("orders"))
        .virtual_service(service("stock"))
        .build()
        .expect("the model is valid")
}

/// A node with two listeners; a route leads to the second.
#[tokio::test(start_paused = true)]
async fn a_route_to_a_nodes_second_listener_is_tested_against_that_one() -> Result<(), Error> {
    let node = VirtualNode::builder("orders").listener(8080, Protocol::Http);
    let node = node.listener(9090, Protocol::Http).dns("orders.local");
    let route = Route::http("all").prefix("/").target_on("orders", 1, 9090);
    let router = VirtualRouter::builder("orders").listener(8080, Protocol::Http);
    let model = Model::builder("shop")
        .virtual_node(VirtualNode::builder("web").backend("orders.local"))
        .virtual_node(node)
        .virtual_router(router.route(route))
        .virtual_service(VirtualService::builder("orders.local").virtual_router("orders"))
        .build()?;
    let port = async |request: Request<Body>| {
        let context = request.extensions().get::<CallContext>();
        let conn = context.and_then(|context| context.call().conn_info());
        Response::new(conn.map_or(0, |conn| conn.port().get()).to_string())
    };
    let sim = Simulation::builder(7)
        .config(model)
        .node("orders", port)
        .start()
        .await?;
    let answer = sim.call("web", orders(0)).await?;
    let body = answer.into_body().collect().await?.to_bytes();
    assert_eq!(body, "9090");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_configuration_that_one_node_cannot_take_is_taken_by_none() -> Result<(), Error> {
    let sim = two_endpoints(7, Protocol::Http).start().await?;
    let refused = sim.apply(shop(Protocol::Http2)).await;
    let error = refused.expect_err("another protocol").to_string();
    assert!(error.contains("cannot change"), "{error}");
    assert_eq!(count(&sim, |kind| matches!(kind, EventKind::Applied(_))), 0);
    sim.crash(("orders", 0)).await;
    sim.restart("orders").await?;
    assert_eq!(
        sim.traffic("web", 10, ms(1_000), orders).await?.failures(),
        0
    );
    Ok(())
}
