//! The outbound service that decides where a request goes: route, egress verdict, weighted draw.

use std::{
    future::{Ready, ready},
    sync::Arc,
    task::{Context, Poll},
};

use futures::future::Either;
use http::{
    Response,
    uri::{PathAndQuery, Uri},
};
use mesh_core::{
    route::Head,
    snapshot::{Plan, Verdict},
};
use tower_service::Service;

use crate::{
    endpoint::Destination,
    error::{Cause, Error},
    outgoing::{Outgoing, Routed},
    response_body::ResponseBody,
    runtime::{live::Current, meter::Meter, rng::SharedRng},
};

/// Finds the route and draws the target, once per request; what is refused never reaches the inner service.
#[derive(Clone, Debug)]
pub(crate) struct Route<S> {
    inner: S,
    current: Arc<Current>,
    rng: Arc<SharedRng>,
}

impl<S> Route<S> {
    pub(crate) fn new(inner: S, current: Arc<Current>, rng: Arc<SharedRng>) -> Self {
        Self {
            inner,
            current,
            rng,
        }
    }

    fn route(&self, mut outgoing: Outgoing) -> Result<Routed, Error> {
        let Found {
            plan,
            destination,
            meter,
        } = self.find(&mut outgoing)?;
        let Outgoing {
            request,
            call,
            limit,
        } = outgoing;
        let target = destination.cluster.spec().virtual_node.clone();
        call.routed(plan.clone(), target, meter);
        Ok(Routed {
            request,
            call,
            plan,
            destination,
            limit,
        })
    }

    fn find(&self, outgoing: &mut Outgoing) -> Result<Found, Error> {
        let live = self.current.load();
        let request = &mut outgoing.request;
        let head = Head::new(request.method(), request.uri(), request.headers());
        let found = match live.snapshot().route(&head) {
            Verdict::Route(plan) => {
                let (position, target) = plan.targets.choose_indexed(&mut &*self.rng);
                Found {
                    plan: plan.clone(),
                    destination: live.destination(*target).clone(),
                    meter: live.meter(plan.id, position).clone(),
                }
            }
            Verdict::Refuse(reason) => return Err(Error::new(Cause::NoRoute(reason))),
            _ => {
                return Err(Error::new(Cause::PassThrough {
                    host: head.host().to_owned(),
                }));
            }
        };
        // The endpoint sees the path that the route was chosen by, or the two could disagree about what was asked for.
        let normalised = head
            .path_changed()
            .then(|| head.path_and_query().to_owned());
        if let Some(normalised) = normalised {
            *request.uri_mut() = with_path(request.uri(), &normalised)?;
        }
        Ok(found)
    }
}

/// A request's plan, and what belongs to the target that was drawn.
struct Found {
    plan: Arc<Plan>,
    destination: Arc<Destination>,
    meter: Arc<Meter>,
}

fn with_path(uri: &Uri, path_and_query: &str) -> Result<Uri, Error> {
    let unsendable = |error: http::Error| Error::new(Cause::Request(error.to_string()));
    let mut parts = uri.clone().into_parts();
    parts.path_and_query =
        Some(PathAndQuery::try_from(path_and_query).map_err(|error| unsendable(error.into()))?);
    Uri::from_parts(parts).map_err(|error| unsendable(error.into()))
}

impl<S> Service<Outgoing> for Route<S>
where
    S: Service<Routed, Response = Response<ResponseBody>, Error = Error>,
{
    type Response = S::Response;
    type Error = Error;
    type Future = Either<S::Future, Ready<Result<S::Response, Error>>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, outgoing: Outgoing) -> Self::Future {
        match self.route(outgoing) {
            Ok(routed) => Either::Left(self.inner.call(routed)),
            Err(error) => Either::Right(ready(Err(error))),
        }
    }
}
