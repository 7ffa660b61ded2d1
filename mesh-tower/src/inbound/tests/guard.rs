//! What is counted and known of a request, and until when.

use std::{
    sync::{Arc, Mutex},
    task::{Context, Poll, Waker},
};

use http::{HeaderMap, Method, StatusCode, Version};
use http_body::Frame;
use http_body_util::{BodyExt as _, StreamBody};
use mesh_core::{Defaults, metric::Flag, unit::Port};

use super::*;
use crate::{
    conn_info::ConnInfo,
    connect::Connection,
    context::CallContext,
    inbound::{stack, testing},
};

fn state() -> InboundState {
    testing::state(&[8080], Defaults::Safe, testing::UNLIMITED)
}

fn info(connection: &Connection) -> Arc<ConnInfo> {
    let addr = ([127, 0, 0, 1], 8080).into();
    let port = Port::new(8080).expect("a port");
    Arc::new(ConnInfo::new(addr, addr, port, connection.held().clone()))
}

/// Keeps the context of the last request it was told of.
#[derive(Clone, Default)]
struct Seen(Arc<Mutex<Option<CallContext>>>);

impl Seen {
    fn look<B>(&self, request: &Request<B>) {
        *self.0.lock().expect("no panic held it") = request.extensions().get().cloned();
    }

    fn context(&self) -> CallContext {
        self.0
            .lock()
            .expect("no panic held it")
            .clone()
            .expect("a request came")
    }
}

#[tokio::test]
async fn a_request_is_open_until_its_body_has_ended() {
    let (state, seen) = (state(), Seen::default());
    let (look, (feed, body)) = (seen.clone(), fed());
    let body = Arc::new(Mutex::new(Some(body)));
    let app = layered(&state, move |request: Request<Body>| {
        look.look(&request);
        let body = body
            .lock()
            .expect("no panic held it")
            .take()
            .expect("one request");
        async move { Response::new(body) }
    });
    let response = answer(app, get()).await;
    assert_eq!(state.open().count(), 1);
    feed.send(Ok(Bytes::from_static(b"x"))).await.expect("read");
    drop(feed);
    let collected = response.into_body().collect().await.expect("a whole body");
    assert_eq!(collected.to_bytes(), "x");
    assert_eq!(state.open().count(), 0);
    let context = seen.context();
    assert_eq!(context.call().status(), Some(StatusCode::OK));
    assert!(context.call().is_complete());
    assert!(context.call().flags().is_empty());
}

#[tokio::test]
async fn a_dropped_body_releases_once_and_says_that_the_caller_went_away() {
    let (state, seen) = (state(), Seen::default());
    let look = seen.clone();
    let app = layered(&state, move |request: Request<Body>| {
        look.look(&request);
        async { Response::new(fed().1) }
    });
    let other = answer(app.clone(), get()).await;
    let response = answer(app, get()).await;
    drop(response);
    assert_eq!(state.open().count(), 1, "the other one is still open");
    assert!(!seen.context().call().is_complete());
    assert!(
        seen.context()
            .call()
            .flags()
            .contains(Flag::DownstreamTermination)
    );
    drop(other);
    assert_eq!(state.open().count(), 0);
}

#[tokio::test]
async fn a_caller_that_goes_away_before_the_head_releases_too() {
    let state = state();
    let app = layered(&state, |_: Request<Body>| {
        std::future::pending::<Response<Full<Bytes>>>()
    });
    let mut running = Box::pin(app.oneshot(get()));
    assert!(
        running
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()))
            .is_pending()
    );
    assert_eq!(state.open().count(), 1);
    drop(running);
    assert_eq!(state.open().count(), 0);
}

#[tokio::test]
async fn a_body_that_no_one_will_read_does_not_hold_the_request_open() {
    for (method, status) in [(Method::HEAD, 200), (Method::GET, 204), (Method::GET, 304)] {
        let (state, seen) = (state(), Seen::default());
        let look = seen.clone();
        let app = layered(&state, move |request: Request<Body>| {
            look.look(&request);
            let mut response = hello();
            *response.status_mut() = StatusCode::from_u16(status).expect("a status");
            async { response }
        });
        let mut request = get();
        *request.method_mut() = method.clone();
        let response = answer(app, request).await;
        assert_eq!(state.open().count(), 0, "{method} {status}");
        drop(response);
        assert!(seen.context().call().is_complete(), "{method} {status}");
    }
}

#[tokio::test]
async fn a_body_as_long_as_announced_has_ended_though_no_one_asks_it() {
    let (state, seen) = (state(), Seen::default());
    let look = seen.clone();
    let app = layered(&state, move |request: Request<Body>| {
        look.look(&request);
        let (feed, body) = fed();
        let mut response = Response::new(body);
        response.headers_mut().insert("content-length", 5.into());
        async move {
            feed.send(Ok(Bytes::from_static(b"hello")))
                .await
                .expect("read");
            // A feed that stays open: the body itself does not know that this was all.
            std::mem::forget(feed);
            response
        }
    });
    let mut response = answer(app, get()).await;
    response
        .body_mut()
        .frame()
        .await
        .expect("a frame")
        .expect("a good one");
    drop(response);
    assert!(seen.context().call().is_complete());
    assert!(seen.context().call().flags().is_empty());
}

#[tokio::test]
async fn an_error_of_the_applications_body_reaches_the_server_and_the_record() {
    let (state, seen) = (state(), Seen::default());
    let look = seen.clone();
    let app = layered(&state, move |request: Request<Body>| {
        look.look(&request);
        let (feed, body) = fed();
        async move {
            feed.send(Err("the disk is gone".into()))
                .await
                .expect("read");
            Response::new(body)
        }
    });
    let response = answer(app, get()).await;
    let error = response
        .into_body()
        .collect()
        .await
        .expect_err("the body fails");
    assert_eq!(error.to_string(), "the disk is gone");
    assert_eq!(state.open().count(), 0);
    assert!(
        seen.context()
            .call()
            .flags()
            .contains(Flag::UpstreamConnectionTermination)
    );
}

#[tokio::test]
async fn an_error_of_the_application_is_not_taken_for_a_caller_that_went_away() {
    let (state, seen) = (state(), Seen::default());
    let look = seen.clone();
    let app = service_fn(move |request: Request<Body>| {
        look.look(&request);
        async { Err::<Response<Full<Bytes>>, _>("it broke") }
    });
    let failed = InboundLayer::new(state.clone())
        .layer(app)
        .oneshot(get())
        .await;
    assert_eq!(failed.map(drop), Err("it broke"));
    let flags = seen.context().call().flags();
    assert_eq!(
        flags.to_string(),
        Flag::UpstreamConnectionTermination.letters()
    );
}

#[tokio::test]
async fn the_handler_and_its_body_run_in_the_calls_context() {
    struct Asks;
    impl http_body::Body for Asks {
        type Data = Bytes;
        type Error = Infallible;
        fn poll_frame(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
            assert!(
                CallContext::current().is_some(),
                "a body is polled in its call's context"
            );
            Poll::Ready(None)
        }
    }
    let app = layered(&state(), |request: Request<Body>| {
        assert!(
            CallContext::current().is_some(),
            "a handler is called in its call's context"
        );
        async move {
            tokio::task::yield_now().await;
            let (explicit, current) = (
                request.extensions().get::<CallContext>(),
                CallContext::current(),
            );
            let (explicit, current) = (explicit.expect("one"), current.expect("one"));
            assert!(
                std::ptr::eq(explicit.call(), current.call()),
                "there is one call"
            );
            Response::new(Asks)
        }
    });
    answer(app, get())
        .await
        .into_body()
        .collect()
        .await
        .expect("a whole body");
    assert!(CallContext::current().is_none());
}

#[tokio::test]
async fn a_tunnel_is_open_until_its_connection_closes() {
    for (method, status) in [
        (Method::GET, StatusCode::SWITCHING_PROTOCOLS),
        (Method::CONNECT, StatusCode::OK),
    ] {
        let (state, seen, connection) = (
            state(),
            Seen::default(),
            Connection::new(tokio::io::duplex(1).0),
        );
        let info = info(&connection);
        let look = seen.clone();
        let app = service_fn(move |request: Request<Body>| {
            look.look(&request);
            let response = Response::builder()
                .status(status)
                .body(Empty::<Bytes>::new());
            async { Ok::<_, Infallible>(response.expect("a response")) }
        });
        let mut request = Request::new(Body::empty());
        *request.method_mut() = method;
        let response = answer(stack(app, state.clone(), Some(info)), request).await;
        drop(response);
        assert_eq!(state.open().count(), 1, "{status}");
        drop(connection);
        assert_eq!(state.open().count(), 0, "{status}");
        assert!(seen.context().call().flags().is_empty(), "{status}");
    }
}

#[tokio::test]
async fn a_tunnel_in_an_http2_stream_ends_with_its_head() {
    let state = state();
    let connection = Connection::new(tokio::io::duplex(1).0);
    let info = info(&connection);
    let app = service_fn(|_: Request<Body>| async {
        Ok::<_, Infallible>(Response::new(Empty::<Bytes>::new()))
    });
    let mut request = Request::new(Body::empty());
    (*request.method_mut(), *request.version_mut()) = (Method::CONNECT, Version::HTTP_2);
    let response = answer(stack(app, state.clone(), Some(info)), request).await;
    assert_eq!(
        state.open().count(),
        0,
        "many streams may come on one connection"
    );
    drop(response);
}

#[tokio::test]
async fn trailers_are_the_end_even_of_a_body_that_does_not_say_so() {
    let (state, seen) = (state(), Seen::default());
    let look = seen.clone();
    let app = layered(&state, move |request: Request<Body>| {
        look.look(&request);
        let frames = [
            Frame::data(Bytes::from_static(b"x")),
            Frame::trailers(HeaderMap::new()),
        ];
        let frames = futures::stream::iter(frames.map(Ok::<_, Infallible>));
        async move { Response::new(StreamBody::new(frames)) }
    });
    let mut body = answer(app, get()).await.into_body();
    for _ in 0..2 {
        body.frame().await.expect("a frame").expect("no error");
    }
    // As a server does that has sent the trailers.
    drop(body);
    let context = seen.context();
    assert!(context.call().is_complete());
    assert!(
        context.call().flags().is_empty(),
        "{}",
        context.call().flags()
    );
    assert_eq!(state.open().count(), 0);
}
