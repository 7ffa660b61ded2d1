//! The endpoints: each a mesh with threads of its own, so that one can crash; and their coming and going.

use std::{thread, time::Duration};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::Request,
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing,
};
use futures::{StreamExt, TryStreamExt, stream};
use http::{StatusCode, header::CONTENT_TYPE};
use http_body_util::{BodyStream, StreamBody};
use mesh_examples::{
    Error, echo,
    endpoint::{self, Place},
    fleet::{Discovery, Way},
};
use mesh_tower::Mesh;
use tokio::{runtime, sync::oneshot, time};

/// Tells an endpoint what befalls a request.
pub(crate) const FATE: &str = "x-fate";
/// Where a large answer is to be had by HTTP.
pub(crate) const LARGE: &str = "/large";
/// How large what is large is.
pub(crate) const SIZE: usize = 256 * 1_024;

/// All endpoints, in the order in which they will go.
pub(crate) struct Endpoints {
    discovery: Discovery,
    running: Vec<Endpoint>,
    /// How many have gone by each way.
    pub(crate) drained: usize,
    pub(crate) crashed: usize,
    /// Requests that drained endpoints still held when they had ended.
    pub(crate) held: usize,
}

impl Endpoints {
    pub(crate) async fn start(size: usize) -> Result<Self, Error> {
        let mut endpoints = Self {
            discovery: Discovery::default(),
            running: Vec::new(),
            drained: 0,
            crashed: 0,
            held: 0,
        };
        for _ in 0..size {
            endpoints.running.push(Endpoint::start().await?);
        }
        endpoints.tell();
        Ok(endpoints)
    }

    pub(crate) fn discovery(&self) -> Discovery {
        self.discovery.clone()
    }

    /// Replaces the oldest one.
    pub(crate) async fn replace(&mut self, way: Way) -> Result<(), Error> {
        self.running.push(Endpoint::start().await?);
        let leaving = self.running.remove(0);
        match way {
            Way::Drain => {
                self.tell();
                time::sleep(HEARD).await;
                self.held += leaving.end(way).await?;
                self.drained += 1;
            }
            Way::Crash => {
                leaving.end(way).await?;
                time::sleep(HEARD).await;
                self.tell();
                self.crashed += 1;
            }
        }
        Ok(())
    }

    /// Drains all of them.
    pub(crate) async fn stop(&mut self) -> Result<(), Error> {
        for endpoint in self.running.drain(..) {
            self.held += endpoint.end(Way::Drain).await?;
        }
        Ok(())
    }

    fn tell(&self) {
        let places = self.running.iter().map(|endpoint| endpoint.place);
        self.discovery.tell(places.collect());
    }
}

/// One endpoint, on a thread of its own.
struct Endpoint {
    place: Place,
    end: oneshot::Sender<Way>,
    thread: thread::JoinHandle<Result<usize, Error>>,
}

impl Endpoint {
    async fn start() -> Result<Self, Error> {
        let (end, asked) = oneshot::channel();
        let (started, starting) = oneshot::channel();
        let thread = thread::spawn(move || {
            let runtime = runtime::Builder::new_current_thread()
                .enable_all()
                .build()?;
            // The runtime is dropped here with all that runs on it: what is not drained has crashed.
            runtime.block_on(live(started, asked))
        });
        match starting.await {
            Ok(place) => Ok(Self { place, end, thread }),
            Err(_) => Err(format!("an endpoint did not start: {:?}", thread.join()).into()),
        }
    }

    /// Ends it; gives how many requests it still held at the end of a drain.
    async fn end(self, way: Way) -> Result<usize, Error> {
        let Self { end, thread, .. } = self;
        end.send(way)
            .map_err(|_| "an endpoint has ended by itself")?;
        let joined = tokio::task::spawn_blocking(|| thread.join()).await?;
        joined.map_err(|_| "an endpoint panicked")?
    }
}

async fn live(
    started: oneshot::Sender<Place>,
    asked: oneshot::Receiver<Way>,
) -> Result<usize, Error> {
    let mesh = endpoint::described(Some(MOST))?.start().await?;
    let begun = async {
        mesh.ready().await;
        // Nobody waits for it any more if the run has failed meanwhile.
        Place::of_mesh(&mesh).map(|place| started.send(place).ok())
    };
    let ended = async {
        begun.await?;
        match asked.await {
            Ok(Way::Drain) => {
                mesh.stop(DRAIN).await;
                Ok(held(&mesh))
            }
            // Or nobody wants it any more.
            Ok(Way::Crash) | Err(_) => Ok(0),
        }
    };
    tokio::select! {
        ended = ended => ended,
        never = serve(&mesh) => never,
    }
}

/// Requests that are still counted: as being answered, or as waiting to be.
fn held(mesh: &Mesh) -> usize {
    let page = mesh.metrics();
    let waiting = page
        .lines()
        .filter_map(|line| line.strip_prefix("mesh_inbound_requests_waiting "));
    let waiting = waiting.filter_map(|count| count.parse::<usize>().ok());
    mesh.in_flight().1 + waiting.sum::<usize>()
}

async fn serve(mesh: &Mesh) -> Result<usize, Error> {
    mesh.serve_until(app(), std::future::pending()).await?;
    // Stopped: whoever stopped it has the last word.
    std::future::pending().await
}

fn app() -> Router {
    echo::app(Duration::ZERO)
        .route(LARGE, routing::any(async || vec![b'x'; SIZE]))
        .layer(middleware::from_fn(befall))
}

async fn befall(request: Request, next: Next) -> Response {
    let fate = request.headers().get(FATE).cloned();
    let kind = request.headers().get(CONTENT_TYPE);
    let is_grpc = kind.is_some_and(|kind| kind == "application/grpc");
    match fate.as_ref().map_or(&b""[..], |fate| fate.as_bytes()) {
        b"aborted" => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        b"unread" if is_grpc => {
            let full = tonic::Status::resource_exhausted("left unread");
            full.into_http::<Body>()
        }
        b"unread" => StatusCode::PAYLOAD_TOO_LARGE.into_response(),
        b"delayed" => {
            time::sleep(DELAY).await;
            next.run(request).await
        }
        b"slow-answer" => next.run(request).await.map(slow),
        b"reset" => next.run(request).await.map(broken),
        _ => next.run(request).await,
    }
}

/// The same body, each of its frames late.
fn slow(body: Body) -> Body {
    let frames = BodyStream::new(body).then(|frame| async {
        time::sleep(PIECE).await;
        frame
    });
    Body::new(StreamBody::new(frames))
}

/// A body that begins and fails.
fn broken(_: Body) -> Body {
    let begun = stream::once(async { Ok(Bytes::from_static(b"half")) });
    let fails = stream::once(async {
        time::sleep(PIECE).await;
        Err::<Bytes, _>("the endpoint breaks off")
    });
    Body::from_stream(begun.chain(fails).map_err(Error::from))
}

/// How many requests each listener lets in at a time: so few that some wait and some are refused.
const MOST: i64 = 6;
const HEARD: Duration = Duration::from_millis(50);
const DRAIN: Duration = Duration::from_secs(10);
const DELAY: Duration = Duration::from_millis(10);
const PIECE: Duration = Duration::from_millis(2);
