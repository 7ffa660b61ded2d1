use std::{
    convert::Infallible,
    future::pending,
    io,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use bytes::Bytes;
use futures::FutureExt;
use http::{Method, Request, Response, StatusCode, Version};
use http_body::Frame;
use http_body_util::BodyExt;
use hyper_util::{client::legacy, rt::TokioExecutor};
use mesh_core::{
    Seed,
    retry::{Event, Policy},
};
use parking_lot::Mutex;
use tokio::{io::AsyncReadExt, net::TcpListener, time::Instant};
use tower::{ServiceBuilder, ServiceExt, util::MapRequestLayer};
use tower_http::{
    map_response_body::MapResponseBodyLayer, sensitive_headers::SetSensitiveRequestHeadersLayer,
    timeout::TimeoutLayer,
};
use tower_layer::Layer;
use tower_service::Service;

use super::*;
use crate::{
    body::{Body, BoxError},
    error::{Cause, Error, ErrorKind},
    standalone::testing::{Uncloned, ask, get, pieces, strict},
};

const SECOND: Duration = Duration::from_secs(1);

fn status(status: u16) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::from_u16(status).expect("a status");
    response
}

fn refused() -> BoxError {
    io::Error::from(io::ErrorKind::ConnectionRefused).into()
}

/// How often such a request is tried when every attempt ends so.
async fn attempts(
    policy: Policy,
    request: Request<Body>,
    end: impl Fn() -> Result<Response<Body>, BoxError> + Clone + Send + 'static,
) -> usize {
    let count = Arc::new(AtomicUsize::new(0));
    let counted = count.clone();
    let service = strict(move |_: Request<Body>| {
        counted.fetch_add(1, SeqCst);
        let end = end();
        async move { end }
    });
    let mut service = RetryLayer::new(RetryPolicy::new(policy)).layer(service);
    let _ = ask(&mut service, request).await;
    count.load(SeqCst)
}

#[tokio::test(start_paused = true)]
async fn attempts_follow_each_other_as_the_policy_says_and_no_unsafe_one_that_was_seen() {
    let by = |method: Method| {
        let mut request = get();
        *request.method_mut() = method;
        request
    };
    let policy = || Policy::idempotent(2);
    let unavailable = || Ok(status(503));
    assert_eq!(attempts(policy(), by(Method::GET), unavailable).await, 3);
    assert_eq!(attempts(policy(), by(Method::POST), unavailable).await, 1);
    let not_found = || Ok(status(404));
    assert_eq!(attempts(policy(), by(Method::GET), not_found).await, 1);
    let refused = || Err(refused());
    assert_eq!(attempts(policy(), by(Method::POST), refused).await, 3);
    let unknown = || Err("something".into());
    assert_eq!(attempts(policy(), by(Method::GET), unknown).await, 3);
    assert_eq!(attempts(policy(), by(Method::POST), unknown).await, 1);
    let every = Policy::on_events(2, [Event::GatewayError]);
    assert_eq!(attempts(every, by(Method::POST), unavailable).await, 3);
}

#[tokio::test(start_paused = true)]
async fn a_grpc_status_in_the_head_is_an_outcome() {
    let call = || {
        Request::post("http://orders.local/Orders/Get")
            .header("content-type", "application/grpc")
            .body(Body::empty())
            .expect("a request")
    };
    let unavailable = || {
        let mut response = status(200);
        let headers = response.headers_mut();
        headers.insert("grpc-status", 14.into());
        Ok(response)
    };
    let policy = Policy::on_events(1, [Event::Unavailable]);
    assert_eq!(attempts(policy, call(), unavailable).await, 2);
    assert_eq!(
        attempts(Policy::idempotent(1), call(), unavailable).await,
        1
    );
}

/// What arrived of a request.
type Arrived = (Version, Option<u32>, Bytes);

#[tokio::test(start_paused = true)]
async fn every_attempt_sends_the_same_request() {
    let arrived: Arc<Mutex<Vec<Arrived>>> = Arc::default();
    let seen = arrived.clone();
    let service = strict(move |request: Request<Body>| {
        let seen = seen.clone();
        async move {
            let (head, body) = request.into_parts();
            let body = body.collect().await.expect("a body").to_bytes();
            let marked = head.extensions.get().copied();
            seen.lock().push((head.version, marked, body));
            Ok::<_, Infallible>(status(503))
        }
    });
    let (send, body) = pieces();
    send.data("abc");
    send.data("def");
    drop(send);
    let mut request = Request::put("http://orders.local/1")
        .body(body)
        .expect("a request");
    *request.version_mut() = Version::HTTP_2;
    request.extensions_mut().insert(7_u32);
    let mut service = RetryLayer::new(RetryPolicy::idempotent(2)).layer(service);
    ask(&mut service, request).await.expect("an answer");
    let want = (Version::HTTP_2, Some(7), Bytes::from("abcdef"));
    assert_eq!(*arrived.lock(), vec![want; 3]);
}

#[tokio::test(start_paused = true)]
async fn a_body_too_long_to_be_kept_streams_on_and_is_sent_once() {
    let attempts = Arc::new(AtomicUsize::new(0));
    let counted = attempts.clone();
    let service = strict(move |request: Request<Body>| {
        counted.fetch_add(1, SeqCst);
        async move {
            let body = request.into_body().collect().await.expect("a body");
            assert_eq!(body.to_bytes().len(), 128 * 1024);
            Ok::<_, Infallible>(status(503))
        }
    });
    let (send, body) = pieces();
    send.frame(Frame::data(vec![0; 128 * 1024].into()));
    drop(send);
    let mut service = RetryLayer::new(RetryPolicy::idempotent(2)).layer(service);
    let request = Request::put("/").body(body).expect("a request");
    let response = ask(&mut service, request).await.expect("an answer");
    assert_eq!(
        (response.status().as_u16(), attempts.load(SeqCst)),
        (503, 1)
    );
}

#[tokio::test(start_paused = true)]
async fn an_attempt_ends_at_its_limit_which_runs_from_the_end_of_the_request() {
    let policy = RetryPolicy::new(Policy::none()).per_try(SECOND);
    let service = strict(async |request: Request<Body>| {
        let _ = request.into_body().collect().await;
        pending::<Result<Response<Body>, Infallible>>().await
    });
    let mut service = RetryLayer::new(policy).layer(service);
    let (send, body) = pieces();
    let began = Instant::now();
    let upload = async move {
        tokio::time::sleep(5 * SECOND).await;
        drop(send);
    };
    let request = Request::put("/").body(body).expect("a request");
    let (result, ()) = tokio::join!(ask(&mut service, request), upload);
    let error = result.expect_err("no answer ever came");
    let error = error.downcast_ref::<Error>().expect("an error of ours");
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Timeout, 1));
    assert_eq!(began.elapsed().as_secs(), 6);
}

#[tokio::test(start_paused = true)]
async fn an_error_of_ours_tells_of_the_attempts_before_it_too() {
    type End = fn() -> Result<Response<Body>, BoxError>;
    let rows: [(&str, End, bool); 2] = [
        ("answered", || Ok(status(503)), false),
        ("refused", || Err(refused()), true),
    ];
    for (what, before, safe) in rows {
        let attempts = Arc::new(AtomicUsize::new(0));
        let service = strict(move |_: Request<Body>| {
            let shed = Error::new(Cause::Overflow { waiting: 1 }).after(0, true);
            let end = match attempts.fetch_add(1, SeqCst) {
                0 => before(),
                _ => Err(shed.into()),
            };
            async move { end }
        });
        let mut service = RetryLayer::new(RetryPolicy::idempotent(2)).layer(service);
        let error = ask(&mut service, get()).await.expect_err("shed");
        let error = error.downcast_ref::<Error>().expect("an error of ours");
        assert_eq!(
            (error.attempts(), error.is_safe_to_retry()),
            (2, safe),
            "{what}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_ran_out_of_time_is_followed_by_another() {
    let attempts = Arc::new(AtomicUsize::new(0));
    let counted = attempts.clone();
    let service = strict(move |_: Request<Body>| {
        let first = counted.fetch_add(1, SeqCst) == 0;
        async move {
            if first {
                pending::<()>().await;
            }
            Ok::<_, Infallible>(status(200))
        }
    });
    let policy = RetryPolicy::idempotent(1).per_try(SECOND);
    let mut service = RetryLayer::new(policy).layer(service);
    let response = ask(&mut service, get()).await.expect("an answer");
    assert_eq!(
        (response.status().as_u16(), attempts.load(SeqCst)),
        (200, 2)
    );
}

#[tokio::test(start_paused = true)]
async fn the_same_seed_waits_as_long() {
    let waited = async |seed| {
        let began = Instant::now();
        let service = strict(async |_: Request<Body>| Ok::<_, Infallible>(status(503)));
        let layer = RetryLayer::new(RetryPolicy::idempotent(5)).seed(Seed(seed));
        let mut service = layer.layer(service);
        ask(&mut service, get()).await.expect("an answer");
        began.elapsed()
    };
    assert_eq!(waited(7).await, waited(7).await);
    assert_ne!(waited(7).await, waited(8).await);
}

#[tokio::test]
async fn where_no_retry_can_happen_the_service_is_called_as_it_is() {
    let service = strict(async |_: Request<Body>| Ok::<_, Infallible>(status(503)));
    let layer = RetryLayer::new(RetryPolicy::new(Policy::none()));
    let mut service = layer.layer(Uncloned(service));
    let ready = ServiceExt::<Request<Body>>::ready(&mut service).await;
    let response = ready.expect("ready").call(get()).await;
    assert_eq!(response.expect("an answer").status(), 503);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_given_up_leaves_nothing_behind() {
    let alive = Arc::new(());
    let held = alive.clone();
    let service = strict(move |_: Request<Body>| {
        let held = held.clone();
        async move {
            pending::<()>().await;
            drop(held);
            Ok::<_, Infallible>(status(200))
        }
    });
    let (send, body) = pieces();
    let mut service = RetryLayer::new(RetryPolicy::idempotent(2)).layer(service);
    let request = Request::put("/").body(body).expect("a request");
    let before = Arc::strong_count(&alive);
    let mut call = Box::pin(ask(&mut service, request));
    assert!((&mut call).now_or_never().is_none());
    assert!(!send.is_dropped());
    drop(call);
    assert!(send.is_dropped());
    // The service that is left, and that which the answer was made from.
    assert_eq!(Arc::strong_count(&alive), before);
}

/// How often hyper-util's client is asked to send such a request to a peer that does this with its connections.
async fn attempts_of_hyper_util(method: Method, accepts: bool) -> usize {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback");
    let url = format!("http://{}/", listener.local_addr().expect("bound"));
    let peer = accepts.then(|| {
        tokio::spawn(async move {
            loop {
                let (mut connection, _) = listener.accept().await.expect("a connection");
                let _ = connection.read(&mut [0; 1024]).await;
            }
        })
    });
    let http = legacy::Client::builder(TokioExecutor::new()).build_http::<Body>();
    let count = Arc::new(AtomicUsize::new(0));
    let counted = count.clone();
    let counting = MapRequestLayer::new(move |request: Request<Body>| {
        counted.fetch_add(1, SeqCst);
        request
    });
    let client = ServiceBuilder::new()
        .layer(RetryLayer::new(RetryPolicy::idempotent(1)))
        .layer(counting)
        .service(http);
    let request = Request::builder().method(method).uri(url);
    let request = request.body(Body::empty()).expect("a request");
    assert!(client.oneshot(request).await.is_err());
    if let Some(peer) = peer {
        peer.abort();
    }
    count.load(SeqCst)
}

#[tokio::test]
async fn what_fails_in_hyper_utils_client_is_understood() {
    for (method, accepts, want) in [
        (Method::POST, false, 2),
        (Method::POST, true, 1),
        (Method::GET, true, 2),
    ] {
        let made = attempts_of_hyper_util(method.clone(), accepts).await;
        assert_eq!(made, want, "{method}, the peer accepts: {accepts}");
    }
}

#[tokio::test(start_paused = true)]
async fn it_stands_between_other_peoples_layers() {
    let attempts = Arc::new(AtomicUsize::new(0));
    let counted = attempts.clone();
    let inner = strict(move |_: Request<Body>| {
        let first = counted.fetch_add(1, SeqCst) == 0;
        async move { Ok::<_, Infallible>(status(if first { 503 } else { 200 })) }
    });
    let client = ServiceBuilder::new()
        .layer(TimeoutLayer::with_status_code(
            StatusCode::REQUEST_TIMEOUT,
            60 * SECOND,
        ))
        .layer(RetryLayer::new(RetryPolicy::idempotent(2)))
        .layer(SetSensitiveRequestHeadersLayer::new([
            http::header::AUTHORIZATION,
        ]))
        .layer(MapResponseBodyLayer::new(axum::body::Body::new))
        .service(inner);
    let request = Request::new(axum::body::Body::from("hello"));
    let response = client.oneshot(request).await.expect("an answer");
    assert_eq!(
        (response.status().as_u16(), attempts.load(SeqCst)),
        (200, 2)
    );
}
