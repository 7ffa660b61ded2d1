//! Which faults there are, and which of them a request meets.

use std::time::Duration;

use http::{HeaderName, Method, StatusCode};

use super::Share;
use crate::{
    rng::Rng,
    route::{Conditions, Head, HeaderCondition, HeaderSource, PathCondition, ValueCondition},
};

/// One fault: what it does, to which requests, and to what share of them.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use http::{HeaderName, Method, StatusCode};
/// use mesh_core::fault::{Fault, Share};
///
/// let some_orders_fail = Fault::abort(StatusCode::SERVICE_UNAVAILABLE)
///     .virtual_service("orders.local")
///     .method(Method::POST)
///     .share(Share::percent(10)?);
/// let slow_for_testers = Fault::delay(Duration::from_secs(2)).header(HeaderName::from_static("x-chaos"), "slow");
/// # Ok::<(), mesh_core::unit::OutOfRange>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[must_use = "a fault is one of some faults"]
pub struct Fault {
    does: Does,
    share: Share,
    virtual_service: Option<String>,
    /// All of which must hold.
    conditions: Vec<Conditions>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Does {
    Abort(Abort),
    Delay(Duration),
}

/// An answer that is given in place of the one that would have come.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Abort {
    /// This status; for a gRPC call, the gRPC status that it stands for.
    Http(StatusCode),
    /// This gRPC status, in a response of trailers only.
    Grpc(i32),
}

impl Fault {
    /// Answers with this status.
    pub fn abort(status: StatusCode) -> Self {
        Self::new(Does::Abort(Abort::Http(status)))
    }

    /// Answers with this gRPC status. Meant for gRPC calls; others get it all the same.
    pub fn abort_grpc(status: i32) -> Self {
        Self::new(Does::Abort(Abort::Grpc(status)))
    }

    /// Lets requests wait before they go on.
    pub fn delay(delay: Duration) -> Self {
        Self::new(Does::Delay(delay))
    }

    fn new(does: Does) -> Self {
        Self {
            does,
            share: Share::ALL,
            virtual_service: None,
            conditions: Vec::new(),
        }
    }

    /// Only this share of the requests; all of them unless said here.
    pub fn share(self, share: Share) -> Self {
        Self { share, ..self }
    }

    /// Only requests to this virtual service. Where none is known, as in a layer that stands alone, it is the host's name.
    pub fn virtual_service(self, name: impl Into<String>) -> Self {
        Self {
            virtual_service: Some(name.into()),
            ..self
        }
    }

    /// Only requests that a route with these conditions would take. Called again, all of them must hold.
    pub fn when(mut self, conditions: Conditions) -> Self {
        self.conditions.push(conditions);
        self
    }

    /// Only requests whose path begins so.
    pub fn path_prefix(self, prefix: impl Into<String>) -> Self {
        let prefix = PathCondition::Prefix(prefix.into().into());
        self.when(Conditions::any().with_path(prefix))
    }

    /// Only requests with this method.
    pub fn method(self, method: Method) -> Self {
        self.when(Conditions::any().with_method(Some(method)))
    }

    /// Only requests that have this header with this value.
    pub fn header(self, name: HeaderName, value: impl Into<String>) -> Self {
        let value = ValueCondition::Exact(value.into().into());
        let header = HeaderCondition::value(HeaderSource::Header(name), value);
        self.when(Conditions::any().with_headers([header]))
    }

    fn takes(&self, head: &Head<'_>, virtual_service: &str) -> bool {
        let called = |name: &String| name.eq_ignore_ascii_case(virtual_service);
        self.virtual_service.as_ref().is_none_or(called)
            && self
                .conditions
                .iter()
                .all(|conditions| conditions.check(head).is_ok())
    }
}

/// All faults that requests may meet, in the order in which they are looked at.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use http::StatusCode;
/// use mesh_core::{Head, fault::{Abort, Fault, Faults}, rng::SplitMix};
///
/// let faults = Faults::from_iter([
///     Fault::delay(Duration::from_millis(300)).path_prefix("/search"),
///     Fault::abort(StatusCode::SERVICE_UNAVAILABLE).virtual_service("orders.local"),
/// ]);
/// let injected = faults.draw(&Head::get("http://orders.local/search/x"), "orders.local", &mut SplitMix::new(7));
/// assert_eq!(injected.delay, Some(Duration::from_millis(300)));
/// assert_eq!(injected.abort, Some(Abort::Http(StatusCode::SERVICE_UNAVAILABLE)));
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Faults(Box<[Fault]>);

/// What one request meets: the delay first, then the abort.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Injected {
    /// How long it waits.
    pub delay: Option<Duration>,
    /// What it is answered with.
    pub abort: Option<Abort>,
}

impl Injected {
    /// Whether it meets nothing.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

impl Faults {
    /// Draws what a request meets: of each kind, the first one that takes it and is drawn. A fault that does not take it draws
    /// nothing.
    pub fn draw(&self, head: &Head<'_>, virtual_service: &str, rng: &mut impl Rng) -> Injected {
        let mut injected = Injected::default();
        for fault in &self.0 {
            let met = match fault.does {
                Does::Abort(_) => injected.abort.is_some(),
                Does::Delay(_) => injected.delay.is_some(),
            };
            if met || !fault.takes(head, virtual_service) || !fault.share.draw(rng) {
                continue;
            }
            match fault.does {
                Does::Abort(abort) => injected.abort = Some(abort),
                Does::Delay(delay) => injected.delay = Some(delay),
            }
        }
        injected
    }
}

impl FromIterator<Fault> for Faults {
    fn from_iter<I: IntoIterator<Item = Fault>>(faults: I) -> Self {
        Self(faults.into_iter().collect())
    }
}

impl From<Fault> for Faults {
    fn from(fault: Fault) -> Self {
        Self::from_iter([fault])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::SplitMix;

    const SLOW: Duration = Duration::from_secs(2);
    const DOWN: StatusCode = StatusCode::SERVICE_UNAVAILABLE;

    fn drawn(faults: impl Into<Faults>, head: &Head<'_>) -> Injected {
        let mut rng = SplitMix::new(7);
        faults.into().draw(head, head.host(), &mut rng)
    }

    #[test]
    fn a_fault_is_met_by_those_that_all_its_conditions_take() {
        let chaos = HeaderName::from_static("x-chaos");
        let down = || Fault::abort(DOWN);
        let head = Head::get("http://orders.local/a/b").header("x-chaos", "yes");
        for (fault, taken) in [
            (down(), true),
            (down().virtual_service("Orders.local"), true),
            (down().virtual_service("stock.local"), false),
            (down().path_prefix("/a"), true),
            (down().path_prefix("/b"), false),
            (down().method(Method::GET), true),
            (down().method(Method::POST), false),
            (down().header(chaos.clone(), "yes"), true),
            (down().header(chaos.clone(), "no"), false),
            (down().path_prefix("/a").header(chaos, "no"), false),
            (down().share(Share::NONE), false),
        ] {
            let met = drawn(fault.clone(), &head).abort.is_some();
            assert_eq!(met, taken, "{fault:?}");
        }
    }

    #[test]
    fn of_each_kind_the_first_that_is_drawn_counts() {
        let faults = Faults::from_iter([
            Fault::delay(SLOW).share(Share::NONE),
            Fault::delay(SLOW * 2),
            Fault::delay(SLOW * 3),
            Fault::abort_grpc(14),
            Fault::abort(DOWN),
        ]);
        let injected = drawn(faults, &Head::get("http://orders.local/"));
        assert_eq!(injected.delay, Some(SLOW * 2));
        assert_eq!(injected.abort, Some(Abort::Grpc(14)));
    }

    #[test]
    fn the_same_seed_injects_the_same_faults() {
        let faults = Faults::from(Fault::abort(DOWN).share(Share::percent(30).expect("a share")));
        let run = |seed| {
            let (mut rng, head) = (SplitMix::new(seed), Head::get("http://a/"));
            let met = (0..1_000).map(|_| faults.draw(&head, "a", &mut rng).abort.is_some());
            met.collect::<Vec<_>>()
        };
        assert_eq!(run(7), run(7));
        assert_ne!(run(7), run(8));
        let met = run(7).into_iter().filter(|met| *met).count();
        assert!((250..350).contains(&met), "{met}");
    }

    #[test]
    fn where_there_are_no_faults_nothing_is_met_and_nothing_drawn() {
        let mut rng = SplitMix::new(7);
        let nothing = Faults::default().draw(&Head::get("http://a/"), "a", &mut rng);
        assert!(nothing.is_nothing());
        assert_eq!(rng.next_u64(), SplitMix::new(7).next_u64());
    }
}
