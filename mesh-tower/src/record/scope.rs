//! What the requests of one direction share: how many are open, and where they are recorded.

use std::{sync::Arc, time::Instant};

use http::{HeaderMap, HeaderValue, Request};
use mesh_core::{metric::Direction, timeout::Deadline};

use super::Recorder;
use crate::{
    call::{Began, Call, CallersTime, Carried, REQUEST_ID, is_grpc},
    conn_info::ConnInfo,
    context::CallContext,
    open::Open,
    runtime::{clock, meter::Meter, shadow::Shadow},
    trace::Trace,
};

/// One for the requests that a mesh sends, one for those that it answers.
#[derive(Debug)]
pub(crate) struct Scope {
    open: Arc<Open>,
    /// Counts what no route took, and everything inbound.
    meter: Arc<Meter>,
    recorder: Arc<Recorder>,
}

impl Scope {
    pub(crate) fn new(direction: Direction, recorder: &Arc<Recorder>) -> Arc<Self> {
        Arc::new(Self {
            open: Arc::default(),
            meter: recorder.meters().whole(direction),
            recorder: recorder.clone(),
        })
    }

    /// Counts what was decided and not done.
    pub(crate) fn shadow(&self) -> &Arc<Shadow> {
        self.recorder.meters().shadow()
    }

    /// The requests that have not ended.
    pub(crate) fn open(&self) -> &Arc<Open> {
        &self.open
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
        let grpc = is_grpc(request.headers());
        // Written into each attempt, and not here: a request without headers is cheaper to keep for another try.
        let request_id = request.headers().get(REQUEST_ID).cloned();
        let request_id = request_id
            .or_else(|| parent.as_ref()?.request_id().cloned())
            .or_else(|| self.recorder.new_request_id());
        let Recorder { tracer, ids, .. } = &*self.recorder;
        let trace = match parent {
            Some(parent) => Trace::child(parent, ids, tracer.as_ref()),
            None => self.own_trace(request, at),
        };
        Arc::new(Call::new(Began {
            at,
            grpc,
            inbound: false,
            time: CallersTime::of_outbound(request.headers(), grpc, at, deadline),
            version: request.version(),
            head: self.recorder.head(request, &trace),
            trace,
            conn: None,
            request_id,
            carried: Carried::default(),
        }))
    }

    /// Begins the answering of a request.
    pub(crate) fn begin_inbound<B>(
        &self,
        request: &mut Request<B>,
        conn: Option<Arc<ConnInfo>>,
    ) -> Arc<Call> {
        let at = clock::now();
        let request_id = self.name(request.headers_mut());
        let trace = self.own_trace(request, at);
        let grpc = is_grpc(request.headers());
        Arc::new(Call::new(Began {
            at,
            grpc,
            inbound: true,
            time: CallersTime::of_inbound(request.headers(), grpc, at),
            version: request.version(),
            head: self.recorder.head(request, &trace),
            trace,
            conn,
            request_id,
            carried: Carried::of(request.headers(), self.recorder.carried()),
        }))
    }

    /// The name of a request in logs, which it is given here if it has none.
    fn name(&self, headers: &mut HeaderMap) -> Option<HeaderValue> {
        if let Some(named) = headers.get(REQUEST_ID) {
            return Some(named.clone());
        }
        let new = self.recorder.new_request_id()?;
        headers.insert(REQUEST_ID, new.clone());
        Some(new)
    }

    fn own_trace<B>(&self, request: &Request<B>, now: Instant) -> Trace {
        let Recorder { tracer, ids, .. } = &*self.recorder;
        Trace::own(request.headers(), ids, tracer.as_ref(), now)
    }

    /// Records a call that has ended, whichever way.
    pub(crate) fn end(&self, call: &Arc<Call>) {
        let now = clock::now();
        let meter = call.meter().unwrap_or(&self.meter);
        meter.record(&call.sum(now));
        self.recorder.record(call, now);
    }
}
