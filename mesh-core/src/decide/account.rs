//! What acts on a request that was routed, each with where it comes from.

use std::time::Duration;

use super::Decision;
use crate::{
    name::VirtualNodeName,
    snapshot::{ClusterFacts, ClusterPolicy, ClusterSpec, Plan, Source},
    timeout::RequestEnds,
    unit::Port,
};

/// A target of the route that was chosen.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct TargetShare<'a> {
    /// The node.
    pub virtual_node: &'a VirtualNodeName,
    /// Its listener.
    pub port: Port,
    /// Its weight, as written.
    pub weight: u64,
    /// Its part of the whole, from 0.0 to 1.0.
    pub share: f64,
    /// The group of its endpoints.
    pub cluster: &'a ClusterSpec,
    /// How these are chosen and watched.
    pub policy: &'a ClusterPolicy,
    /// Where that comes from, and the listener at the other end.
    pub facts: &'a ClusterFacts,
}

/// A limit of time that acts on a request.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct EffectiveLimit<'a> {
    /// `request`, `attempt`, `silence` or `connecting`.
    pub name: &'static str,
    /// How long; `None`: without end.
    pub limit: Option<Duration>,
    /// Where it comes from; `None`: it cannot be chosen.
    pub source: Option<&'a Source>,
    /// When it runs, or why it does not.
    pub note: &'static str,
}

impl<'a> Decision<'a> {
    /// Where it may go, with all that is known of each target.
    #[must_use]
    pub fn targets(&self) -> Vec<TargetShare<'a>> {
        let Some(plan) = self.plan() else {
            return Vec::new();
        };
        let snapshot = self.snapshot;
        let target =
            |((id, weight), (_, share)): ((&crate::snapshot::ClusterId, u64), (_, f64))| {
                let cluster = snapshot.clusters().get(id.index())?;
                Some(TargetShare {
                    virtual_node: &cluster.virtual_node,
                    port: cluster.port,
                    weight,
                    share,
                    cluster,
                    policy: snapshot.cluster_policies().get(id.index())?,
                    facts: snapshot.cluster_facts().get(id.index())?,
                })
            };
        let weights = plan.targets.weights().zip(plan.targets.shares());
        weights.filter_map(target).collect()
    }

    /// The limits that act on it; none if it is not routed.
    #[must_use]
    pub fn limits(&self) -> Vec<EffectiveLimit<'a>> {
        self.plan().map_or_else(Vec::new, limits)
    }
}

fn limits(plan: &Plan) -> Vec<EffectiveLimit<'_>> {
    let Plan {
        timeouts, sources, ..
    } = plan;
    let request = EffectiveLimit {
        name: "request",
        limit: timeouts.request,
        source: Some(&sources.request),
        note: match timeouts.request_ends {
            RequestEnds::Response => {
                "from the end of the request to the end of the response; a longer stream is cut"
            }
            RequestEnds::Head => "from the end of the request to the response head",
        },
    };
    let per_try = timeouts.per_try.map(|limit| EffectiveLimit {
        name: "attempt",
        limit: Some(limit),
        source: Some(&sources.retry),
        note: match timeouts.effective_per_try() {
            None => "without effect, the request limit is not longer",
            Some(_) => "from the end of the request to the response head, for each attempt",
        },
    });
    let silence = EffectiveLimit {
        name: "silence",
        limit: timeouts.idle,
        source: Some(&sources.idle),
        note: "while nothing is carried in either direction",
    };
    let connecting = EffectiveLimit {
        name: "connecting",
        limit: Some(timeouts.connect),
        source: None,
        note: "for each connection",
    };
    let limits = [Some(request), per_try, Some(silence), Some(connecting)];
    limits.into_iter().flatten().collect()
}
