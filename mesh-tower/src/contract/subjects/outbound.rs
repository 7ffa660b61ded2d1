//! The outbound services, one at a time: below each a strict service, and below that the way to a peer.

use std::sync::Arc;

use http::{Request, Response};
use mesh_core::{
    Defaults,
    compile::{Target, services},
    health::Health,
    metric::Direction,
    retry::Policy,
    route::Head,
    snapshot::Verdict,
    unit::Port,
};
use tower::ServiceExt as _;

use crate::{
    balance::Balance,
    body::Body,
    call::testing,
    connect::MemoryNetwork,
    context::CallContext,
    contract::{case::Case, mock::Strict, peer, script::Script},
    discovery::Sources,
    endpoint::{Cluster, Connector, Destination},
    error::{Cause, Error},
    observe::{Asked, Observe},
    outgoing::{Deliver as _, Outgoing, Routed, Try},
    record::{Readers, Scope, testing::recorder},
    response_body::ResponseBody,
    retry::Retry,
    route::Route,
    runtime::{
        clock,
        live::{Current, Live},
        meters::Meters,
        pass_through::PassThrough,
        rng::SharedRng,
        way::Way,
    },
};

pub(in crate::contract) async fn observe() -> Case {
    let rooms = Rooms::new(Policy::none()).await;
    let (script, scope) = (rooms.script.clone(), rooms.scope.clone());
    let inner = rooms.clone();
    let inner = Strict::new(&script, unready, move |outgoing: Outgoing| {
        inner.clone().deliver(inner.routed(outgoing))
    });
    let observe = Observe::new(inner, scope.clone());
    let service = observe.map_request(|request| Asked {
        request,
        limit: None,
    });
    let case = Case::new(service, script).recording();
    rooms
        .counting(case)
        .counting("requests open", move || scope.open().count())
}

pub(in crate::contract) async fn route() -> Case {
    let rooms = Rooms::new(Policy::none()).await;
    let script = rooms.script.clone();
    let inner = rooms.clone();
    let inner = Strict::new(&script, unready, move |routed: Routed| {
        inner.clone().deliver(routed)
    });
    let route = Route::new(
        inner,
        rooms.current.clone(),
        rooms.rng.clone(),
        rooms.outside.clone(),
        Arc::default(),
        None,
    );
    let service = route.map_request(outgoing);
    rooms.counting(Case::new(service, script))
}

/// With a policy that tries again: what failed and is tried once more gives back what it held before.
pub(in crate::contract) async fn retry() -> Case {
    let rooms = Rooms::new(Policy::idempotent(2)).await;
    let script = rooms.script.clone();
    let retry = Retry::new(
        Balance::new(MAX_WAITING, rooms.rng.clone()),
        rooms.rng.clone(),
    );
    let routing = rooms.clone();
    let service = retry.map_request(move |request| routing.routed(outgoing(request)));
    rooms.counting(Case::new(service, script))
}

/// What the rooms of a mesh share, with one target and its one endpoint, a scripted peer.
#[derive(Clone)]
struct Rooms {
    script: Script,
    current: Arc<Current>,
    destination: Arc<Destination>,
    rng: Arc<SharedRng>,
    scope: Arc<Scope>,
    outside: Arc<PassThrough>,
}

impl Rooms {
    async fn new(policy: Policy) -> Self {
        let (network, script) = (MemoryNetwork::new(), Script::new());
        peer::listen(&network, &script).await;
        let port = Port::new(80).expect("a port");
        let target = Target::dns("orders").retry(policy);
        let snapshot = services([("orders", port, target)], Defaults::Safe).expect("one service");
        let cluster = Arc::new(Cluster::new(snapshot.clusters()[0].clone()));
        let dial = Connector::of(network);
        cluster.update(&[peer::address()], &dial, Health::Well, clock::now());
        let recorder = recorder(&snapshot, Readers::default());
        let all_meters = Arc::new(Meters::new(&snapshot));
        let rng = Arc::new(SharedRng::new(7));
        let sources = Sources::new(Vec::new(), rng.clone());
        let outside = PassThrough::new(&snapshot, sources, dial, all_meters);
        let meters = recorder.meters().resolve(&snapshot);
        let live = Live::new(Arc::new(snapshot), Box::new([cluster]), meters, 0);
        let destination = live.destinations()[0].clone();
        Self {
            script,
            current: Arc::new(Current::new(live)),
            destination,
            rng,
            scope: Scope::new(Direction::Outbound, &recorder),
            outside,
        }
    }

    fn way(&self, request: &Request<Body>) -> Arc<Way> {
        let live = self.current.load();
        let head = Head::new(request.method(), request.uri(), request.headers());
        match live.snapshot().route(&head) {
            Verdict::Route(plan) => live.way(plan.id, 0).clone(),
            _ => panic!("the only service takes every request"),
        }
    }

    fn routed(&self, outgoing: Outgoing) -> Routed {
        Routed {
            begun: outgoing.call.started(),
            way: self.way(&outgoing.request),
            request: outgoing.request,
            call: outgoing.call,
            limit: outgoing.limit,
        }
    }

    /// To the peer, without anything that the subject would do.
    async fn deliver(self, mut routed: Routed) -> Result<Response<ResponseBody>, Error> {
        self.script.announce(CallContext::new(routed.call.clone()));
        let balance = Balance::new(MAX_WAITING, self.rng.clone());
        let next = Try {
            request: &mut routed.request,
            call: &routed.call,
            way: &routed.way,
            begun: clock::now(),
            connect: routed.way.plan.timeouts.connect,
        };
        balance.deliver(next).await
    }

    fn counting(&self, case: Case) -> Case {
        let destination = self.destination.clone();
        case.counting("in flight at the endpoint", move || {
            destination.list()[0].in_flight
        })
    }
}

/// As `Observe` hands it on.
fn outgoing(mut request: Request<Body>) -> Outgoing {
    let call = Arc::new(testing::call_of(&request));
    request.body_mut().report_to(&call, None);
    Outgoing {
        request,
        call,
        limit: None,
    }
}

fn unready() -> Error {
    Error::new(Cause::NoEndpoint)
}

const MAX_WAITING: usize = 16;
