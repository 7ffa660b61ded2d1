//! What a listener does to a request by itself, as far as the mesh says it.

use std::{fmt, time::Duration};

use super::{
    Decision, TargetShare,
    json::{Json, millis, or_null, text},
};
use crate::snapshot::{
    ListenerPlan,
    words::{Offers, Pool, limit},
};

impl Decision<'_> {
    /// The gateway's, where the request came in.
    pub(super) fn explain_entered(
        &self,
        listener: &ListenerPlan,
        f: &mut fmt::Formatter<'_>,
    ) -> fmt::Result {
        let source = self.source(&listener.sources.listener);
        write!(f, "listener: {} ({source})", listener.protocol)?;
        self.explain_let_in(listener, f)?;
        writeln!(f)
    }

    /// The one at the other end.
    pub(super) fn explain_inbound(
        &self,
        target: &TargetShare<'_>,
        listener: &ListenerPlan,
        f: &mut fmt::Formatter<'_>,
    ) -> fmt::Result {
        let (node, port) = (target.virtual_node, target.port);
        let (theirs, sources) = (listener.timeouts, &listener.sources);
        let ours = self.timeouts();
        write!(f, "\nat {node}:{port}: ")?;
        let rows = [
            (
                "request",
                theirs.request,
                ours.and_then(|ours| ours.request),
                &sources.request,
            ),
            (
                "silence",
                theirs.idle,
                ours.and_then(|ours| ours.idle),
                &sources.idle,
            ),
        ];
        for (index, (name, theirs, ours, source)) in rows.into_iter().enumerate() {
            let between = if index == 0 { "" } else { "; " };
            let (limit, source) = (limit(theirs), self.source(source));
            let cuts = match ends_sooner(theirs, ours) {
                true => ", which ends it sooner",
                false => "",
            };
            write!(f, "{between}{name} {limit} ({source}){cuts}")?;
        }
        self.explain_let_in(listener, f)
    }

    /// How much is let in, and how it has to speak.
    fn explain_let_in(&self, listener: &ListenerPlan, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sources = &listener.sources;
        if let Some(pool) = listener.connection_pool {
            let source = self.source(&sources.connection_pool);
            write!(f, "; {} ({source})", Pool(pool))?;
        }
        let offers = Offers(listener.tls.as_ref());
        write!(f, "; {offers} ({})", self.source(&sources.tls))
    }

    pub(super) fn entered_json(&self, listener: &ListenerPlan) -> Json {
        let source = self.source(&listener.sources.listener);
        let mut members = vec![
            ("protocol", text(&listener.protocol)),
            ("source", Json::Text(source)),
        ];
        members.extend(self.let_in_json(listener));
        Json::Object(members)
    }

    pub(super) fn inbound_json(&self, listener: &ListenerPlan) -> Json {
        let ListenerPlan {
            timeouts, sources, ..
        } = listener;
        let mut members = vec![
            ("request_millis", or_null(timeouts.request.map(millis))),
            ("source", Json::Text(self.source(&sources.request))),
            ("silence_millis", or_null(timeouts.idle.map(millis))),
            ("silence_source", Json::Text(self.source(&sources.idle))),
        ];
        members.extend(self.let_in_json(listener));
        Json::Object(members)
    }

    fn let_in_json(&self, listener: &ListenerPlan) -> [(&'static str, Json); 2] {
        let sources = &listener.sources;
        let pool = listener.connection_pool.map(Pool);
        let pool = pool.map(|pool| self.said(&pool, &sources.connection_pool));
        let offers = Offers(listener.tls.as_ref());
        [
            ("connection_pool", or_null(pool)),
            ("tls", self.said(&offers, &sources.tls)),
        ]
    }
}

fn ends_sooner(theirs: Option<Duration>, ours: Option<Duration>) -> bool {
    theirs.is_some_and(|theirs| ours.is_none_or(|ours| theirs < ours))
}
