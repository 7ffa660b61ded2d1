//! A gRPC service of the tests' own, with a method of each kind.
//!
//! Messages by prost's derive, client and server by hand on tonic's own types: what generated code does, without protoc.

use std::{
    convert::Infallible,
    future::pending,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
};

use futures::{Stream, StreamExt, future::BoxFuture, stream, stream::BoxStream};
use http::uri::PathAndQuery;
use mesh_tower::Client;
use tokio::sync::Notify;
use tonic::{
    Code, IntoRequest, IntoStreamingRequest, Request, Response, Status, Streaming,
    codec::CompressionEncoding::Gzip, metadata::MetadataMap, server::NamedService,
};
use tonic_prost::ProstCodec;
use tower::{Service, service_fn};

use crate::support::BoxError;

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Note {
    #[prost(string, tag = "1")]
    pub(super) text: String,
    #[prost(int32, tag = "2")]
    pub(super) number: i32,
}

pub(super) fn note(text: impl Into<String>, number: i32) -> Note {
    Note {
        text: text.into(),
        number,
    }
}

/// The stub.
#[derive(Clone)]
pub(super) struct EchoClient(pub(super) tonic::client::Grpc<Client>);

type Answer<T> = Result<Response<T>, Status>;

impl EchoClient {
    pub(super) fn new(client: Client) -> Self {
        Self(tonic::client::Grpc::new(client))
    }

    pub(super) async fn say(&mut self, asked: impl IntoRequest<Note>) -> Answer<Note> {
        let path = self.method("/mesh.test.Echo/Say").await?;
        let request = asked.into_request();
        self.0.unary(request, path, ProstCodec::default()).await
    }

    pub(super) async fn list(&mut self, asked: impl IntoRequest<Note>) -> Answer<Streaming<Note>> {
        let path = self.method("/mesh.test.Echo/List").await?;
        let request = asked.into_request();
        let codec = ProstCodec::default();
        self.0.server_streaming(request, path, codec).await
    }

    pub(super) async fn sum(
        &mut self,
        notes: impl IntoStreamingRequest<Message = Note>,
    ) -> Answer<Note> {
        let path = self.method("/mesh.test.Echo/Sum").await?;
        let request = notes.into_streaming_request();
        let codec = ProstCodec::default();
        self.0.client_streaming(request, path, codec).await
    }

    pub(super) async fn chat(
        &mut self,
        notes: impl IntoStreamingRequest<Message = Note>,
    ) -> Answer<Streaming<Note>> {
        let path = self.method("/mesh.test.Echo/Chat").await?;
        let request = notes.into_streaming_request();
        let codec = ProstCodec::default();
        self.0.streaming(request, path, codec).await
    }

    async fn method(&mut self, path: &'static str) -> Result<PathAndQuery, Status> {
        let ready = self.0.ready().await;
        ready.map_err(|error| Status::unknown(error.to_string()))?;
        Ok(PathAndQuery::from_static(path))
    }
}

/// The service. Metadata whose keys begin with `x-` comes back, and the deadline as `x-timeout`; `fail` fails with the code that its number is.
#[derive(Clone)]
pub(super) struct Echo {
    /// What it says its name is, in the metadata `x-server`.
    name: Arc<str>,
    /// How many calls have reached it.
    pub(super) calls: Arc<AtomicUsize>,
    /// Told whenever a call ends before its answer does.
    pub(super) abandoned: Arc<Notify>,
}

impl Echo {
    pub(super) fn new(name: &str) -> Self {
        Self {
            name: name.into(),
            calls: Arc::default(),
            abandoned: Arc::default(),
        }
    }

    fn answer<T>(&self, asked: &MetadataMap, message: T) -> Response<T> {
        let mut response = Response::new(message);
        let headers = asked.clone().into_headers();
        let echoed = headers
            .iter()
            .filter(|(key, _)| key.as_str().starts_with("x-"));
        let mut metadata = http::HeaderMap::new();
        for (key, value) in echoed {
            metadata.append(key, value.clone());
        }
        *response.metadata_mut() = MetadataMap::from_headers(metadata);
        if let Some(timeout) = asked.get("grpc-timeout") {
            response.metadata_mut().insert("x-timeout", timeout.clone());
        }
        let name = self.name.parse().expect("a name is ASCII");
        response.metadata_mut().insert("x-server", name);
        response
    }

    async fn say(self, asked: Request<Note>) -> Answer<Note> {
        let (metadata, _, note) = asked.into_parts();
        match note.text.as_str() {
            "fail" => Err(failure(note.number)),
            "hang" => {
                let _told = Abandoned(self.abandoned.clone());
                pending().await
            }
            _ => Ok(self.answer(&metadata, note)),
        }
    }

    async fn list(self, asked: Request<Note>) -> Answer<BoxStream<'static, Result<Note, Status>>> {
        let (metadata, _, asked) = asked.into_parts();
        let last = match asked.text.as_str() {
            "fail" => stream::iter([Err(failure(asked.number))]).boxed(),
            "hang" => {
                let told = Abandoned(self.abandoned.clone());
                stream::once(async move {
                    let _told = told;
                    pending().await
                })
                .boxed()
            }
            _ => stream::empty().boxed(),
        };
        let notes = stream::iter((0..3).map(move |n| Ok(note(asked.text.clone(), n))));
        Ok(self.answer(&metadata, notes.chain(last).boxed()))
    }

    async fn sum(self, asked: Request<Streaming<Note>>) -> Answer<Note> {
        let (metadata, _, mut notes) = asked.into_parts();
        let mut sum = Note::default();
        while let Some(note) = notes.message().await? {
            sum.text.push_str(&note.text);
            sum.number += note.number;
        }
        Ok(self.answer(&metadata, sum))
    }

    async fn chat(self, asked: Request<Streaming<Note>>) -> Answer<Streaming<Note>> {
        let (metadata, _, notes) = asked.into_parts();
        Ok(self.answer(&metadata, notes))
    }
}

/// With a message that is no ASCII, details and metadata.
fn failure(code: i32) -> Status {
    let mut metadata = MetadataMap::new();
    metadata.insert("x-why", "asked".parse().expect("a value"));
    let message = "größer als erwartet: 100 %";
    Status::with_details_and_metadata(
        Code::from(code),
        message,
        b"\0\x01".as_slice().into(),
        metadata,
    )
}

struct Abandoned(Arc<Notify>);

impl Drop for Abandoned {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}

impl NamedService for Echo {
    const NAME: &'static str = "mesh.test.Echo";
}

impl<B> Service<http::Request<B>> for Echo
where
    B: http_body::Body + Send + 'static,
    B::Error: Into<BoxError> + Send,
{
    type Response = http::Response<tonic::body::Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<B>) -> Self::Future {
        let echo = self.clone();
        self.calls.fetch_add(1, Ordering::SeqCst);
        let mut grpc = tonic::server::Grpc::new(ProstCodec::<Note, Note>::default())
            .accept_compressed(Gzip)
            .send_compressed(Gzip)
            .max_decoding_message_size(LARGE);
        Box::pin(async move {
            let method = request.uri().path().rsplit('/').next().unwrap_or_default();
            Ok(match method {
                "Say" => {
                    let say = service_fn(move |asked| echo.clone().say(asked));
                    grpc.unary(say, request).await
                }
                "List" => {
                    let list = service_fn(move |asked| echo.clone().list(asked));
                    grpc.server_streaming(list, request).await
                }
                "Sum" => {
                    let sum = service_fn(move |asked| echo.clone().sum(asked));
                    grpc.client_streaming(sum, request).await
                }
                "Chat" => {
                    let chat = service_fn(move |asked| echo.clone().chat(asked));
                    grpc.streaming(chat, request).await
                }
                _ => Status::unimplemented("no such method").into_http(),
            })
        })
    }
}

/// All messages up to the end, or to the status that it ends in.
pub(super) async fn all(
    mut notes: Pin<&mut (impl Stream<Item = Result<Note, Status>> + ?Sized)>,
) -> (Vec<Note>, Option<Status>) {
    let mut found = Vec::new();
    while let Some(note) = notes.next().await {
        match note {
            Ok(note) => found.push(note),
            Err(status) => return (found, Some(status)),
        }
    }
    (found, None)
}

/// Beyond tonic's own limit of 4 MiB.
pub(super) const LARGE: usize = 32 << 20;
