use std::{convert::Infallible, time::Duration};

use http::{Request, Response, StatusCode};
use http_body_util::BodyExt as _;
use mesh_core::{
    Seed,
    fault::{Fault, Faults, Share},
};
use tokio::time::Instant;
use tower_layer::Layer as _;
use tower_service::Service;

use super::FaultLayer;
use crate::{
    FaultSwitch,
    body::Body,
    standalone::testing::{ask, get, strict},
};

const SECOND: Duration = Duration::from_secs(1);
const DOWN: StatusCode = StatusCode::SERVICE_UNAVAILABLE;

async fn hello(_: Request<Body>) -> Result<Response<Body>, Infallible> {
    Ok(Response::new(Body::from("hello")))
}

/// What a request meets, and after how long.
async fn met(faults: impl Into<Faults>, request: Request<Body>) -> (StatusCode, String, Duration) {
    let (layer, began) = (FaultLayer::new(faults, FaultSwitch::On), Instant::now());
    let mut service = layer.layer(strict(hello));
    let answer = ask(&mut service, request).await.expect("an answer");
    let (status, body) = (answer.status(), answer.into_body().collect().await);
    let text = String::from_utf8(body.expect("a body").to_bytes().into()).expect("text");
    (status, text, began.elapsed())
}

#[tokio::test(start_paused = true)]
async fn a_delay_goes_before_the_service_and_before_an_abort() {
    let delay = || Fault::delay(SECOND);
    let answered = met(delay(), get()).await;
    assert_eq!(answered, (StatusCode::OK, "hello".to_owned(), SECOND));
    let both = Faults::from_iter([Fault::abort(DOWN), delay()]);
    let aborted = met(both, get()).await;
    assert_eq!(aborted, (DOWN, "fault filter abort".to_owned(), SECOND));
    let nothing = met(delay().path_prefix("/elsewhere"), get()).await;
    assert_eq!(
        nothing,
        (StatusCode::OK, "hello".to_owned(), Duration::ZERO)
    );
}

#[tokio::test]
async fn a_grpc_call_meets_a_status_in_trailers_only() {
    for (fault, status) in [(Fault::abort(DOWN), "14"), (Fault::abort_grpc(8), "8")] {
        let mut service = FaultLayer::new(fault, FaultSwitch::On).layer(strict(hello));
        let mut request = get();
        let kind = "application/grpc".parse().expect("a header value");
        request.headers_mut().insert("content-type", kind);
        let answer = ask(&mut service, request).await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::OK);
        assert_eq!(answer.headers()["grpc-status"], status);
    }
}

#[tokio::test]
async fn switched_off_nothing_is_met() {
    let layer = FaultLayer::new(Fault::abort(DOWN), FaultSwitch::Off);
    let mut service = layer.layer(strict(hello));
    let answer = ask(&mut service, get()).await.expect("an answer");
    assert_eq!(answer.status(), StatusCode::OK);
}

#[tokio::test]
async fn the_services_of_one_layer_share_its_draws() {
    let half = Fault::abort(DOWN).share(Share::percent(50).expect("a share"));
    let layer = || FaultLayer::new(half.clone(), FaultSwitch::On).seed(Seed(7));
    let statuses = async |layer: FaultLayer, services: usize| {
        let mut statuses = Vec::new();
        for _ in 0..services {
            let mut service = layer.layer(strict(hello));
            for _ in 0..(12 / services) {
                let answer = ask(&mut service, get()).await.expect("an answer");
                statuses.push(answer.status());
            }
        }
        statuses
    };
    let one = statuses(layer(), 1).await;
    assert_eq!(one, statuses(layer(), 3).await);
    assert!(
        one.contains(&DOWN) && one.contains(&StatusCode::OK),
        "{one:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_request_that_is_given_up_while_it_waits_never_reaches_the_service() {
    let unasked = strict(
        |_: Request<Body>| -> std::future::Ready<Result<Response<Body>, Infallible>> {
            unreachable!("it was given up")
        },
    );
    let mut service = FaultLayer::new(Fault::delay(SECOND), FaultSwitch::On).layer(unasked);
    std::future::poll_fn(|cx| service.poll_ready(cx))
        .await
        .expect("ready");
    let waiting = service.call(get());
    assert!(tokio::time::timeout(SECOND / 2, waiting).await.is_err());
    tokio::time::sleep(SECOND).await;
}
