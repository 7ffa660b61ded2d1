//! The outbound service that decides where a request goes: route, egress verdict, weighted draw, fault.

mod shadow;

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

use self::shadow::Undone;
use crate::{
    endpoint::Destination,
    error::{Cause, Error},
    fault::{self, Injector},
    outgoing::{Outgoing, Routed},
    response_body::ResponseBody,
    runtime::{
        clock,
        live::Current,
        meter::Meter,
        pass_through::{Outside, PassThrough},
        rng::SharedRng,
        shadow::Shadow,
    },
};

/// Finds the route and draws the target, once per request; what is refused never reaches the inner service.
#[derive(Clone, Debug)]
pub(crate) struct Route<S> {
    inner: S,
    current: Arc<Current>,
    rng: Arc<SharedRng>,
    outside: Arc<PassThrough>,
    shadow: Arc<Shadow>,
    /// `None` unless faults were asked for and switched on: a request then costs a look at one pointer.
    faults: Option<Arc<Injector>>,
}

impl<S> Route<S> {
    pub(crate) fn new(
        inner: S,
        current: Arc<Current>,
        rng: Arc<SharedRng>,
        outside: Arc<PassThrough>,
        shadow: Arc<Shadow>,
    ) -> Self {
        Self {
            inner,
            current,
            rng,
            outside,
            shadow,
            faults: None,
        }
    }

    pub(crate) fn with_faults(self, faults: Option<Injector>) -> Self {
        Self {
            faults: faults.map(Arc::new),
            ..self
        }
    }

    fn route(&self, mut outgoing: Outgoing) -> Result<(Routed, Option<Box<Undone>>), Error> {
        let Found {
            plan,
            destination,
            meter,
            undone,
        } = self.find(&mut outgoing)?;
        let Outgoing {
            request,
            call,
            limit,
        } = outgoing;
        let begun = call.started();
        let target = destination.cluster.spec().virtual_node.clone();
        call.routed(plan.clone(), target, meter);
        let routed = Routed {
            request,
            call,
            plan,
            destination,
            limit,
            begun,
        };
        Ok((routed, undone))
    }

    fn find(&self, outgoing: &mut Outgoing) -> Result<Found, Error> {
        let live = self.current.load();
        let request = &mut outgoing.request;
        let head = Head::new(request.method(), request.uri(), request.headers());
        let mut goes_to = None;
        let mut found: Found = match live.snapshot().route(&head) {
            Verdict::Route(plan) => {
                let (position, target) = plan.targets.choose_indexed(&mut &*self.rng);
                goes_to = Some(*target);
                Found {
                    plan: plan.clone(),
                    destination: live.destination(*target).clone(),
                    meter: live.meter(plan.id, position).clone(),
                    undone: None,
                }
            }
            Verdict::Refuse(reason) => return Err(Error::new(Cause::NoRoute(reason))),
            Verdict::PassThrough(host) => self.outside.find(host)?.into(),
        };
        if let Some(shadow) = live.snapshot().shadow() {
            found.undone = Some(self.compare(shadow, &head, goes_to));
        }
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
    /// What would have happened, in shadow mode.
    undone: Option<Box<Undone>>,
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
            undone: None,
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
    /// The delay and the answer stand outside of the retries: a fault is not tried again, and no try's limit runs meanwhile.
    fn call_or_fail(
        &mut self,
        mut routed: Routed,
    ) -> Either<S::Future, BoxFuture<'static, Answered>> {
        let service = routed.plan.virtual_service.as_str();
        let draw = |faults: &Arc<Injector>| faults.draw(&routed.request, Some(service));
        let Some(injected) = self.faults.as_ref().and_then(draw) else {
            return Either::Left(self.inner.call(routed));
        };
        let next = self.inner.clone();
        let mut ready = mem::replace(&mut self.inner, next);
        Either::Right(Box::pin(async move {
            let (call, limits) = (routed.call.clone(), routed.limits());
            let met = fault::meet(injected, &call, limits);
            if let Some(answer) = routed.request.body_mut().read_ahead_during(met).await? {
                return Ok(answer);
            }
            routed.begun = clock::now();
            ready.call(routed).await
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
            Ok((routed, Some(undone))) => Either::Right(self.call_and_judge(routed, *undone)),
            Ok((routed, None)) if self.faults.is_none() => Either::Left(self.inner.call(routed)),
            Ok((routed, None)) => self.call_or_fail(routed),
            Err(error) => Either::Right(Box::pin(ready(Err(error)))),
        }
    }
}
