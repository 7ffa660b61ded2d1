//! The scenes: a deploy of each kind under traffic, and one endpoint that is slow.

use std::{collections::BTreeMap, env, future::Future, time::Duration};

use futures::future::{join, join_all};
use mesh_examples::{
    Error,
    caller::Callers,
    fleet::{Fleet, Way},
    kind::Kind,
    tally::Tally,
    traffic::{self, Outcome, ended},
};
use tokio::{
    process::Command,
    sync::watch,
    time::{self, Instant},
};

use crate::peers::Peer;

/// How much is called, and for how long where nothing else says so.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    /// Calls a second of the mesh, in each protocol.
    pub(crate) rate: u32,
    /// Calls a second of each that it is compared with.
    pub(crate) peers: u32,
    pub(crate) seconds: Duration,
}

/// What was counted in each protocol, by whom: the mesh first.
pub(crate) type Counted = BTreeMap<Kind, Vec<(String, Tally)>>;

/// What became of the calls during a deploy.
pub(crate) struct Deployed {
    pub(crate) counted: Counted,
    /// How many endpoints went.
    pub(crate) replaced: usize,
    /// How long calls were made.
    pub(crate) took: Duration,
    /// Over how many connections the mesh's calls went before the first of them did.
    pub(crate) connections: usize,
}

impl Deployed {
    /// All calls of the mesh.
    pub(crate) fn of_mesh(&self) -> Tally {
        of_mesh(&self.counted)
    }

    /// How many of them there really were in a second: fewer than were due where the machine could not keep up.
    pub(crate) fn rate(&self) -> f64 {
        self.of_mesh().calls() as f64 / self.took.as_secs_f64()
    }
}

/// Replaces all endpoints twice.
pub(crate) async fn deploy(way: Way, load: Load) -> Result<Deployed, Error> {
    let mut fleet = Fleet::start(ENDPOINTS, || endpoint(WORK)).await?;
    let cast = Cast::new(&fleet, way).await?;
    let begun = Instant::now();
    let before = cast.perform(load, time::sleep(SETTLE)).await;
    let (done, until) = watch::channel(());
    let deploying = async {
        let replaced = fleet.deploy(way, ROUNDS).await;
        time::sleep(SETTLE).await;
        drop(done);
        replaced
    };
    let (replaced, mut counted) = join(deploying, cast.perform(load, ended(until))).await;
    let (took, connections) = (begun.elapsed(), of_mesh(&before).connections());
    add(&mut counted, before);
    Ok(Deployed {
        counted,
        replaced: replaced?,
        took,
        connections,
    })
}

/// Calls four endpoints of which one is slow.
pub(crate) async fn one_slow(load: Load) -> Result<Counted, Error> {
    let mut fleet = Fleet::start(ENDPOINTS - 1, || endpoint(QUICK)).await?;
    fleet.add(endpoint(SLOW)).await?;
    let cast = Cast::new(&fleet, Way::Crash).await?;
    Ok(cast.perform(load, time::sleep(load.seconds)).await)
}

/// Everybody who calls.
struct Cast {
    callers: Callers,
    peers: Vec<(Kind, Peer)>,
    way: Way,
}

impl Cast {
    async fn new<P: Fn() -> Command>(fleet: &Fleet<P>, way: Way) -> Result<Self, Error> {
        let discovery = fleet.discovery();
        let callers = Callers::start(CALLERS, &discovery, way).await?;
        let mut peers = Vec::new();
        for kind in Kind::ALL {
            let of_kind = Peer::all(&discovery, kind)?;
            peers.extend(of_kind.into_iter().map(|peer| (kind, peer)));
        }
        Ok(Self {
            callers,
            peers,
            way,
        })
    }

    /// All call at once until the future resolves.
    async fn perform(&self, load: Load, until: impl Future<Output = ()>) -> Counted {
        let (done, over) = watch::channel(());
        let playing = async {
            let mesh = join_all(Kind::ALL.map(|kind| self.mesh(kind, load.rate, over.clone())));
            let peers = self.peers.iter();
            let peers = join_all(
                peers.map(|(kind, peer)| self.peer(*kind, peer, load.peers, over.clone())),
            );
            let (mesh, peers) = join(mesh, peers).await;
            let mut counted = Counted::new();
            for (kind, who, tally) in mesh.into_iter().chain(peers) {
                counted.entry(kind).or_default().push((who, tally));
            }
            counted
        };
        let ending = async {
            until.await;
            drop(done);
        };
        join(playing, ending).await.0
    }

    async fn mesh(&self, kind: Kind, rate: u32, over: watch::Receiver<()>) -> Played {
        let call = |number| self.callers.call(kind, number);
        play(kind, MESH.to_owned(), rate, over, call).await
    }

    async fn peer(&self, kind: Kind, peer: &Peer, rate: u32, over: watch::Receiver<()>) -> Played {
        let call = |number| {
            let (peer, way) = (peer.clone(), self.way);
            async move { peer.call(kind, way, number).await }
        };
        play(kind, peer.to_string(), rate, over, call).await
    }
}

type Played = (Kind, String, Tally);

async fn play<F>(
    kind: Kind,
    who: String,
    rate: u32,
    over: watch::Receiver<()>,
    call: impl Fn(u64) -> F,
) -> Played
where
    F: Future<Output = Outcome> + Send + 'static,
{
    let tally = traffic::drive(rate, ended(over), call).await;
    (kind, who, tally)
}

fn of_mesh(counted: &Counted) -> Tally {
    let mut sum = Tally::default();
    for (who, tally) in counted.values().flatten() {
        if who == MESH {
            sum.add(tally.clone());
        }
    }
    sum
}

fn add(counted: &mut Counted, before: Counted) {
    for (kind, tallies) in before {
        let after = counted.entry(kind).or_default();
        for ((_, after), (_, before)) in after.iter_mut().zip(tallies) {
            after.add(before);
        }
    }
}

/// This example as an endpoint.
fn endpoint(work: Duration) -> Command {
    let program = env::current_exe().unwrap_or_else(|_| "rolling_deploy".into());
    let mut command = Command::new(program);
    command.args(["serve", &work.as_millis().to_string()]);
    command
}

pub(crate) const MESH: &str = "mesh";

const ENDPOINTS: usize = 4;
const ROUNDS: usize = 2;
/// Each has connections of its own.
const CALLERS: usize = 2;

/// Long enough that an endpoint that goes always has calls to answer.
const WORK: Duration = Duration::from_millis(20);
const QUICK: Duration = Duration::from_millis(1);
pub(crate) const SLOW: Duration = Duration::from_millis(200);

/// What is called before the first endpoint goes and after the last.
const SETTLE: Duration = Duration::from_secs(1);
