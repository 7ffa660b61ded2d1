//! The inbound services together, around applications that a test can hold on to.

mod guard;
mod limits;
mod stacking;

use std::{
    convert::Infallible,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Frame;
use http_body_util::{Empty, Full};
use tokio::sync::mpsc;
use tower::{Layer as _, ServiceExt, service_fn, util::BoxCloneService};
use tower_service::Service;

use super::{Inbound, InboundLayer, InboundState, Reply};
use crate::body::{Body, BoxError};

/// A response body that a test feeds.
struct Fed(mpsc::Receiver<Result<Bytes, BoxError>>);

impl http_body::Body for Fed {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        self.0
            .poll_recv(cx)
            .map(|next| next.map(|data| data.map(Frame::data)))
    }
}

fn fed() -> (mpsc::Sender<Result<Bytes, BoxError>>, Fed) {
    let (feed, body) = mpsc::channel(8);
    (feed, Fed(body))
}

fn hello() -> Response<Full<Bytes>> {
    Response::new(Full::from("hello"))
}

fn get() -> Request<Empty<Bytes>> {
    Request::new(Empty::new())
}

fn layered<F, Fut, B>(
    state: &InboundState,
    app: F,
) -> Inbound<BoxCloneService<Request<Body>, Response<B>, Infallible>>
where
    F: Fn(Request<Body>) -> Fut + Clone + Send + 'static,
    Fut: Future<Output = Response<B>> + Send + 'static,
    B: 'static,
{
    let app = service_fn(move |request| {
        let response = app(request);
        async { Ok(response.await) }
    });
    InboundLayer::new(state.clone()).layer(BoxCloneService::new(app))
}

async fn answer<S, B, R>(app: S, request: Request<R>) -> Response<Reply<B>>
where
    S: Service<Request<R>, Response = Response<Reply<B>>, Error = Infallible>,
{
    app.oneshot(request)
        .await
        .expect("the application cannot fail")
}
