//! What the answers of one endpoint add up to.

use super::{Answer, Health, HealthCheck};

/// An endpoint's health and the answers in a row that speak against it. Holds no thresholds: they come with each answer.
///
/// # Source
/// App Mesh, `HealthCheckPolicy`: so many failures, or successes, in a row. The first answer of all decides at once, as in
/// Envoy. Envoy does not count HTTP answers other than 200 and gRPC ones other than `SERVING`: one is enough there, and the
/// threshold is for answers that do not come. App Mesh never said so, and an endpoint that answers 503 once may be well.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use mesh_core::{health::{Answer, Checked, Health, HealthCheck}, unit::Protocol};
///
/// let check = HealthCheck::new(Protocol::Http, Duration::from_secs(5), Duration::from_secs(2))?;
/// let mut endpoint = Checked::default();
/// assert_eq!(endpoint.take(Answer::Good, &check), Some(Health::Well)); // the first one is enough
/// assert_eq!(endpoint.take(Answer::Timeout, &check), None);
/// assert_eq!(endpoint.take(Answer::Status(503), &check), Some(Health::Unwell)); // the second in a row
/// # Ok::<(), mesh_core::unit::OutOfRange>(())
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Checked {
    health: Health,
    against: u8,
}

impl Default for Checked {
    /// Checked, and no answer yet.
    fn default() -> Self {
        Self::from(Health::Unknown)
    }
}

impl From<Health> for Checked {
    /// What it was known to be before its next answer.
    fn from(health: Health) -> Self {
        Self { health, against: 0 }
    }
}

impl Checked {
    /// What the answers say so far.
    #[must_use]
    pub const fn health(&self) -> Health {
        self.health
    }

    /// Takes an answer; tells what the endpoint is from now on, if that changes.
    pub fn take(&mut self, answer: Answer, check: &HealthCheck) -> Option<Health> {
        let (says, needed) = match answer.is_good() {
            true => (Health::Well, check.healthy_threshold()),
            false => (Health::Unwell, check.unhealthy_threshold()),
        };
        if says == self.health {
            self.against = 0;
            return None;
        }
        self.against = self.against.saturating_add(1);
        if self.health != Health::Unknown && self.against < needed {
            return None;
        }
        *self = Self {
            health: says,
            against: 0,
        };
        Some(says)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::unit::Protocol;

    fn check(healthy: i64, unhealthy: i64) -> HealthCheck {
        let (interval, timeout) = (Duration::from_secs(5), Duration::from_secs(2));
        let check = HealthCheck::new(Protocol::Http, interval, timeout).expect("in range");
        check.thresholds(healthy, unhealthy).expect("in range")
    }

    /// What the endpoint is after each of these answers: `+` is a good one, `-` a bad one; `W`ell, `U`nwell.
    fn after(answers: &str, check: &HealthCheck) -> String {
        let mut endpoint = Checked::default();
        let answers = answers.chars().map(|answer| {
            let answer = if answer == '+' {
                Answer::Good
            } else {
                Answer::Timeout
            };
            let changed = endpoint.take(answer, check);
            assert!(changed.is_none_or(|health| health == endpoint.health()));
            match endpoint.health() {
                Health::Unknown => '?',
                Health::Well => 'W',
                Health::Unwell => 'U',
            }
        });
        answers.collect()
    }

    #[test]
    fn the_first_answer_decides_and_then_so_many_in_a_row_do() {
        for (healthy, unhealthy, answers, want) in [
            (2, 2, "+", "W"),
            (2, 2, "-", "U"),
            (2, 2, "+-+--", "WWWWU"),
            (2, 2, "-+-++", "UUUUW"),
            (2, 3, "+--+---", "WWWWWWU"),
            (3, 2, "-++-+++", "UUUUUUW"),
            (3, 2, "+--+++--", "WWUUUWWU"),
        ] {
            assert_eq!(
                after(answers, &check(healthy, unhealthy)),
                want,
                "{answers}"
            );
        }
    }

    #[test]
    fn a_threshold_that_changes_counts_from_the_next_answer_on() {
        let mut endpoint = Checked::default();
        endpoint.take(Answer::Good, &check(2, 10));
        for _ in 0..5 {
            assert_eq!(endpoint.take(Answer::Reset, &check(2, 10)), None);
        }
        assert_eq!(
            endpoint.take(Answer::Reset, &check(2, 2)),
            Some(Health::Unwell)
        );
    }
}
