//! What users would have instead of the mesh: tonic's channels and reqwest, fed with the same endpoints.

use std::{
    collections::BTreeSet,
    fmt,
    net::SocketAddr,
    sync::Arc,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use futures::StreamExt;
use hyper_util::rt::TokioIo;
use mesh_examples::{
    Error,
    caller::{asked, chain, read, streaming, unary},
    fleet::{Discovery, Way},
    kind::Kind,
    traffic::Outcome,
};
use reqwest::dns::{Name, Resolve, Resolving};
use tokio::{net::TcpStream, sync::mpsc};
use tonic::transport::{Channel, Endpoint, channel::Change};
use tower::service_fn;

/// One of them.
#[derive(Clone, Debug)]
pub(crate) enum Peer {
    /// `Channel::balance_channel`, told of each endpoint that comes and goes.
    TonicBalanced(Channel),
    /// A `Channel` to a name, which goes to one of the addresses that the name has whenever it connects.
    TonicNamed(Channel),
    /// A `reqwest::Client` whose resolver knows the addresses.
    Reqwest(reqwest::Client),
}

impl Peer {
    /// All that can make calls of this kind.
    pub(crate) fn all(discovery: &Discovery, kind: Kind) -> Result<Vec<Self>, Error> {
        if kind.is_grpc() {
            return Ok(vec![balanced(discovery, kind), named(discovery, kind)]);
        }
        Ok(vec![with_reqwest(discovery, kind)?])
    }

    pub(crate) async fn call(&self, kind: Kind, way: Way, number: u64) -> Outcome {
        match self {
            Self::TonicBalanced(channel) | Self::TonicNamed(channel) => match kind {
                Kind::Streaming => streaming(channel.clone(), way, number).await,
                _ => unary(channel.clone()).await,
            },
            Self::Reqwest(client) => {
                let (method, body) = asked(way, number);
                let request = client
                    .request(method, "http://echo/echo")
                    .body(body.clone());
                let response = request.send().await;
                let response = response.map_err(|error| chain(&error))?;
                read(http::Response::<reqwest::Body>::from(response), &body).await
            }
        }
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::TonicBalanced(_) => "tonic-balanced",
            Self::TonicNamed(_) => "tonic-by-name",
            Self::Reqwest(_) => "reqwest",
        })
    }
}

fn balanced(discovery: &Discovery, kind: Kind) -> Peer {
    let (channel, changes) = Channel::balance_channel(64);
    tokio::spawn(feed(discovery.clone(), kind, changes));
    Peer::TonicBalanced(channel)
}

/// Ends with the channel.
async fn feed(
    discovery: Discovery,
    kind: Kind,
    changes: mpsc::Sender<Change<SocketAddr, Endpoint>>,
) {
    let mut known = BTreeSet::new();
    let mut updates = discovery.updates();
    while let Some(places) = updates.next().await {
        let now: BTreeSet<_> = places.iter().map(|place| place.of(kind)).collect();
        let came = now.difference(&known).filter_map(|addr| {
            let endpoint = Endpoint::from_shared(format!("http://{addr}")).ok()?;
            Some(Change::Insert(*addr, endpoint.connect_timeout(CONNECT)))
        });
        let went = known.difference(&now).map(|addr| Change::Remove(*addr));
        for change in came.chain(went) {
            if changes.send(change).await.is_err() {
                return;
            }
        }
        known = now;
    }
}

fn named(discovery: &Discovery, kind: Kind) -> Peer {
    let turns = Turns::new(discovery, kind);
    let connect = service_fn(move |_| {
        let addrs = turns.next();
        async move {
            let stream = TcpStream::connect(&*addrs).await?;
            stream.set_nodelay(true)?;
            Ok::<_, std::io::Error>(TokioIo::new(stream))
        }
    });
    let echo = Endpoint::from_static("http://echo").connect_timeout(CONNECT);
    Peer::TonicNamed(echo.connect_with_connector_lazy(connect))
}

fn with_reqwest(discovery: &Discovery, kind: Kind) -> Result<Peer, Error> {
    let client = reqwest::Client::builder()
        .no_proxy()
        .connect_timeout(CONNECT)
        .dns_resolver(Arc::new(Turns::new(discovery, kind)));
    let client = match kind {
        Kind::Http1 => client.http1_only(),
        _ => client.http2_prior_knowledge(),
    };
    Ok(Peer::Reqwest(client.build()?))
}

/// A name server's answers: all addresses, another one first each time.
struct Turns {
    discovery: Discovery,
    kind: Kind,
    asked: AtomicUsize,
}

impl Turns {
    fn new(discovery: &Discovery, kind: Kind) -> Self {
        Self {
            discovery: discovery.clone(),
            kind,
            asked: AtomicUsize::new(0),
        }
    }

    fn next(&self) -> Vec<SocketAddr> {
        let places = self.discovery.now();
        let mut addrs: Vec<_> = places.iter().map(|place| place.of(self.kind)).collect();
        let turn = self.asked.fetch_add(1, Ordering::Relaxed);
        let first = turn.checked_rem(addrs.len()).unwrap_or_default();
        addrs.rotate_left(first);
        addrs
    }
}

impl Resolve for Turns {
    fn resolve(&self, _name: Name) -> Resolving {
        let addrs = self.next().into_iter();
        Box::pin(async move { Ok(Box::new(addrs) as Box<dyn Iterator<Item = SocketAddr> + Send>) })
    }
}

/// What all of them get, so that none waits for a system that gives no answer.
const CONNECT: Duration = Duration::from_secs(2);
