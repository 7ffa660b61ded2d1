//! What the requests of one direction share: how many are open, and where they are recorded.

use std::{ops::Deref, sync::Arc};

use http::Request;
use mesh_core::{metric::Direction, timeout::Deadline};

use super::Recorder;
use crate::{
    call::{Began, Call, CallersTime, Carried, REQUEST_ID, Told},
    conn_info::ConnInfo,
    context::CallContext,
    open::Open,
    runtime::{clock, meter::Meter, rng::OwnRng, shadow::Shadow},
    trace::Trace,
};

/// One for the requests that a mesh sends, one for those that it answers.
#[derive(Debug)]
pub(crate) struct Scope {
    open: Open,
    /// Counts what no route took, and everything inbound.
    meter: Arc<Meter>,
    recorder: Arc<Recorder>,
}

impl Scope {
    pub(crate) fn new(direction: Direction, recorder: &Arc<Recorder>) -> Arc<Self> {
        Arc::new(Self {
            open: Open::default(),
            meter: recorder.meters().whole(direction),
            recorder: recorder.clone(),
        })
    }

    /// Counts what was decided and not done.
    pub(crate) fn shadow(&self) -> &Arc<Shadow> {
        self.recorder.meters().shadow()
    }

    /// The requests that have not ended.
    pub(crate) fn open(&self) -> &Open {
        &self.open
    }

    /// Counts one more until what it gives is dropped.
    pub(crate) fn enter(self: &Arc<Self>) -> InScope {
        self.open.begin();
        InScope(self.clone())
    }

    /// Begins a call to another service, for the one that is being answered if there is one.
    pub(crate) fn begin_outbound<B>(&self, request: &mut Request<B>) -> Arc<Call> {
        let at = clock::now();
        let context = CallContext::of(request.extensions());
        let deadline = context
            .as_ref()
            .map_or(Deadline::NONE, CallContext::deadline);
        let parent = context.map(CallContext::into_call);
        if let Some(parent) = &parent {
            parent.carried().add_to(request.headers_mut());
        }
        let told = Told::of(request.headers());
        let grpc = told.is_grpc();
        // Written into each attempt, and not here: a request without headers is cheaper to keep for another try.
        let Recorder { tracer, ids, .. } = &*self.recorder;
        let ids = &mut OwnRng::of(ids);
        let request_id = told.request_id.cloned();
        let request_id = request_id
            .or_else(|| parent.as_ref()?.request_id().cloned())
            .or_else(|| Recorder::new_request_id(ids));
        let trace = match parent {
            Some(parent) => Trace::child(parent, ids, tracer.as_ref()),
            None => Trace::own(&told, ids, tracer.as_ref(), at),
        };
        Arc::new(Call::new(Began {
            at,
            grpc,
            inbound: false,
            time: CallersTime::of_outbound(&told, grpc, at, deadline),
            version: request.version(),
            head: self.recorder.head(request, &told, &trace),
            trace,
            conn: None,
            request_id,
            carried: Carried::default(),
        }))
    }

    /// Begins the answering of a request, which is named here for all logs if it has no name.
    pub(crate) fn begin_inbound<B>(
        &self,
        request: &mut Request<B>,
        conn: Option<Arc<ConnInfo>>,
    ) -> Arc<Call> {
        let at = clock::now();
        let told = Told::of(request.headers());
        let (named, grpc) = (told.request_id.cloned(), told.is_grpc());
        let is_named = named.is_some();
        let Recorder { tracer, ids, .. } = &*self.recorder;
        let ids = &mut OwnRng::of(ids);
        let request_id = named.or_else(|| Recorder::new_request_id(ids));
        let trace = Trace::own(&told, ids, tracer.as_ref(), at);
        let call = Arc::new(Call::new(Began {
            at,
            grpc,
            inbound: true,
            time: CallersTime::of_inbound(&told, grpc, at),
            version: request.version(),
            head: self.recorder.head(request, &told, &trace),
            trace,
            conn,
            request_id,
            carried: Carried::of(told.headers(), self.recorder.carried()),
        }));
        if !is_named && let Some(new) = call.request_id() {
            request.headers_mut().insert(REQUEST_ID, new.clone());
        }
        call
    }

    /// Records a call that has ended, whichever way.
    pub(crate) fn end(&self, call: &Arc<Call>) {
        let now = clock::now();
        let meter = call.way().map_or(&self.meter, |way| &way.meter);
        meter.record(&call.sum(now));
        self.recorder.record(call, now);
    }
}

/// A request of this scope that has not ended.
#[derive(Debug)]
pub(crate) struct InScope(Arc<Scope>);

impl Deref for InScope {
    type Target = Scope;

    fn deref(&self) -> &Scope {
        &self.0
    }
}

impl Drop for InScope {
    fn drop(&mut self) {
        self.0.open.end();
    }
}
