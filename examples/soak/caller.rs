//! One request, from its draw to its end.

use std::time::Duration;

use bytes::Bytes;
use futures::{StreamExt, stream};
use http::{Request, uri::PathAndQuery};
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use mesh_examples::{
    Error,
    echo::{LIST, Note, SAY},
    kind::Kind,
};
use mesh_tower::{Body, Client, Mesh, ResponseBody};
use tokio::time;
use tonic::{Status, client::Grpc};
use tonic_prost::ProstCodec;

use crate::{
    endpoints::{FATE, LARGE, SIZE},
    fate::{Drawn, Fate},
    ledger::{End, ID, Ledger},
    policy,
};

/// Makes requests and keeps the ledger.
#[derive(Clone)]
pub(crate) struct Caller {
    http1: Client,
    http2: Client,
    grpc: Client,
    ledger: Ledger,
    seed: u64,
}

type Ended = (End, Option<u16>);

impl Caller {
    pub(crate) fn new(mesh: &Mesh, ledger: Ledger, seed: u64) -> Result<Self, Error> {
        let client = |kind| mesh.client_for(&policy::service(kind));
        Ok(Self {
            http1: client(Kind::Http1)?,
            http2: client(Kind::Http2)?,
            grpc: client(Kind::Unary)?,
            ledger,
            seed,
        })
    }

    /// Makes the request of this number.
    pub(crate) async fn make(&self, number: u64) {
        let drawn = Drawn::new(self.seed, number);
        let patience = match drawn.fate {
            Fate::Cancelled => drawn.patience,
            _ => FAR_TOO_LONG,
        };
        let ended = time::timeout(patience, self.exchange(drawn, number)).await;
        let (end, status) = match (ended, drawn.fate) {
            (Ok(ended), _) => ended,
            (Err(_), Fate::Cancelled) => (End::Left, None),
            (Err(_), _) => (End::Hung, None),
        };
        self.ledger.ended(number, end, status);
    }

    async fn exchange(&self, drawn: Drawn, number: u64) -> Ended {
        match drawn.kind {
            Kind::Http1 => http(&self.http1, drawn, number).await,
            Kind::Http2 => http(&self.http2, drawn, number).await,
            Kind::Unary => unary(self.grpc.clone(), drawn, number).await,
            Kind::Streaming => streaming(self.grpc.clone(), drawn, number).await,
        }
    }
}

async fn http(client: &Client, drawn: Drawn, number: u64) -> Ended {
    let path = match drawn.fate {
        Fate::LargeAnswer | Fate::Stalled => LARGE,
        _ => "/echo",
    };
    let body = match (drawn.fate, number % 4) {
        (Fate::LargeRequest | Fate::Unread, _) => in_pieces(),
        (_, 0) => Body::from(Bytes::from_static(&[b'x'; 1_024])),
        _ => Body::empty(),
    };
    let method = match number % 4 {
        0 => http::Method::PUT,
        1 => http::Method::POST,
        _ => http::Method::GET,
    };
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header(FATE, drawn.fate.word())
        .header("x-request-id", format!("{ID}{number}"))
        .body(body);
    let Ok(request) = request else {
        return (End::Failed, None);
    };
    match client.send(request).await {
        Ok(response) => {
            let status = response.status().as_u16();
            (read(response.into_body(), drawn.fate).await, Some(status))
        }
        Err(_) => (End::Failed, None),
    }
}

/// As large as can be, and as no retry can send again.
fn in_pieces() -> Body {
    let piece = Bytes::from_static(&[b'x'; 16 * 1_024]);
    let pieces = std::iter::repeat_n(piece, SIZE / (16 * 1_024));
    let frames = stream::iter(pieces).map(|piece| Ok::<_, Error>(Frame::data(piece)));
    Body::new(StreamBody::new(frames))
}

async fn read(mut body: ResponseBody, fate: Fate) -> End {
    if fate == Fate::Dropped {
        return End::Left;
    }
    let mut frames = 0;
    while let Some(frame) = body.frame().await {
        if frame.is_err() {
            return End::Cut;
        }
        frames += 1;
        if frames == 1 && fate == Fate::Stalled {
            time::sleep(STALL).await;
        }
    }
    End::Answered
}

async fn unary(client: Client, drawn: Drawn, number: u64) -> Ended {
    let (mut stub, request) = asked(client, drawn, number);
    let codec = ProstCodec::<Note, Note>::default();
    if stub.ready().await.is_err() {
        return (End::Failed, None);
    }
    let answer = stub.unary(request, PathAndQuery::from_static(SAY), codec);
    match answer.await {
        Ok(_) => (End::Answered, None),
        Err(_) => (End::Failed, None),
    }
}

async fn streaming(client: Client, drawn: Drawn, number: u64) -> Ended {
    let (mut stub, request) = asked(client, drawn, number);
    let codec = ProstCodec::<Note, Note>::default();
    if stub.ready().await.is_err() {
        return (End::Failed, None);
    }
    let answer = stub.server_streaming(request, PathAndQuery::from_static(LIST), codec);
    let end = match answer.await {
        Ok(_) if drawn.fate == Fate::Dropped => End::Left,
        Ok(answer) => messages(answer.into_inner(), drawn.fate).await,
        Err(_) => End::Failed,
    };
    (end, None)
}

async fn messages(mut notes: tonic::Streaming<Note>, fate: Fate) -> End {
    let mut came = 0;
    loop {
        match notes.message().await {
            Ok(Some(_)) => came += 1,
            Ok(None) => return End::Answered,
            Err(status) => return cut_or_failed(&status),
        }
        if came == 1 && fate == Fate::Stalled {
            time::sleep(STALL).await;
        }
    }
}

/// A status that the endpoint, or the mesh, has sent, or none because the stream broke.
fn cut_or_failed(status: &Status) -> End {
    match std::error::Error::source(status) {
        Some(_) => End::Cut,
        None => End::Failed,
    }
}

fn asked(client: Client, drawn: Drawn, number: u64) -> (Grpc<Client>, tonic::Request<Note>) {
    let (text, count) = match drawn.fate {
        Fate::LargeRequest | Fate::Unread => (SIZE, 1),
        Fate::LargeAnswer | Fate::Stalled => (SIZE / 16, 16),
        _ => (16, 3),
    };
    let mut request = tonic::Request::new(Note {
        text: "x".repeat(text),
        count,
        pause: 0,
    });
    let metadata = request.metadata_mut();
    if let Ok(word) = drawn.fate.word().parse() {
        metadata.insert(FATE, word);
    }
    if let Ok(id) = format!("{ID}{number}").parse() {
        metadata.insert("x-request-id", id);
    }
    (Grpc::new(client), request)
}

const STALL: Duration = Duration::from_millis(30);
/// Beyond every limit of the routes, retries included.
const FAR_TOO_LONG: Duration = Duration::from_secs(60);
