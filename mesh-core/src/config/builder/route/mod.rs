//! The builder of a route: what all routes have; their conditions stand beside it.

mod grpc;
mod http;
mod tcp;

use std::{marker::PhantomData, time::Duration};

use crate::{
    config::{
        RetryPolicy, Timeout,
        draft::{MatchDraft, RouteDraft, Said, TargetDraft, TimeoutDraft},
    },
    error::Place,
    unit::Protocol,
};

/// A route in the making; [`VirtualRouterBuilder::route`](super::VirtualRouterBuilder::route) takes it.
///
/// All conditions of a route must hold; a route without any takes every request, one for gRPC every gRPC request.
///
/// # Examples
/// What a route can be asked is what it speaks: one for gRPC has no paths.
/// ```compile_fail
/// # use mesh_core::config::Route;
/// let route = Route::grpc("orders").prefix("/orders");
/// ```
/// Nor has one for TCP anything to try again.
/// ```compile_fail
/// # use mesh_core::config::{HttpRetryEvent, RetryPolicy, Route};
/// let retry = RetryPolicy::new(1, std::time::Duration::ZERO).on(HttpRetryEvent::StreamError);
/// let route = Route::tcp("mail").retry(retry);
/// ```
#[derive(Clone, Debug)]
#[must_use = "give it to `VirtualRouterBuilder::route`"]
pub struct RouteBuilder<K = ForHttp> {
    name: String,
    protocol: Protocol,
    priority: Option<i64>,
    matches: MatchDraft,
    targets: Vec<TargetDraft>,
    retry_policy: Option<RetryPolicy>,
    timeout: Timeout,
    kind: PhantomData<K>,
}

/// Marks the builder of a route for HTTP/1.1 or HTTP/2.
#[derive(Clone, Copy, Debug)]
pub enum ForHttp {}

/// Marks the builder of a route for gRPC.
#[derive(Clone, Copy, Debug)]
pub enum ForGrpc {}

/// Marks the builder of a route for TCP.
#[derive(Clone, Copy, Debug)]
pub enum ForTcp {}

/// The kinds of route that have requests: those of bytes have none to limit or to try again.
pub trait ForRequests {}

impl ForRequests for ForHttp {}

impl ForRequests for ForGrpc {}

impl<K> RouteBuilder<K> {
    fn new(name: String, protocol: Protocol) -> Self {
        Self {
            name,
            protocol,
            priority: None,
            matches: MatchDraft::default(),
            targets: Vec::new(),
            retry_policy: None,
            timeout: Timeout::default(),
            kind: PhantomData,
        }
    }

    /// Says how early the route is looked at.
    ///
    /// # Units
    /// 0 to 1000, 0 first; a route without a priority comes after all that have one.
    pub fn priority(mut self, priority: impl Into<i64>) -> Self {
        self.priority = Some(priority.into());
        self
    }

    /// Puts the route behind one of the router's listeners.
    ///
    /// # Units
    /// A port from 1 to 65535.
    pub fn port(mut self, port: impl Into<i64>) -> Self {
        self.matches.on_port(port.into());
        self
    }

    /// Adds a target that has one listener.
    ///
    /// # Units
    /// A weight from 0 to 100, relative to the other targets' weights.
    pub fn target(self, virtual_node: impl Into<String>, weight: impl Into<i64>) -> Self {
        self.target_draft(virtual_node.into(), weight.into(), None)
    }

    /// Adds a target and says which of its listeners is meant.
    ///
    /// # Units
    /// A weight from 0 to 100, relative to the other targets' weights; a port from 1 to 65535.
    pub fn target_on(
        self,
        virtual_node: impl Into<String>,
        weight: impl Into<i64>,
        port: impl Into<i64>,
    ) -> Self {
        self.target_draft(virtual_node.into(), weight.into(), Some(port.into()))
    }

    /// Limits how long a stream, or a connection of a route for TCP, may carry nothing.
    ///
    /// # Units
    /// Zero: no limit.
    pub fn idle_timeout(mut self, idle: Duration) -> Self {
        self.timeout.idle = Some(idle);
        self
    }

    pub(in crate::config::builder) fn in_router(
        self,
        router: &Said<String>,
        path: &str,
    ) -> RouteDraft {
        let path = format!("{path}.route({})", self.name);
        let place = |member: &str| Place::of(format!("{path}.{member}"));
        let (mut matches, mut targets) = (self.matches, self.targets);
        matches.put_under(&path);
        for target in &mut targets {
            target.put_under(&path);
        }
        RouteDraft {
            mesh: None,
            router: Some(router.clone()),
            priority: self.priority.map(|n| Said::new(n, place("priority"))),
            protocol: Said::new(self.protocol, Place::of(path.clone())),
            matches: Said::new(matches, place("match")),
            targets: Said::new(targets, place("target")),
            retry_policy: self.retry_policy.map(|p| Said::new(p, place("retry"))),
            timeout: TimeoutDraft::of(self.timeout, &place("timeout")),
            whole: true,
            name: Said::new(self.name, Place::of(path.clone())),
        }
    }

    fn target_draft(mut self, virtual_node: String, weight: i64, port: Option<i64>) -> Self {
        let place = Place::of(format!("target({virtual_node})"));
        self.targets.push(TargetDraft {
            virtual_node: Said::new(virtual_node, place.clone()),
            weight: Said::new(weight, place.clone()),
            port: port.map(|port| Said::new(port, place)),
        });
        self
    }
}

impl<K: ForRequests> RouteBuilder<K> {
    /// Says when an attempt is tried again.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry_policy = Some(policy);
        self
    }

    /// Limits a request, all attempts together.
    ///
    /// # Units
    /// Zero: no limit.
    pub fn timeout(mut self, per_request: Duration) -> Self {
        self.timeout.per_request = Some(per_request);
        self
    }
}

impl TargetDraft {
    fn put_under(&mut self, path: &str) {
        let port = self.port.iter_mut().map(|said| &mut said.place);
        let own = [&mut self.virtual_node.place, &mut self.weight.place];
        for place in own.into_iter().chain(port) {
            place.path = format!("{path}.{}", place.path);
        }
    }
}
