//! The application of an endpoint: an echo by HTTP and by gRPC.
//!
//! Messages by prost's derive, client and server by hand on tonic's own types: what generated code does, without protoc.

use std::{
    convert::Infallible,
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    Router,
    body::Bytes,
    extract::Request,
    middleware::{self, Next},
    routing,
};
use futures::{StreamExt, future::BoxFuture, stream, stream::BoxStream};
use http::{HeaderValue, Response, header::HeaderName};
use mesh_tower::CallContext;
use tokio::time;
use tonic::{Status, server::NamedService, service::Routes};
use tonic_prost::ProstCodec;
use tower::{Service, service_fn};

use crate::Error;

/// What is asked and answered by gRPC.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Note {
    /// Comes back as it is.
    #[prost(string, tag = "1")]
    pub text: String,
    /// How many messages the answer is to have, where it is a stream.
    #[prost(uint32, tag = "2")]
    pub count: u32,
    /// How long to wait before each of them but the first, in milliseconds.
    #[prost(uint32, tag = "3")]
    pub pause: u32,
}

/// The method with one message each way.
pub const SAY: &str = "/mesh.example.Echo/Say";
/// The method that answers with a stream.
pub const LIST: &str = "/mesh.example.Echo/List";

/// Names the connection that an answer came over.
pub const CONNECTION: HeaderName = HeaderName::from_static("x-connection");

/// An application that answers every request with its own body, after so long.
pub fn app(work: Duration) -> Router {
    let echo = async move |body: Bytes| {
        time::sleep(work).await;
        body
    };
    Router::new()
        .route("/echo", routing::any(echo))
        .merge(Routes::new(Echo { work }).into_axum_router())
        .layer(middleware::from_fn(name_connection))
}

async fn name_connection(request: Request, next: Next) -> axum::response::Response {
    let context = CallContext::current();
    let mut response = next.run(request).await;
    let connection = context
        .as_ref()
        .and_then(|context| context.call().conn_info());
    let name = connection.map(|at| format!("{}-{}", at.peer_addr(), at.local_addr()));
    if let Some(name) = name.and_then(|name| HeaderValue::try_from(name).ok()) {
        response.headers_mut().insert(CONNECTION, name);
    }
    response
}

#[derive(Clone)]
struct Echo {
    work: Duration,
}

type Answer<T> = Result<tonic::Response<T>, Status>;

impl Echo {
    async fn say(self, asked: tonic::Request<Note>) -> Answer<Note> {
        time::sleep(self.work).await;
        Ok(tonic::Response::new(asked.into_inner()))
    }

    async fn list(
        self,
        asked: tonic::Request<Note>,
    ) -> Answer<BoxStream<'static, Result<Note, Status>>> {
        time::sleep(self.work).await;
        let note = asked.into_inner();
        let pause = Duration::from_millis(note.pause.into());
        let notes = stream::iter(0..note.count).then(move |number| {
            let note = note.clone();
            async move {
                if number > 0 && !pause.is_zero() {
                    time::sleep(pause).await;
                }
                Ok(note)
            }
        });
        Ok(tonic::Response::new(notes.boxed()))
    }
}

impl NamedService for Echo {
    const NAME: &'static str = "mesh.example.Echo";
}

impl<B> Service<http::Request<B>> for Echo
where
    B: http_body::Body + Send + 'static,
    B::Error: Into<Error> + Send,
{
    type Response = Response<tonic::body::Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<B>) -> Self::Future {
        let echo = self.clone();
        let mut grpc = tonic::server::Grpc::new(ProstCodec::<Note, Note>::default());
        Box::pin(async move {
            Ok(match request.uri().path() {
                SAY => {
                    let say = service_fn(move |asked| echo.clone().say(asked));
                    grpc.unary(say, request).await
                }
                LIST => {
                    let list = service_fn(move |asked| echo.clone().list(asked));
                    grpc.server_streaming(list, request).await
                }
                _ => Status::unimplemented("the echo has the methods Say and List").into_http(),
            })
        })
    }
}
