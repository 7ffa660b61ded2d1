//! The outbound service that decides where a request goes: route, egress verdict, weighted draw, fault.

use std::{
    future::ready,
    mem,
    sync::Arc,
    task::{Context, Poll},
};

use futures::future::{BoxFuture, Either};
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
    fault::{self, Injector},
    outgoing::{Outgoing, Routed},
    response_body::ResponseBody,
    runtime::{
        live::Current,
        meter::Meter,
        pass_through::{Outside, PassThrough},
        rng::SharedRng,
    },
};

/// Finds the route and draws the target, once per request; what is refused never reaches the inner service.
#[derive(Clone, Debug)]
pub(crate) struct Route<S> {
    inner: S,
    current: Arc<Current>,
    rng: Arc<SharedRng>,
    outside: Arc<PassThrough>,
    /// `None` unless faults were asked for and switched on: a request then costs a look at one pointer.
    faults: Option<Arc<Injector>>,
}

impl<S> Route<S> {
    pub(crate) fn new(
        inner: S,
        current: Arc<Current>,
        rng: Arc<SharedRng>,
        outside: Arc<PassThrough>,
    ) -> Self {
        Self {
            inner,
            current,
            rng,
            outside,
            faults: None,
        }
    }

    pub(crate) fn with_faults(self, faults: Option<Injector>) -> Self {
        Self {
            faults: faults.map(Arc::new),
            ..self
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
            Verdict::PassThrough(host) => self.outside.find(host)?.into(),
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

impl From<Outside> for Found {
    fn from(outside: Outside) -> Self {
        let Outside {
            plan,
            destination,
            meter,
        } = outside;
        Self {
            plan,
            destination,
            meter,
        }
    }
}

fn with_path(uri: &Uri, path_and_query: &str) -> Result<Uri, Error> {
    let unsendable = |error: http::Error| Error::new(Cause::Request(error.to_string()));
    let mut parts = uri.clone().into_parts();
    parts.path_and_query =
        Some(PathAndQuery::try_from(path_and_query).map_err(|error| unsendable(error.into()))?);
    Uri::from_parts(parts).map_err(|error| unsendable(error.into()))
}

type Answered = Result<Response<ResponseBody>, Error>;

impl<S> Route<S>
where
    S: Service<Routed, Response = Response<ResponseBody>, Error = Error> + Clone + Send + 'static,
    S::Future: Send,
{
    /// The delay and the answer stand outside of the retries: a fault is not tried again.
    fn call_or_fail(&mut self, routed: Routed) -> Either<S::Future, BoxFuture<'static, Answered>> {
        let service = routed.plan.virtual_service.as_str();
        let draw = |faults: &Arc<Injector>| faults.draw(&routed.request, Some(service));
        let Some(injected) = self.faults.as_ref().and_then(draw) else {
            return Either::Left(self.inner.call(routed));
        };
        let next = self.inner.clone();
        let mut ready = mem::replace(&mut self.inner, next);
        Either::Right(Box::pin(async move {
            match fault::meet(injected, &routed.call).await {
                Some(answer) => Ok(answer),
                None => ready.call(routed).await,
            }
        }))
    }
}

impl<S> Service<Outgoing> for Route<S>
where
    S: Service<Routed, Response = Response<ResponseBody>, Error = Error> + Clone + Send + 'static,
    S::Future: Send,
{
    type Response = S::Response;
    type Error = Error;
    type Future = Either<S::Future, BoxFuture<'static, Answered>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, outgoing: Outgoing) -> Self::Future {
        match self.route(outgoing) {
            Ok(routed) if self.faults.is_none() => Either::Left(self.inner.call(routed)),
            Ok(routed) => self.call_or_fail(routed),
            Err(error) => Either::Right(Box::pin(ready(Err(error)))),
        }
    }
}
