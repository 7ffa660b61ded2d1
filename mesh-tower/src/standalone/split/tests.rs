use std::{
    collections::BTreeMap,
    convert::Infallible,
    future::{Ready, pending, ready},
    task::{Context, Poll},
    time::Duration,
};

use futures::FutureExt;
use http::{Request, Response};
use mesh_core::{
    Config, Head, Seed,
    config::{
        HttpRetryEvent, Mesh as Model, RetryPolicy as Retries, Route, VirtualNode, VirtualRouter,
        VirtualService,
    },
    timeout::Timeouts,
    unit::Protocol,
};
use tower_layer::Layer;
use tower_service::Service;

use super::*;
use crate::{
    Mesh,
    body::Body,
    standalone::{
        PolicySource, RetryPolicy,
        testing::{ask, get, strict},
    },
    test_util::MemoryNetwork,
};

/// A target that answers with its name, or is never ready.
#[derive(Clone)]
struct Named(&'static str, bool);

impl<B> Service<Request<B>> for Named {
    type Response = Response<&'static str>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        if self.1 {
            Poll::Ready(Ok(()))
        } else {
            Poll::Pending
        }
    }

    fn call(&mut self, _request: Request<B>) -> Self::Future {
        ready(Ok(Response::new(self.0)))
    }
}

fn versions() -> Targets<Named> {
    Targets::new(["orders-v1", "orders-v2"].map(|name| (name, Named(name, true))))
}

fn weights(v1: u32, v2: u32) -> Weights {
    Weights::new([("orders-v1", v1), ("orders-v2", v2)]).expect("one is above 0")
}

async fn counts<P>(layer: &WeightedSplitLayer<P>, url: &str) -> BTreeMap<&'static str, u32>
where
    P: PolicySource<Weights> + Clone,
{
    let mut split = layer.layer(versions());
    let mut counts = BTreeMap::new();
    for _ in 0..1_000 {
        let request = Request::get(url).body(()).expect("a request");
        let response = ask(&mut split, request).await.expect("an answer");
        *counts.entry(*response.body()).or_default() += 1;
    }
    counts
}

#[tokio::test]
async fn a_seed_draws_the_same_and_zero_weight_gets_nothing() {
    let layer = || WeightedSplitLayer::new(weights(90, 10)).seed(Seed(7));
    let drawn = counts(&layer(), "/").await;
    assert_eq!(drawn, counts(&layer(), "/").await);
    assert!((850..950).contains(&drawn["orders-v1"]), "{drawn:?}");
    let none = counts(&WeightedSplitLayer::new(weights(0, 1)), "/").await;
    assert_eq!(none, BTreeMap::from([("orders-v2", 1_000)]));
    let nobody = Weights::new([("a", 0)]).err();
    assert!(nobody.is_some_and(|error| error.targets == 1));
}

#[tokio::test]
async fn only_the_drawn_target_has_to_be_ready() {
    let targets = || Targets::new([("a", Named("a", true)), ("b", Named("b", false))]);
    let to =
        |name: &'static str| WeightedSplitLayer::new(Weights::new([(name, 1)]).expect("above 0"));
    let response = ask(&mut to("a").layer(targets()), Request::new(())).await;
    assert_eq!(*response.expect("an answer").body(), "a");
    let waiting = ask(&mut to("b").layer(targets()), Request::new(())).now_or_never();
    assert!(waiting.is_none());
}

#[tokio::test]
async fn a_target_is_polled_before_it_is_called() {
    let service = strict(async |_: Request<Body>| Ok::<_, Infallible>(Response::new(())));
    let layer = WeightedSplitLayer::new(Weights::new([("a", 1)]).expect("above 0"));
    let mut split = layer.layer(Targets::new([("a", service)]));
    for _ in 0..2 {
        ask(&mut split, get()).await.expect("an answer");
    }
}

#[tokio::test]
async fn a_request_without_weights_or_target_fails_and_says_why() {
    let nothing = |_: &Head<'_>| None::<Weights>;
    let error = ask(
        &mut WeightedSplitLayer::new(nothing).layer(versions()),
        get(),
    )
    .await;
    let error = error.expect_err("no weights");
    assert_eq!(error.downcast_ref(), Some(&NotDrawn::NoWeights));

    let unknown = Weights::new([("orders-v3", 1)]).expect("above 0");
    let error = ask(
        &mut WeightedSplitLayer::new(unknown).layer(versions()),
        get(),
    )
    .await;
    let error = error.expect_err("no such target");
    let want = NotDrawn::UnknownTarget {
        name: "orders-v3".into(),
    };
    assert_eq!(error.downcast_ref(), Some(&want));
}

#[tokio::test]
async fn a_call_that_is_given_up_lets_its_target_go() {
    let alive = std::sync::Arc::new(());
    let held = alive.clone();
    let service = strict(move |_: Request<Body>| {
        let held = held.clone();
        async move {
            pending::<()>().await;
            drop(held);
            Ok::<_, Infallible>(Response::new(()))
        }
    });
    let layer = WeightedSplitLayer::new(Weights::new([("a", 1)]).expect("above 0"));
    let mut split = layer.layer(Targets::new([("a", service)]));
    let before = std::sync::Arc::strong_count(&alive);
    let mut call = Box::pin(ask(&mut split, get()));
    assert!((&mut call).now_or_never().is_none());
    drop(call);
    assert_eq!(std::sync::Arc::strong_count(&alive), before);
}

/// `web` calls `orders.local`, which two versions share by these weights, within this limit.
fn model(v1: i64, v2: i64, limit: Duration) -> Model {
    let version = |name: &str| {
        let node = VirtualNode::builder(name).listener(8080, Protocol::Http);
        node.dns(name)
    };
    let policy = Retries::new(4, Duration::from_secs(1)).on(HttpRetryEvent::ServerError);
    let route = Route::http("all")
        .prefix("/")
        .target("orders-v1", v1)
        .target("orders-v2", v2)
        .retry(policy)
        .timeout(limit);
    let router = VirtualRouter::builder("orders").listener(8080, Protocol::Http);
    Model::builder("shop")
        .virtual_node(VirtualNode::builder("web").backend("orders.local"))
        .virtual_node(version("orders-v1"))
        .virtual_node(version("orders-v2"))
        .virtual_router(router.route(route))
        .virtual_service(VirtualService::builder("orders.local").virtual_router("orders"))
        .build()
        .expect("the model is valid")
}

#[tokio::test]
async fn the_mesh_gives_each_request_the_policies_of_its_route_in_force_at_that_moment() {
    const URL: &str = "http://orders.local:8080/";
    let seconds = Duration::from_secs;
    let mesh = Mesh::builder()
        .config(model(100, 0, seconds(3)))
        .virtual_node("web")
        .network(&MemoryNetwork::new())
        .endpoint("orders-v1", "10.0.0.1:8080")
        .endpoint("orders-v2", "10.0.0.2:8080");
    let mesh = mesh.start().await.expect("the mesh starts");
    let plans = mesh.plans();
    let layer = WeightedSplitLayer::new(plans.clone());
    let request = Request::get(URL).body(()).expect("a request");
    let limit = || PolicySource::<Timeouts>::policy(&plans, &request).and_then(|all| all.request);

    let retries: RetryPolicy = plans.policy(&request).expect("a route");
    assert_eq!(
        (retries.core().max_retries(), retries.per_try_limit()),
        (4, Some(seconds(1)))
    );
    assert_eq!(limit(), Some(seconds(3)));
    assert_eq!(
        counts(&layer, URL).await,
        BTreeMap::from([("orders-v1", 1_000)])
    );

    let later = Config::from(model(0, 100, seconds(5)));
    mesh.apply(&later).await.expect("it fits the node");
    assert_eq!(limit(), Some(seconds(5)));
    assert_eq!(
        counts(&layer, URL).await,
        BTreeMap::from([("orders-v2", 1_000)])
    );

    let elsewhere = Request::get("http://nowhere.local/")
        .body(())
        .expect("a request");
    assert!(PolicySource::<RetryPolicy>::policy(&plans, &elsewhere).is_none());
}
