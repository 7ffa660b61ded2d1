//! What would have happened to a request in shadow mode: said when it is routed, and when it is answered.

use std::{mem, sync::Arc};

use futures::future::BoxFuture;
use http::Response;
use mesh_core::{
    mode::Shadowed,
    retry::Safety,
    route::Head,
    snapshot::{ClusterId, Plan, Snapshot, Verdict},
};
use tower_service::Service;

use super::{Answered, Route, Shared};
use crate::{
    call::Call, error::Error, fault::Injector, outgoing::Routed, response_body::ResponseBody,
};

/// The plan that a request would have had, unless it would have been refused or passed through.
#[derive(Debug)]
pub(super) struct Undone(Option<Arc<Plan>>);

impl Shared {
    /// What the shadow says of a request that goes to this cluster, or outside of the mesh.
    #[cold]
    pub(super) fn compare(
        &self,
        shadow: &Snapshot,
        head: &Head<'_>,
        goes_to: Option<ClusterId>,
    ) -> Box<Undone> {
        let verdict = shadow.route(head);
        let plan = match &verdict {
            Verdict::Route(plan) => Some((*plan).clone()),
            _ => None,
        };
        let drawn = plan
            .as_ref()
            .map(|plan| *plan.targets.choose(&mut &*self.rng));
        let target = drawn.and_then(|id| shadow.clusters().get(id.index()));
        tracing::debug!(
            host = head.authority(),
            route = ?plan.as_ref().and_then(|plan| plan.route.as_ref()),
            target = ?target.map(|spec| &spec.virtual_node),
            refused = ?matches!(verdict, Verdict::Refuse(_)),
            "shadow: routed"
        );
        if drawn != goes_to {
            self.shadow.note(Shadowed::Route);
        }
        Box::new(Undone(plan))
    }

    /// Whether the request would have met a fault.
    fn draw_in_vain(&self, faults: &Injector, routed: &Routed) {
        let service = routed.way.plan.virtual_service.as_str();
        if let Some(injected) = faults.draw(&routed.request, Some(service)) {
            tracing::debug!(?injected, "shadow: a fault");
            self.shadow.note(Shadowed::Fault);
        }
    }
}

impl<S> Route<S>
where
    S: Service<Routed, Response = Response<ResponseBody>, Error = Error> + Clone + Send + 'static,
    S::Future: Send,
{
    /// Sends a request, and says whether it would have been sent again.
    #[cold]
    pub(super) fn call_and_judge(
        &mut self,
        routed: Routed,
        undone: Undone,
    ) -> BoxFuture<'static, Answered> {
        if let Some(faults) = &self.shared.faults {
            self.shared.draw_in_vain(faults, &routed);
        }
        let call = routed.call.clone();
        let safety = Safety::of(routed.request.method(), call.is_grpc());
        let shadow = self.shared.shadow.clone();
        let next = self.inner.clone();
        let mut ready = mem::replace(&mut self.inner, next);
        Box::pin(async move {
            let answer = ready.call(routed).await;
            if undone.would_retry(&call, safety) {
                tracing::debug!(attempt = ?call.attempts().next(), "shadow: a retry");
                shadow.note(Shadowed::Retry);
            }
            answer
        })
    }
}

impl Undone {
    fn would_retry(&self, call: &Call, safety: Safety) -> bool {
        let ended = call.attempts().next().and_then(|first| first.outcome());
        self.0
            .as_ref()
            .zip(ended)
            .is_some_and(|(plan, ended)| plan.would_retry(safety, ended))
    }
}
