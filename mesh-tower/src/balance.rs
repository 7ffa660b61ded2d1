//! The innermost outbound room: picks an endpoint, connects, sends.

use std::{sync::Arc, time::Duration};

use http::{Request, Response};
use hyper::body::Incoming;
use mesh_core::retry::replays_unsent;

use crate::{
    body::Body,
    call::Call,
    connect::{self, Upgrade},
    endpoint::{Cluster, Endpoint, Lease},
    error::{Cause, Error},
    outgoing::{Deliver, Try},
    response_body::ResponseBody,
    runtime::clock,
};

/// Takes an attempt to the endpoint whose turn it is.
#[derive(Clone, Debug)]
pub(crate) struct Balance {
    max_waiting: usize,
}

impl Balance {
    pub(crate) fn new(max_waiting: usize) -> Self {
        Self { max_waiting }
    }

    /// The endpoint whose turn it is, one that was not tried yet if there is one. Waits for discovery's first answer, and
    /// only for that: when it says that there is none, there is none.
    async fn pick(&self, cluster: &Arc<Cluster>, call: &Call) -> Result<Endpoint, Error> {
        let mut place = None;
        loop {
            let changed = cluster.changed();
            let set = cluster.endpoints();
            let endpoints = set.endpoints();
            let tried = |index: usize| {
                let addr = endpoints.get(index).map(|endpoint| endpoint.addr);
                call.attempts()
                    .any(|attempt| Some(attempt.endpoint()) == addr)
            };
            if let Some(endpoint) = cluster
                .turns()
                .pick(endpoints.len(), tried)
                .and_then(|index| endpoints.get(index))
            {
                return Ok(endpoint.clone());
            }
            if set.is_answered() {
                return Err(Error::new(Cause::NoEndpoint));
            }
            drop(set);
            if place.is_none() {
                place = Some(
                    cluster
                        .wait(self.max_waiting)
                        .map_err(|waiting| Error::new(Cause::Overflow { waiting }))?,
                );
            }
            changed.await;
        }
    }

    async fn lease(
        &self,
        endpoint: &Endpoint,
        cluster: &Arc<Cluster>,
        connect: Duration,
    ) -> Result<Lease, Error> {
        if let Some(lease) = endpoint.pool.try_lease(&endpoint.load) {
            return Ok(lease);
        }
        let _place = cluster
            .wait(self.max_waiting)
            .map_err(|waiting| Error::new(Cause::Overflow { waiting }))?;
        endpoint
            .pool
            .lease(&endpoint.load, connect)
            .await
            .map_err(|error| Error::new(Cause::Connect(error)))
    }
}

impl Deliver for Balance {
    async fn deliver(&self, next: Try) -> Result<Response<ResponseBody>, Error> {
        let Try {
            mut request,
            call,
            cluster,
            connect,
        } = next;
        let endpoint = self.pick(&cluster, &call).await?;
        call.begin_attempt(endpoint.addr, clock::now());
        // Before the lease: what cannot be sent costs no connection.
        let upgrade = write_head(&mut request, &call, &endpoint)?;
        let mut replayed = false;
        loop {
            let mut lease = self.lease(&endpoint, &cluster, connect).await?;
            let failed = match lease.send(request).await {
                Ok(response) => return Ok(answer(response, lease, &call, upgrade)),
                Err(failed) => failed,
            };
            let untouched = failed.untouched.is_some();
            match failed
                .untouched
                .filter(|_| replays_unsent(lease.is_reused(), replayed))
            {
                Some(again) => request = again,
                None => return Err(broken(failed.error, untouched)),
            }
            replayed = true;
        }
    }
}

fn broken(source: hyper::Error, untouched: bool) -> Error {
    if connect::is_bodys(&source) {
        return Error::new(Cause::Body(source.into()));
    }
    let outcome = connect::outcome(&source, untouched);
    Error::new(Cause::Upstream { outcome, source })
}

fn write_head(
    request: &mut Request<Body>,
    call: &Call,
    endpoint: &Endpoint,
) -> Result<Upgrade, Error> {
    let upgrade = connect::prepare(request, endpoint.pool.version())
        .map_err(|error| Error::new(Cause::Request(error.to_string())))?;
    call.write_trace(request.headers_mut());
    Ok(upgrade)
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
