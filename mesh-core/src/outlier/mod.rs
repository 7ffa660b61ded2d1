//! Outlier detection: when an endpoint that keeps failing is left out, and when it comes back.

mod ejection;
mod failure;

use std::{num::NonZeroU32, time::Duration};

pub use self::{ejection::Ejection, failure::is_failure};
use crate::unit::OutOfRange;

/// What makes an endpoint an outlier, and for how long; written on the listener of the node behind it, acted on by its callers.
///
/// # Source
/// App Mesh API model, `OutlierDetection`: all four are mandatory there.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use mesh_core::outlier::OutlierDetection;
///
/// let detection = OutlierDetection::new(5, Duration::from_secs(10), Duration::from_secs(30), 50)?;
/// assert_eq!(detection.max_server_errors(), 5);
/// assert!(OutlierDetection::new(0, Duration::ZERO, Duration::ZERO, 50).is_err());
/// # Ok::<(), mesh_core::unit::OutOfRange>(())
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct OutlierDetection {
    max_server_errors: NonZeroU32,
    interval: Duration,
    base_ejection: Duration,
    max_ejection_percent: u8,
}

impl OutlierDetection {
    /// So many failures in a row make an outlier; who is out is looked at in this interval; it stays out for the base
    /// duration times its ejections; no more than this share of the endpoints is out at a time.
    ///
    /// # Errors
    /// [`OutOfRange`] for no failures, for more than 4,294,967,295 of them, and for a share above 100 %.
    pub fn new(
        max_server_errors: i64,
        interval: Duration,
        base_ejection: Duration,
        max_ejection_percent: i64,
    ) -> Result<Self, OutOfRange> {
        let out_of_range = |what, min, max, found| OutOfRange {
            what,
            min,
            max,
            found,
        };
        let errors = u32::try_from(max_server_errors).ok();
        let errors = errors.and_then(NonZeroU32::new).ok_or_else(|| {
            let most = i64::from(u32::MAX);
            out_of_range("number of server errors", 1, most, max_server_errors)
        })?;
        let percent = u8::try_from(max_ejection_percent).ok();
        let percent = percent
            .filter(|percent| *percent <= 100)
            .ok_or_else(|| out_of_range("percentage", 0, 100, max_ejection_percent))?;
        Ok(Self {
            max_server_errors: errors,
            interval,
            base_ejection,
            max_ejection_percent: percent,
        })
    }

    /// How many failures in a row make an outlier.
    #[must_use]
    pub const fn max_server_errors(&self) -> u32 {
        self.max_server_errors.get()
    }

    /// How often it is looked at who may come back.
    #[must_use]
    pub const fn interval(&self) -> Duration {
        self.interval
    }

    /// How long the first ejection lasts.
    #[must_use]
    pub const fn base_ejection(&self) -> Duration {
        self.base_ejection
    }

    /// The largest share of the endpoints that may be out, in percent.
    #[must_use]
    pub const fn max_ejection_percent(&self) -> u8 {
        self.max_ejection_percent
    }

    /// Whether one more of so many endpoints may be put out when so many are out already: the share then does not exceed the
    /// largest one, or it is the first.
    ///
    /// # Source
    /// App Mesh API model: at least one may be, whatever the share says. (Envoy 1.40 by itself needs room for one.)
    #[must_use]
    pub const fn may_eject(&self, out: usize, all: usize) -> bool {
        let share = out.saturating_add(1).saturating_mul(100);
        out == 0 || share <= all.saturating_mul(self.max_ejection_percent as usize)
    }

    /// The time from one sweep to the next: the interval, but never so short that nothing else would be done.
    #[must_use]
    pub fn sweep_every(&self) -> Duration {
        self.interval.max(SHORTEST_SWEEP)
    }
}

const SHORTEST_SWEEP: Duration = Duration::from_millis(10);

#[cfg(test)]
mod tests {
    use super::*;

    /// How many of so many endpoints can be out at a time.
    fn ejectable(percent: i64, all: usize) -> usize {
        let detection = OutlierDetection::new(1, Duration::ZERO, Duration::ZERO, percent);
        let detection = detection.expect("in range");
        (0..all)
            .take_while(|&out| detection.may_eject(out, all))
            .count()
    }

    #[test]
    fn the_share_is_kept_and_one_may_always_be_out() {
        let rows = [
            (5, 0, 1),
            (5, 19, 1),
            (5, 20, 1),
            (5, 40, 2),
            (5, 50, 2),
            (5, 60, 3),
            (5, 100, 5),
            (3, 33, 1),
            (3, 34, 1),
            (2, 49, 1),
            (1, 0, 1),
            (1, 100, 1),
        ];
        for (all, percent, want) in rows {
            assert_eq!(ejectable(percent, all), want, "{percent} % of {all}");
        }
    }

    #[test]
    fn an_interval_of_nothing_is_no_busy_wait() {
        let none = OutlierDetection::new(1, Duration::ZERO, Duration::ZERO, 50).expect("taken");
        assert!(none.sweep_every() >= Duration::from_millis(1));
        let minute = Duration::from_secs(60);
        let slow = OutlierDetection::new(1, minute, minute, 50).expect("taken");
        assert_eq!(slow.sweep_every(), minute);
    }
}
