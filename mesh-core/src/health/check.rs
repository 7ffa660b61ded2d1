//! What is asked of an endpoint, how often, and how its answers count.

use std::time::Duration;

use crate::{
    rng::Rng,
    unit::{OutOfRange, Port, Protocol},
};

/// How an endpoint is asked whether it is well; written on the listener of the node behind it, asked by its callers.
///
/// # Source
/// App Mesh API model, `HealthCheckPolicy`.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use mesh_core::{health::HealthCheck, unit::Protocol};
///
/// let seconds = Duration::from_secs;
/// let check = HealthCheck::new(Protocol::Http, seconds(5), seconds(2))?.thresholds(2, 3)?.path("/ping");
/// assert_eq!((check.path_or_root(), check.unhealthy_threshold()), ("/ping", 3));
/// assert!(HealthCheck::new(Protocol::Http, seconds(1), seconds(2)).is_err()); // not so often
/// # Ok::<(), mesh_core::unit::OutOfRange>(())
/// ```
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct HealthCheck {
    protocol: Protocol,
    path: Option<String>,
    port: Option<Port>,
    interval: Duration,
    timeout: Duration,
    healthy_threshold: u8,
    unhealthy_threshold: u8,
}

impl HealthCheck {
    /// A check with thresholds of two.
    ///
    /// # Units
    /// An interval of 5 to 300 s, a timeout of 2 to 60 s, as App Mesh took them.
    ///
    /// # Errors
    /// [`OutOfRange`], in milliseconds.
    pub fn new(
        protocol: Protocol,
        interval: Duration,
        timeout: Duration,
    ) -> Result<Self, OutOfRange> {
        within(
            "health check interval in milliseconds",
            INTERVAL,
            millis(interval),
        )?;
        within(
            "health check timeout in milliseconds",
            TIMEOUT,
            millis(timeout),
        )?;
        Ok(Self {
            protocol,
            path: None,
            port: None,
            interval,
            timeout,
            healthy_threshold: 2,
            unhealthy_threshold: 2,
        })
    }

    /// This check, with so many good answers in a row to be well again, and so many bad ones to be unwell.
    ///
    /// # Errors
    /// [`OutOfRange`] for a number that is not 2 to 10.
    pub fn thresholds(self, healthy: i64, unhealthy: i64) -> Result<Self, OutOfRange> {
        within("healthy threshold", THRESHOLD, healthy)?;
        within("unhealthy threshold", THRESHOLD, unhealthy)?;
        Ok(Self {
            healthy_threshold: u8::try_from(healthy).unwrap_or(u8::MAX),
            unhealthy_threshold: u8::try_from(unhealthy).unwrap_or(u8::MAX),
            ..self
        })
    }

    /// This check, which asks for a path; only HTTP has one.
    #[must_use]
    pub fn path(self, path: impl Into<String>) -> Self {
        Self {
            path: Some(path.into()),
            ..self
        }
    }

    /// This check, on another port than the listener's.
    #[must_use]
    pub fn port(self, port: Port) -> Self {
        Self {
            port: Some(port),
            ..self
        }
    }

    /// What is spoken.
    #[must_use]
    pub const fn protocol(&self) -> Protocol {
        self.protocol
    }

    /// The path asked for over HTTP.
    #[must_use]
    pub fn path_or_root(&self) -> &str {
        self.path.as_deref().unwrap_or("/")
    }

    /// The path as it was written; `None`: none was.
    pub(crate) fn own_path(&self) -> Option<&str> {
        self.path.as_deref()
    }

    /// The port that is asked; `None`: the listener's.
    #[must_use]
    pub const fn own_port(&self) -> Option<Port> {
        self.port
    }

    /// The time from one check to the next.
    #[must_use]
    pub const fn interval(&self) -> Duration {
        self.interval
    }

    /// How long to wait from one check to the next: the interval, more or less by up to a tenth of it, so that callers that
    /// started together do not ask together for good.
    ///
    /// # Source
    /// Envoy, `interval_jitter`, which App Mesh left at none.
    pub fn wait<R: Rng + ?Sized>(&self, rng: &mut R) -> Duration {
        let tenth = self.interval / 10;
        let spread = u64::try_from(tenth.as_nanos()).unwrap_or(u64::MAX / 2) * 2;
        self.interval - tenth + Duration::from_nanos(rng.below(spread))
    }

    /// How long an answer may take.
    #[must_use]
    pub const fn timeout(&self) -> Duration {
        self.timeout
    }

    /// How many good answers in a row make an endpoint well again.
    #[must_use]
    pub const fn healthy_threshold(&self) -> u8 {
        self.healthy_threshold
    }

    /// How many bad answers in a row make an endpoint unwell.
    #[must_use]
    pub const fn unhealthy_threshold(&self) -> u8 {
        self.unhealthy_threshold
    }
}

fn within(what: &'static str, (min, max): (i64, i64), found: i64) -> Result<(), OutOfRange> {
    let fits = (min..=max).contains(&found);
    fits.then_some(()).ok_or(OutOfRange {
        what,
        min,
        max,
        found,
    })
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

const INTERVAL: (i64, i64) = (5_000, 300_000);
const TIMEOUT: (i64, i64) = (2_000, 60_000);
const THRESHOLD: (i64, i64) = (2, 10);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::SplitMix;

    fn check(interval: u64, timeout: u64) -> Result<HealthCheck, OutOfRange> {
        let (interval, timeout) = (
            Duration::from_millis(interval),
            Duration::from_millis(timeout),
        );
        HealthCheck::new(Protocol::Http, interval, timeout)
    }

    #[test]
    fn numbers_that_app_mesh_would_not_take_are_refused() {
        for (interval, timeout, fits) in [
            (5_000, 2_000, true),
            (300_000, 60_000, true),
            (4_999, 2_000, false),
            (300_001, 2_000, false),
            (5_000, 1_999, false),
            (5_000, 60_001, false),
        ] {
            assert_eq!(
                check(interval, timeout).is_ok(),
                fits,
                "{interval}, {timeout}"
            );
        }
        for (healthy, unhealthy, fits) in [
            (2, 2, true),
            (10, 10, true),
            (1, 2, false),
            (2, 1, false),
            (11, 2, false),
            (2, 11, false),
        ] {
            let check = check(5_000, 2_000).expect("in range");
            assert_eq!(
                check.thresholds(healthy, unhealthy).is_ok(),
                fits,
                "{healthy}, {unhealthy}"
            );
        }
    }

    #[test]
    fn waits_fill_the_interval_and_a_tenth_on_both_sides() {
        let (check, mut rng) = (check(10_000, 2_000).expect("in range"), SplitMix::new(3));
        let waits: Vec<_> = (0..2_000).map(|_| check.wait(&mut rng)).collect();
        let (least, most) = (Duration::from_secs(9), Duration::from_secs(11));
        assert!(waits.iter().all(|wait| (least..most).contains(wait)));
        assert!(
            waits
                .iter()
                .any(|wait| *wait < least + Duration::from_millis(20))
        );
        assert!(
            waits
                .iter()
                .any(|wait| *wait > most - Duration::from_millis(20))
        );
    }
}
