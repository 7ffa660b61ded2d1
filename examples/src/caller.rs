//! Who calls the echo through the mesh, and what a caller makes of an answer, whoever gave it.

use std::{future::Future, sync::Arc};

use bytes::Bytes;
use futures::{StreamExt, future::try_join_all};
use http::{HeaderMap, Method, Request, Response, StatusCode, uri::PathAndQuery};
use http_body::Body as HttpBody;
use http_body_util::{BodyExt, Full};
use mesh_core::{compile::Target, retry::Policy};
use mesh_tower::{Client, Mesh};
use tonic::{
    Streaming,
    client::{Grpc, GrpcService},
};
use tonic_prost::ProstCodec;

use crate::{
    Error,
    echo::{CONNECTION, LIST, Note, SAY},
    fleet::{Discovery, Way},
    kind::Kind,
    traffic::Outcome,
};

/// Services that call the echo in turn, each through a mesh and over connections of its own.
#[derive(Clone, Debug)]
pub struct Callers {
    callers: Arc<[Caller]>,
    way: Way,
}

impl Callers {
    /// Starts so many.
    ///
    /// # Errors
    /// One does not start.
    pub async fn start(size: usize, discovery: &Discovery, way: Way) -> Result<Self, Error> {
        let callers = (0..size).map(|_| Caller::start(discovery, way));
        let callers = try_join_all(callers).await?.into();
        Ok(Self { callers, way })
    }

    /// Makes the call of this number, by the one whose turn it is.
    pub fn call(&self, kind: Kind, number: u64) -> impl Future<Output = Outcome> + Send + 'static {
        // Calls with a body and without one take turns, too.
        let turn = number / 2 % self.callers.len().max(1) as u64;
        let turn = usize::try_from(turn).unwrap_or_default();
        let (caller, way) = (self.callers.get(turn).cloned(), self.way);
        async move {
            let caller = caller.ok_or("there is nobody who calls")?;
            caller.call(kind, way, number).await
        }
    }
}

#[derive(Clone, Debug)]
struct Caller {
    http1: Client,
    http2: Client,
    grpc: Client,
}

impl Caller {
    /// A mesh that follows discovery. Where endpoints [crash](Way::Crash) it has a retry policy, otherwise none beyond the
    /// library's own defaults.
    async fn start(discovery: &Discovery, way: Way) -> Result<Self, Error> {
        let listeners = [Kind::Http1, Kind::Http2, Kind::Unary];
        let mesh = listeners.into_iter().fold(Mesh::builder(), |mesh, kind| {
            let places = discovery.updates();
            let addrs =
                places.map(move |places| places.iter().map(|place| place.of(kind)).collect());
            mesh.service(service(kind), target(kind, way))
                .discover(kind.host(), addrs)
        });
        let mesh = mesh.start().await?;
        mesh.ready().await;
        Ok(Self {
            http1: mesh.client_for(&service(Kind::Http1))?,
            http2: mesh.client_for(&service(Kind::Http2))?,
            grpc: mesh.client_for(&service(Kind::Unary))?,
        })
    }

    async fn call(&self, kind: Kind, way: Way, number: u64) -> Outcome {
        match kind {
            Kind::Http1 => exchange(&self.http1, way, number).await,
            Kind::Http2 => exchange(&self.http2, way, number).await,
            Kind::Unary => unary(self.grpc.clone()).await,
            Kind::Streaming => streaming(self.grpc.clone(), way, number).await,
        }
    }
}

fn service(kind: Kind) -> String {
    format!("{}:{}", kind.host(), kind.port())
}

fn target(kind: Kind, way: Way) -> Target {
    let target = Target::dns(kind.host()).protocol(kind.protocol());
    // The echo does no harm twice, which nothing but its authors can know of a gRPC method.
    match (way, kind.is_grpc()) {
        (Way::Drain, _) => target,
        (Way::Crash, false) => target.retry(Policy::idempotent(RETRIES)),
        (Way::Crash, true) => target.retry(Policy::idempotent(RETRIES).with_unsafe_retries()),
    }
}

async fn exchange(client: &Client, way: Way, number: u64) -> Outcome {
    let (method, body) = asked(way, number);
    let request = Request::builder().method(method).uri("/echo");
    let request = request.body(Full::new(body.clone()));
    let request = request.map_err(|error| error.to_string())?;
    let response = client.send(request).await;
    read(response.map_err(|error| chain(&error))?, &body).await
}

/// What the call of this number sends by HTTP: every other one has a body, by a method that is not idempotent where nothing is
/// to be sent twice.
#[must_use]
pub fn asked(way: Way, number: u64) -> (Method, Bytes) {
    let with_body = match way {
        Way::Drain => Method::POST,
        Way::Crash => Method::PUT,
    };
    match number % 2 {
        0 => (Method::GET, Bytes::new()),
        _ => (with_body, Bytes::from_static(&[b'x'; 1_024])),
    }
}

/// Reads an HTTP answer, which must have this body.
///
/// # Errors
/// It has not.
pub async fn read<B>(response: Response<B>, expected: &Bytes) -> Outcome
where
    B: HttpBody,
    B::Error: Into<Error>,
{
    let (head, body) = response.into_parts();
    if head.status != StatusCode::OK {
        return Err(format!("status {}", head.status));
    }
    let body = body.collect().await;
    let body = body.map_err(|error| chain(&*error.into()))?.to_bytes();
    if body != expected {
        return Err(format!(
            "{} bytes came back of {}",
            body.len(),
            expected.len()
        ));
    }
    connection(&head.headers)
}

/// Makes a gRPC call with one message each way.
///
/// # Errors
/// Why it was not answered as it should be.
pub async fn unary<S>(service: S) -> Outcome
where
    S: GrpcService<tonic::body::Body>,
    S::ResponseBody: HttpBody<Data = Bytes> + Send + 'static,
    <S::ResponseBody as HttpBody>::Error: Into<Error>,
{
    let mut stub = ready(service).await?;
    let request = tonic::Request::new(note(0));
    let codec = ProstCodec::<Note, Note>::default();
    let answer = stub.unary(request, PathAndQuery::from_static(SAY), codec);
    let answer = answer.await.map_err(told)?;
    connection(answer.metadata().as_ref())
}

/// Makes a gRPC call whose answer is a stream, and reads it to its end.
///
/// Where endpoints drain, every sixteenth stream lasts longer than the steps of a deploy, so that each endpoint goes with streams
/// open that it has to end well. Where they crash its messages come at once: what has begun to be answered cannot be asked again
/// by anybody but the application.
///
/// # Errors
/// Why it was not answered as it should be, and to its end.
pub async fn streaming<S>(service: S, way: Way, number: u64) -> Outcome
where
    S: GrpcService<tonic::body::Body>,
    S::ResponseBody: HttpBody<Data = Bytes> + Send + 'static,
    <S::ResponseBody as HttpBody>::Error: Into<Error>,
{
    let pause = match (way, number % 16) {
        (Way::Drain, 0) => 800,
        (Way::Drain, _) => 25,
        (Way::Crash, _) => 0,
    };
    let mut stub = ready(service).await?;
    let request = tonic::Request::new(note(pause));
    let codec = ProstCodec::<Note, Note>::default();
    let answer = stub.server_streaming(request, PathAndQuery::from_static(LIST), codec);
    let (metadata, mut notes, _) = answer.await.map_err(told)?.into_parts();
    let mut came = 0;
    while let Some(Note { .. }) = next(&mut notes).await? {
        came += 1;
    }
    if came != NOTES {
        return Err(format!("{came} messages came of {NOTES}"));
    }
    connection(metadata.as_ref())
}

async fn next(notes: &mut Streaming<Note>) -> Result<Option<Note>, String> {
    let note = notes.message().await;
    note.map_err(|status| format!("the stream was cut: {}", told(status)))
}

async fn ready<S: GrpcService<tonic::body::Body>>(service: S) -> Result<Grpc<S>, String> {
    let mut stub = Grpc::new(service);
    let ready = stub.ready().await;
    ready.map_err(|error| chain(&*error.into()))?;
    Ok(stub)
}

fn note(pause: u32) -> Note {
    Note {
        text: "hello".to_owned(),
        count: NOTES,
        pause,
    }
}

fn connection(headers: &HeaderMap) -> Outcome {
    let name = headers.get(CONNECTION).and_then(|name| name.to_str().ok());
    let name = name.ok_or("the answer does not say which connection it came over")?;
    Ok(name.to_owned())
}

#[expect(clippy::needless_pass_by_value, reason = "what `map_err` gives")]
fn told(status: tonic::Status) -> String {
    format!("{:?}: {}", status.code(), status.message())
}

/// An error with all its causes.
#[must_use]
pub fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |&error| error.source());
    let words: Vec<_> = causes.map(ToString::to_string).collect();
    words.join(": ")
}

const RETRIES: u32 = 3;
const NOTES: u32 = 4;
