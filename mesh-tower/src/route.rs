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
    Request, Response,
    uri::{PathAndQuery, Uri},
};
use mesh_core::{route::Head, snapshot::Verdict};
use tower_service::Service;

use self::shadow::Undone;
use crate::{
    body::Body,
    error::{Cause, Error},
    fault::{self, Injector},
    outgoing::{Outgoing, Routed},
    response_body::ResponseBody,
    runtime::{
        clock, live::Current, pass_through::PassThrough, rng::SharedRng, shadow::Shadow, way::Way,
    },
};

/// Finds the route and draws the target, once per request; what is refused never reaches the inner service.
#[derive(Clone, Debug)]
pub(crate) struct Route<S> {
    inner: S,
    shared: Arc<Shared>,
}

/// What requests share, behind one pointer.
#[derive(Debug)]
struct Shared {
    current: Arc<Current>,
    rng: Arc<SharedRng>,
    outside: Arc<PassThrough>,
    shadow: Arc<Shadow>,
    /// `None` unless faults were asked for and switched on: a request then costs a look at one pointer.
    faults: Option<Injector>,
}

impl<S> Route<S> {
    pub(crate) fn new(
        inner: S,
        current: Arc<Current>,
        rng: Arc<SharedRng>,
        outside: Arc<PassThrough>,
        shadow: Arc<Shadow>,
        faults: Option<Injector>,
    ) -> Self {
        let shared = Arc::new(Shared {
            current,
            rng,
            outside,
            shadow,
            faults,
        });
        Self { inner, shared }
    }
}

impl Shared {
    fn find(&self, request: &mut Request<Body>) -> Result<Found, Error> {
        let live = self.current.load();
        let head = Head::new(request.method(), request.uri(), request.headers());
        let (way, goes_to) = match live.snapshot().route(&head) {
            Verdict::Route(plan) => {
                let (position, target) = plan.targets.choose_indexed(&mut &*self.rng);
                (live.way(plan.id, position).clone(), Some(*target))
            }
            Verdict::Refuse(reason) => return Err(Error::new(Cause::NoRoute(reason))),
            Verdict::PassThrough(host) => (self.outside.find(host)?, None),
        };
        let shadow = live.snapshot().shadow();
        let undone = shadow.map(|shadow| self.compare(shadow, &head, goes_to));
        // The endpoint sees the path that the route was chosen by, or the two could disagree about what was asked for.
        let normalised = head
            .path_changed()
            .then(|| head.path_and_query().to_owned());
        if let Some(normalised) = normalised {
            *request.uri_mut() = with_path(request.uri(), &normalised)?;
        }
        Ok(Found { way, undone })
    }
}

/// A request's route, with the target that was drawn.
struct Found {
    way: Arc<Way>,
    /// What would have happened, in shadow mode.
    undone: Option<Box<Undone>>,
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
        let service = routed.way.plan.virtual_service.as_str();
        let draw = |faults: &Injector| faults.draw(&routed.request, Some(service));
        let Some(injected) = self.shared.faults.as_ref().and_then(draw) else {
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
        let Outgoing {
            mut request,
            call,
            limit,
        } = outgoing;
        let Found { way, undone } = match self.shared.find(&mut request) {
            Ok(found) => found,
            Err(error) => return Either::Right(Box::pin(ready(Err(error)))),
        };
        call.routed(way.clone());
        let routed = Routed {
            begun: call.started(),
            request,
            call,
            way,
            limit,
        };
        match undone {
            Some(undone) => Either::Right(self.call_and_judge(routed, *undone)),
            None if self.shared.faults.is_none() => Either::Left(self.inner.call(routed)),
            None => self.call_or_fail(routed),
        }
    }
}
