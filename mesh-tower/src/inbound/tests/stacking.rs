//! How the layer behaves where others put it: per route, twice, and around services that count their readiness.

use std::sync::Arc;

use axum::{Router, extract::State, routing};
use http_body_util::BodyExt as _;
use mesh_core::Defaults;
use tokio::sync::Barrier;

use super::*;
use crate::{context::CallContext, inbound::testing};

fn state() -> InboundState {
    testing::state(&[8080], Defaults::Safe, testing::UNLIMITED)
}

#[tokio::test]
async fn state_is_not_made_per_route() {
    let (state, met) = (state(), Arc::new(Barrier::new(4)));
    let meet = async |State(met): State<Arc<Barrier>>| {
        met.wait().await;
        met.wait().await;
    };
    let router = Router::new()
        .route("/a", routing::get(meet))
        .route("/b", routing::get(meet))
        .route("/c", routing::get(meet))
        .with_state(met.clone())
        .layer(InboundLayer::new(state.clone()));
    let ask = |path: &str| {
        let request = Request::get(path)
            .body(axum::body::Body::empty())
            .expect("a request");
        tokio::spawn(router.clone().oneshot(request))
    };
    let asked = [ask("/a"), ask("/b"), ask("/c")];
    met.wait().await;
    assert_eq!(state.open().count(), 3);
    met.wait().await;
    for answered in asked {
        answered
            .await
            .expect("no panic")
            .expect("infallible")
            .into_body()
            .collect()
            .await
            .expect("a whole body");
    }
    assert_eq!(state.open().count(), 0);
}

#[tokio::test]
async fn a_second_stack_lets_everything_through() {
    let state = state();
    let count = state.clone();
    let inner = layered(&state, move |request: Request<Body>| {
        let count = count.clone();
        async move {
            assert_eq!(count.open().count(), 1, "a request counts once");
            assert!(request.extensions().get::<CallContext>().is_some());
            Response::new(fed().1)
        }
    });
    let outer = InboundLayer::new(state.clone()).layer(inner);
    let response = answer(outer, get()).await;
    assert_eq!(state.open().count(), 1);
    drop(response);
    assert_eq!(state.open().count(), 0);
}

#[tokio::test]
async fn the_applications_error_passes_untouched() {
    #[derive(Debug, Eq, PartialEq)]
    struct Own(u8);
    let state = state();
    let app = service_fn(|_: Request<Body>| async { Err::<Response<Full<Bytes>>, _>(Own(7)) });
    let failed = InboundLayer::new(state.clone())
        .layer(app)
        .oneshot(get())
        .await;
    assert_eq!(failed.map(drop), Err(Own(7)));
    assert_eq!(state.open().count(), 0);
}

#[tokio::test]
async fn the_service_that_was_ready_is_the_one_that_is_called() {
    #[derive(Default)]
    struct OnceReady(bool);
    impl Clone for OnceReady {
        fn clone(&self) -> Self {
            Self(false)
        }
    }
    impl Service<Request<Body>> for OnceReady {
        type Response = Response<Full<Bytes>>;
        type Error = Infallible;
        type Future = std::future::Ready<Result<Self::Response, Infallible>>;

        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
            self.0 = true;
            Poll::Ready(Ok(()))
        }

        fn call(&mut self, _: Request<Body>) -> Self::Future {
            assert!(
                std::mem::take(&mut self.0),
                "called without having been ready"
            );
            std::future::ready(Ok(hello()))
        }
    }
    let app = InboundLayer::new(state()).layer(OnceReady::default());
    let mut clone = app.clone();
    assert_eq!(answer(app, get()).await.status(), 200);
    for _ in 0..2 {
        let ready = ServiceExt::<Request<Empty<Bytes>>>::ready(&mut clone)
            .await
            .expect("infallible");
        assert_eq!(ready.call(get()).await.expect("infallible").status(), 200);
    }
}

/// That a service of every kind can stand inside compiles here.
#[test]
fn the_layer_fits_a_router_from_inside_and_from_outside() {
    let layer = InboundLayer::new(state());
    let router: Router = Router::new()
        .route("/", routing::get(async || ()))
        .layer(layer.clone());
    let _outside: Inbound<Router> = layer.layer(router);
}
