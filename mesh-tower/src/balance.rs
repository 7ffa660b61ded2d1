//! The innermost outbound room: picks an endpoint, connects, sends.

use std::{future::Future, mem, sync::Arc, time::Duration};

use http::{Request, Response};
use http_body::Body as _;
use hyper::body::Incoming;
use mesh_core::{
    balance::{Algorithm, least_request},
    metric::Outcome,
    retry::replays_unsent,
};

use crate::{
    body::{Body, announced_length},
    call::{Call, grpc_status},
    connect::{self, Upgrade},
    endpoint::{Cluster, Destination, Endpoint, EndpointSet, Failed, Lease, Waiting},
    error::{Cause, Error},
    outgoing::{Deliver, Try},
    response_body::ResponseBody,
    runtime::{clock, rng::SharedRng},
};

/// Takes an attempt to one of its target's endpoints.
#[derive(Clone, Debug)]
pub(crate) struct Balance {
    max_waiting: usize,
    rng: Arc<SharedRng>,
}

impl Balance {
    pub(crate) fn new(max_waiting: usize, rng: Arc<SharedRng>) -> Self {
        Self { max_waiting, rng }
    }

    /// The endpoint that the destination's algorithm picks, one that was not tried yet if there is one.
    pub(crate) fn pick(
        &self,
        set: &EndpointSet,
        destination: &Destination,
        call: &Call,
    ) -> Option<Endpoint> {
        let endpoints = set.usable();
        let tried = |index: usize| {
            let addr = endpoints.get(index).map(|endpoint| endpoint.addr);
            let failing = endpoints
                .get(index)
                .is_some_and(|endpoint| endpoint.pool.is_failing());
            failing
                || call
                    .attempts()
                    .any(|attempt| Some(attempt.endpoint()) == addr)
        };
        let in_flight = |index: usize| {
            let endpoint = endpoints.get(index);
            endpoint.map_or(usize::MAX, |endpoint| endpoint.load.in_flight())
        };
        let index = match destination.policy.balance {
            Algorithm::LeastRequest => {
                least_request(endpoints.len(), tried, in_flight, &mut &*self.rng)
            }
            _ => destination.cluster.turns().pick(endpoints.len(), tried),
        };
        endpoints.get(index?).cloned()
    }

    /// An endpoint, now or after discovery's first answer; when that says that there is none, there is none.
    async fn wait_for_endpoint(
        &self,
        destination: &Destination,
        call: &Call,
    ) -> Result<Endpoint, Error> {
        let cluster = &destination.cluster;
        let mut place = None;
        loop {
            let changed = cluster.changed();
            let set = cluster.endpoints();
            if let Some(endpoint) = self.pick(&set, destination, call) {
                return Ok(endpoint);
            }
            if set.is_answered() {
                return Err(Error::new(Cause::NoEndpoint));
            }
            drop(set);
            if place.is_none() {
                place = Some(self.wait(cluster)?);
            }
            changed.await;
        }
    }

    /// A connection that has to be made, or waited for.
    async fn connect(
        &self,
        endpoint: &Endpoint,
        destination: &Destination,
        limit: Duration,
    ) -> Result<Lease, Error> {
        let _place = self.wait(&destination.cluster)?;
        let lease = endpoint.pool.lease(&endpoint.load, limit).await;
        lease.map_err(|error| {
            destination.ended(endpoint, || Outcome::ConnectFailed);
            Error::new(Cause::Connect(error))
        })
    }

    fn wait(&self, cluster: &Arc<Cluster>) -> Result<Waiting, Error> {
        let waiting = cluster.wait(self.max_waiting);
        waiting.map_err(|waiting| Error::new(Cause::Overflow { waiting }))
    }
}

impl Deliver for Balance {
    fn deliver<'a>(
        &'a self,
        next: Try<'a>,
    ) -> impl Future<Output = Result<Response<ResponseBody>, Error>> + Send + 'a {
        let Try {
            request,
            call,
            way,
            connect,
            begun,
        } = next;
        let destination = &*way.destination;
        // What seldom happens is boxed, or every request would carry room for it.
        async move {
            let found = self.pick(&destination.cluster.endpoints(), destination, call);
            let begun = found.is_some().then_some(begun);
            let endpoint = match found {
                Some(endpoint) => endpoint,
                None => {
                    let endpoint = self.wait_for_endpoint(destination, call);
                    Box::pin(delayed(endpoint, request.body_mut(), call)).await?
                }
            };
            call.begin_attempt(endpoint.addr, begun.unwrap_or_else(clock::now));
            // Before the lease: what cannot be sent costs no connection.
            let upgrade = write_head(request, call, &endpoint)?;
            let mut replayed = false;
            if request.body().is_recorded() {
                // A peer may keep its window shut, and the end of what was given is known all the same.
                request.body_mut().read_ahead_now().await;
            }
            loop {
                let mut lease = match endpoint.pool.try_lease(&endpoint.load) {
                    Some(lease) => lease,
                    None => {
                        let lease = self.connect(&endpoint, destination, connect);
                        Box::pin(delayed(lease, request.body_mut(), call)).await?
                    }
                };
                let failed = match lease.send(mem::take(request)).await {
                    Ok(response) => {
                        destination.ended(&endpoint, || head_of(&response, call));
                        return Ok(answer(response, lease, call, upgrade));
                    }
                    Err(failed) => failed,
                };
                *request = again(failed, &lease, replayed, call).inspect_err(|error| {
                    if let Some(outcome) = error.outcome() {
                        destination.ended(&endpoint, || outcome);
                    }
                })?;
                replayed = true;
            }
        }
    }
}

/// What an attempt waits for before it can be sent; its body is read ahead, and its own limit does not run.
async fn delayed<F: Future>(waiting: F, body: &mut Body, call: &Call) -> F::Output {
    let waiting = body.read_ahead_during(waiting);
    call.request_end().connecting(waiting).await
}

/// The request that is to be sent once more on another connection, or why it is not.
fn again(
    failed: Failed,
    lease: &Lease,
    replayed: bool,
    call: &Call,
) -> Result<Request<Body>, Error> {
    let untouched = failed.untouched.is_some();
    let replays = |_: &_| replays_unsent(lease.is_reused(), replayed);
    failed.untouched.filter(replays).ok_or_else(|| {
        let torn = lease.held().is_some_and(|held| held.is_torn());
        broken(failed.error, untouched, torn, call)
    })
}

/// Over HTTP/1, half a head is no HTTP.
fn broken(source: hyper::Error, untouched: bool, torn: bool, call: &Call) -> Error {
    if call.request_end().has_failed() {
        return Error::new(Cause::Body(source.into()));
    }
    let outcome = match connect::outcome(&source, untouched) {
        Outcome::Reset if torn => Outcome::ProtocolError,
        outcome => outcome,
    };
    Error::new(Cause::Upstream { outcome, source })
}

/// What an answer's head says of its endpoint. Of a gRPC call's, the status in it, if it is there already.
fn head_of(response: &Response<Incoming>, call: &Call) -> Outcome {
    let status = call.is_grpc().then(|| grpc_status(response.headers()));
    status
        .flatten()
        .map_or_else(|| response.status().into(), Outcome::Grpc)
}

fn write_head(
    request: &mut Request<Body>,
    call: &Call,
    endpoint: &Endpoint,
) -> Result<Upgrade, Error> {
    check_length(request)?;
    let upgrade = connect::prepare(request, endpoint.pool.version())
        .map_err(|error| Error::new(Cause::Request(error.to_string())))?;
    call.write_belonging(request.headers_mut());
    Ok(upgrade)
}

/// Over HTTP/1 a body would be cut to a length that is not its own, without anybody's being told.
fn check_length(request: &Request<Body>) -> Result<(), Error> {
    match (
        announced_length(request.headers()),
        request.body().size_hint().exact(),
    ) {
        (Some(announced), Some(length)) if announced != length => {
            Err(Error::new(Cause::Request(format!(
                "its content-length is {announced}, but its body has {length} bytes: leave the header out, and the right one is sent"
            ))))
        }
        _ => Ok(()),
    }
}

fn answer(
    response: Response<Incoming>,
    lease: Lease,
    call: &Arc<Call>,
    upgrade: Upgrade,
) -> Response<ResponseBody> {
    let tunnel = upgrade.is_granted_by(response.status());
    response.map(|body| match tunnel {
        true => ResponseBody::tunnel(lease, call.clone()),
        false => ResponseBody::upstream(body, lease, call.clone()),
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use mesh_core::{compile::Target, retry::Policy};
    use parking_lot::Mutex;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use crate::{
        Mesh,
        connect::{Connection, Transport},
        test_util::MemoryNetwork,
    };

    /// Answers each request on its own connection, and keeps the connections for the test to close.
    async fn answer_all(network: &dyn Transport, connections: Arc<Mutex<Vec<Connection>>>) {
        let addr = "10.0.0.1:80".parse().expect("an address");
        let mut accept = network.bind(addr).await.expect("nobody listens there yet");
        tokio::spawn(async move {
            while let Ok((mut connection, _)) = accept.accept().await {
                let mut request = Vec::new();
                while !request.ends_with(b"once") {
                    connection.read_buf(&mut request).await.expect("a request");
                }
                let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
                connection.write_all(answer).await.expect("answered");
                connections.lock().push(connection);
            }
        });
    }

    #[tokio::test]
    async fn a_request_that_a_stale_connection_hands_back_is_sent_once_more_even_without_retries() {
        let (network, connections) = (MemoryNetwork::new(), Arc::new(Mutex::new(Vec::new())));
        answer_all(&network, connections.clone()).await;
        let mesh = Mesh::builder()
            .service("orders:80", Target::dns("orders").retry(Policy::none()))
            .network(&network);
        let mesh = mesh
            .endpoint("orders", "10.0.0.1:80")
            .start()
            .await
            .expect("the mesh starts");
        let client = mesh.client_for("orders:80").expect("a service");
        for round in 1..=3 {
            let answer = client
                .post("/")
                .body("once")
                .send()
                .await
                .expect("an answer");
            let attempts = answer.call().map(|call| call.attempts().count());
            assert_eq!(answer.text().await.expect("a body"), "ok", "round {round}");
            assert_eq!(
                (attempts, connections.lock().len()),
                (Some(1), 1),
                "round {round}"
            );
            // The connection waits in the pool and is ready: that it is closed is seen only when it is used.
            tokio::task::yield_now().await;
            connections.lock().clear();
        }
    }
}
