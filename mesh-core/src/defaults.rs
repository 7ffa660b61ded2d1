//! What applies to a request where the configuration is silent; printed at start, because it acts on every request.

use std::{fmt, time::Duration};

use crate::{
    balance, retry,
    timeout::{RequestEnds, Timeouts},
    unit::Protocol,
};

/// A set of defaults.
///
/// # Source
/// App Mesh user guide, "Envoy defaults set by App Mesh".
///
/// # Examples
/// ```
/// use mesh_core::Defaults;
///
/// println!("{}", Defaults::AppMesh);
/// assert!(Defaults::AppMesh.to_string().contains("15s"));
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Defaults {
    /// What App Mesh did, except that its invisible retries spare what may not be sent twice.
    AppMesh,
    /// What App Mesh did: its invisible retries send POST, PATCH and gRPC calls again as well.
    AppMeshUnsafeRetries,
    /// No total limit on a stream: the request limit ends at the response head.
    Safe,
}

impl Defaults {
    /// Lets the default retry policy send again what the application may already have seen, as App Mesh did.
    ///
    /// [`Safe`](Self::Safe) stays as it is: under it such a retry has to be written on the route.
    #[must_use]
    pub const fn with_unsafe_retries(self) -> Self {
        match self {
            Self::AppMesh | Self::AppMeshUnsafeRetries => Self::AppMeshUnsafeRetries,
            Self::Safe => Self::Safe,
        }
    }

    /// The retry policy of a route that has none of its own. That of [`Safe`](Self::Safe) has a budget; a policy that was
    /// written has one only if it says so.
    #[must_use]
    pub fn retry(self) -> retry::Policy {
        match self {
            Self::AppMesh => retry::Policy::idempotent(RETRIES),
            Self::AppMeshUnsafeRetries => retry::Policy::idempotent(RETRIES).with_unsafe_retries(),
            Self::Safe => retry::Policy::idempotent(RETRIES).with_budget(BUDGET),
        }
    }

    /// The limits of a route that writes none.
    #[must_use]
    pub const fn timeouts(self) -> Timeouts {
        Timeouts::none()
            .with_request(Some(REQUEST), self.request_ends())
            .with_idle(Some(IDLE))
    }

    /// Where a request limit, written or not, stops to matter.
    #[must_use]
    pub const fn request_ends(self) -> RequestEnds {
        match self {
            Self::AppMesh | Self::AppMeshUnsafeRetries => RequestEnds::Response,
            Self::Safe => RequestEnds::Head,
        }
    }

    /// Whether every address of a DNS answer is an endpoint, also where a node says `LOADBALANCER` or nothing.
    #[must_use]
    pub const fn all_addresses(self) -> bool {
        matches!(self, Self::Safe)
    }

    /// How an endpoint is chosen among those of a node that speaks this.
    ///
    /// App Mesh took one after the other. That leaves a slow endpoint with as many calls as a fast one, so [`Safe`](Self::Safe)
    /// takes the less busy of two; and so does gRPC always, whose calls differ most in length.
    #[must_use]
    pub const fn balance(self, protocol: Protocol) -> balance::Algorithm {
        match (self, protocol) {
            (Self::Safe, _) | (_, Protocol::Grpc) => balance::Algorithm::LeastRequest,
            _ => balance::Algorithm::RoundRobin,
        }
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::AppMesh => "App Mesh",
            Self::AppMeshUnsafeRetries => "App Mesh with unsafe retries",
            Self::Safe => "safe",
        }
    }
}

/// One line with everything in force.
impl fmt::Display for Defaults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ends = match self.request_ends() {
            RequestEnds::Response => "end of the response",
            RequestEnds::Head => "response head",
        };
        let connect = self.timeouts().connect;
        write!(
            f,
            "defaults {}: request {REQUEST:?} to the {ends}, ",
            self.name()
        )?;
        let addresses = if self.all_addresses() {
            "every DNS address"
        } else {
            "the first DNS address unless ENDPOINTS"
        };
        write!(
            f,
            "idle {IDLE:?}, connect {connect:?}, {addresses}, {}",
            self.retry()
        )
    }
}

const REQUEST: Duration = Duration::from_secs(15);
const IDLE: Duration = Duration::from_secs(300);
const RETRIES: u32 = 2;
/// What Finagle's and tower's budgets begin with, too.
const BUDGET: retry::Budget = retry::Budget::new(20, 10);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unsafe_retries_are_chosen_and_never_slip_into_safe() {
        assert_eq!(
            Defaults::AppMesh.with_unsafe_retries(),
            Defaults::AppMeshUnsafeRetries
        );
        assert_eq!(Defaults::Safe.with_unsafe_retries(), Defaults::Safe);
        assert_ne!(
            Defaults::AppMesh.retry(),
            Defaults::AppMeshUnsafeRetries.retry()
        );
    }

    #[test]
    fn one_line_says_what_is_in_force() {
        let policy = Defaults::AppMesh.retry();
        let expected = format!(
            "defaults App Mesh: request 15s to the end of the response, idle 300s, connect 1s, \
             the first DNS address unless ENDPOINTS, {policy}"
        );
        assert_eq!(Defaults::AppMesh.to_string(), expected);
        let safe = Defaults::Safe.to_string();
        for part in [
            "15s to the response head",
            "every DNS address",
            "20 % of the requests",
        ] {
            assert!(safe.contains(part), "{safe}");
        }
    }

    #[test]
    fn only_the_safe_retry_policy_has_a_budget() {
        assert_eq!(Defaults::Safe.retry().budget(), Some(BUDGET));
        for defaults in [Defaults::AppMesh, Defaults::AppMeshUnsafeRetries] {
            assert_eq!(defaults.retry().budget(), None, "{defaults}");
        }
    }
}
