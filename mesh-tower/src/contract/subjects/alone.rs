//! The layers that stand alone, around a strict service.

use std::{future::pending, time::Duration};

use futures::FutureExt as _;
use http::{Request, Response, StatusCode};
use mesh_core::{
    Seed,
    config::{Listener, Mesh, VirtualNode},
    fault::Fault,
    limit::ConnectionPool,
    unit::Protocol,
};
use tower::{Layer as _, service_fn};
use tower_service::Service;

use super::inbound::{strict, unready};
use crate::{
    FaultLayer, FaultSwitch, LimitLayer, RequestTimeoutLayer, RetryLayer, WeightedSplitLayer,
    body::{Body, BoxError},
    connect::MemoryNetwork,
    contract::{
        case::{Case, get},
        mock::{Strict, app},
        script::{Part, Script},
    },
    standalone::{Limit, PolicySource, Refusal, RetryPolicy, Targets, Weights},
};

/// With a limit on each try, so that its timer is part of what waits.
pub(in crate::contract) async fn retry() -> Case {
    let script = Script::new();
    let policy = RetryPolicy::idempotent(2).per_try(MINUTE);
    let layer = RetryLayer::new(policy).seed(Seed(7));
    Case::new(layer.layer(strict!(script)), script)
}

pub(in crate::contract) async fn request_timeout() -> Case {
    let script = Script::new();
    let layer = RequestTimeoutLayer::new(MINUTE);
    Case::new(layer.layer(strict!(script)), script)
}

pub(in crate::contract) async fn request_timeout_with_errors() -> Case {
    let script = Script::new();
    let layer = RequestTimeoutLayer::new(MINUTE).with_errors();
    Case::new(layer.layer(strict!(script)), script)
}

pub(in crate::contract) async fn weighted_split() -> Case {
    let script = Script::new();
    let weights = Weights::new([("stable", 9), ("canary", 1)]).expect("weights");
    let targets = Targets::new(["stable", "canary"].map(|name| (name, strict!(script))));
    let layer = WeightedSplitLayer::new(weights).seed(Seed(7));
    Case::new(layer.layer(targets), script)
}

pub(in crate::contract) async fn limit() -> Case {
    let (script, layer) = (Script::new(), LimitLayer::new(Limit::requests(PERMITS)));
    let case = Case::new(layer.layer(strict!(script)), script);
    case.counting("permits", move || PERMITS - permits(&layer))
}

pub(in crate::contract) async fn limit_with_errors() -> Case {
    let (script, limit) = (Script::new(), Limit::requests(PERMITS));
    let layer = LimitLayer::new(limit).with_errors();
    let case = Case::new(layer.layer(strict!(script)), script);
    case.counting("permits", move || PERMITS - permits(&layer))
}

/// With the limit of a listener, as the configuration in force has it.
pub(in crate::contract) async fn limit_of_a_listener() -> Case {
    let pool = ConnectionPool::requests(8).expect("in range");
    let listener = Listener::builder(8080, Protocol::Http2).connection_pool(pool);
    let node = VirtualNode::builder("orders").listener_with(listener);
    let model = Mesh::builder("shop").virtual_node(node.dns("orders"));
    let model = model.build().expect("the model is valid");
    let mesh = crate::Mesh::builder().config(model).virtual_node("orders");
    let mesh = mesh.network(&MemoryNetwork::new()).start().await;
    let script = Script::new();
    let layer = LimitLayer::new(mesh.expect("the mesh starts").plans());
    let case = Case::new(layer.layer(strict!(script)), script);
    case.counting("permits", move || PERMITS - permits(&layer))
}

/// With a fault that every request is looked at for, and none meets.
pub(in crate::contract) async fn fault() -> Case {
    let script = Script::new();
    let elsewhere = Fault::abort(StatusCode::SERVICE_UNAVAILABLE).path_prefix("/elsewhere");
    let layer = FaultLayer::new(elsewhere, FaultSwitch::On);
    Case::new(layer.layer(strict!(script)), script)
}

/// With a fault that every request meets, and that lets it go on.
pub(in crate::contract) async fn fault_that_delays() -> Case {
    let script = Script::new();
    let layer = FaultLayer::new(Fault::delay(MOMENT), FaultSwitch::On);
    Case::new(layer.layer(strict!(script)), script)
}

/// How many more requests the limit lets in.
fn permits<P, R>(layer: &LimitLayer<P, R>) -> usize
where
    P: PolicySource<Limit> + Clone,
    R: Refusal<BoxError>,
{
    let never = async |_: Request<Body>| pending::<Result<Response<Part>, BoxError>>().await;
    let mut service = layer.layer(service_fn(never));
    let mut inside = Vec::new();
    loop {
        let mut asking = Box::pin(service.call(get()));
        match asking.as_mut().now_or_never() {
            None => inside.push(asking),
            Some(_shed) => return inside.len(),
        }
    }
}

const MOMENT: Duration = Duration::from_millis(1);
const MINUTE: Duration = Duration::from_secs(60);

/// More than any test has in flight.
const PERMITS: usize = 8;
