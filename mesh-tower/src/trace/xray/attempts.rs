//! The calls that a request causes, as subsegments of its segment.

use std::{net::SocketAddr, time::Instant};

use mesh_xray::{
    SegmentId,
    segment::{Cause, Flags, Http, Name, Namespace, Subsegment},
};

use super::{
    Trace,
    document::{lossy, url},
    ended::{Ended, Reason},
    tracer::Tracer,
};
use crate::call::{Attempt, Call};

/// A subsegment for each attempt of a call that has ended; or one for a call that was refused before any.
pub(super) fn attempts(call: &Call, ended: Instant, tracer: &Tracer) -> Vec<Subsegment> {
    if call.attempts().next().is_none() {
        return refusal(call, ended).into_iter().collect();
    }
    let (Some(target), Some(ids)) = (call.target(), call.own_trace().ids()) else {
        return Vec::new();
    };
    let (name, begun) = (tracer.name_of(target), call.own_trace().began(call));
    let count = call.attempts().count();
    let of = |(number, attempt): (usize, &Attempt)| {
        let start = attempt.started().saturating_duration_since(begun);
        let mut subsegment = Subsegment::new(name.clone(), ids.of(number), start);
        subsegment.namespace = Some(Namespace::Remote);
        subsegment.precursor_ids = (0..number).map(|before| ids.of(before)).collect();
        // The one that was answered lasts as long as its answer.
        let answered = number + 1 == count && call.status().is_some();
        let over = attempt.ended_at().filter(|_| !answered).unwrap_or(ended);
        subsegment.elapsed = over.saturating_duration_since(attempt.started());
        let ended = Ended::of(call, attempt, number + 1 == count);
        conclude(&mut subsegment, call, ended, ids.of(usize::MAX - number));
        annotate(&mut subsegment, call, number, attempt.endpoint());
        subsegment
    };
    call.attempts().enumerate().map(of).collect()
}

/// A call that went nowhere is a fact of the request that caused it, and no call to another service.
fn refusal(call: &Call, ended: Instant) -> Option<Subsegment> {
    let trace = call.own_trace();
    let caused = matches!(trace, Trace::Child { .. });
    let reason = Reason::of_refusal(call).filter(|_| caused)?;
    let ids = trace.ids()?;
    let name = match call.plan() {
        Some(plan) => plan.virtual_service.to_string(),
        None => call.head()?.authority().map(lossy).unwrap_or_default(),
    };
    let start = call.started().saturating_duration_since(trace.began(call));
    let mut refusal = Subsegment::new(Name::new(&name), ids.of(0), start);
    refusal.elapsed = ended.saturating_duration_since(call.started());
    refusal.flags = Flags::fault();
    refusal.cause = Some(Cause::new(ids.of(usize::MAX), reason.kind, reason.message));
    let letters = call.flags().to_string();
    refusal.annotations.set("response_flags", letters);
    Some(refusal)
}

/// What an attempt asked for, and how it ended.
fn conclude(subsegment: &mut Subsegment, call: &Call, ended: Ended, exception: SegmentId) {
    let mut http = call
        .head()
        .map(|head| Http::request(head.method.to_string(), url(head)))
        .unwrap_or_default();
    http.status = ended.status;
    subsegment.http = Some(http);
    subsegment.flags = ended.flags;
    subsegment.cause = ended
        .reason
        .map(|Reason { kind, message }| Cause::new(exception, kind, message));
}

fn annotate(subsegment: &mut Subsegment, call: &Call, number: usize, endpoint: SocketAddr) {
    let annotations = &mut subsegment.annotations;
    if let Some(plan) = call.plan() {
        annotations.set("virtual_service", plan.virtual_service.to_string());
        if let Some(route) = &plan.route {
            annotations.set("route", route.to_string());
        }
    }
    annotations.set("attempt", i64::try_from(number + 1).unwrap_or(i64::MAX));
    annotations.set("upstream_address", endpoint.to_string());
}
