//! One endpoint's way out and back.

use std::time::{Duration, Instant};

use super::OutlierDetection;

/// Whether an endpoint is out, and how often it was lately.
///
/// Going out takes effect at once, coming back only at a sweep. Holds no numbers of the policy, so these may change while
/// somebody is out.
///
/// # Source
/// Envoy 1.40 as measured, with one difference: Envoy merges changes that come within a second of each other, so that an
/// endpoint which is ejected for the second time, or with others, is still sent requests for up to a second. Here it is not.
///
/// # Examples
/// ```
/// use std::time::{Duration, Instant};
/// use mesh_core::outlier::{Ejection, OutlierDetection};
///
/// let secs = Duration::from_secs;
/// let detection = OutlierDetection::new(3, secs(1), secs(2), 50)?;
/// let (mut endpoint, start) = (Ejection::default(), Instant::now());
/// endpoint.eject(&detection, start);
/// assert!(!endpoint.sweep(&detection, start + secs(1)) && endpoint.is_out());
/// assert!(endpoint.sweep(&detection, start + secs(2)) && !endpoint.is_out());
/// # Ok::<(), mesh_core::unit::OutOfRange>(())
/// ```
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Ejection {
    since: Option<Instant>,
    returned: Option<Instant>,
    /// What the base duration is multiplied by.
    times: u32,
}

impl Ejection {
    /// Whether the endpoint is left out.
    #[must_use]
    pub const fn is_out(&self) -> bool {
        self.since.is_some()
    }

    /// Whether there is nothing that a sweep could change.
    #[must_use]
    pub const fn is_settled(&self) -> bool {
        self.since.is_none() && self.times == 0
    }

    /// How long it stays out, or would; sweeps apart.
    #[must_use]
    pub fn duration(&self, detection: &OutlierDetection) -> Duration {
        let longest = detection.base_ejection().max(LONGEST);
        let duration = detection.base_ejection().checked_mul(self.times);
        duration.unwrap_or(longest).min(longest)
    }

    /// When its time is over, and the next sweep will bring it back; `None` if it is not out.
    #[must_use]
    pub fn until(&self, detection: &OutlierDetection) -> Option<Instant> {
        self.since?.checked_add(self.duration(detection))
    }

    /// Puts it out. Whether that may be, [`OutlierDetection::may_eject`] says.
    pub fn eject(&mut self, detection: &OutlierDetection, now: Instant) {
        self.since = Some(now);
        // Beyond the longest duration, more would only make it longer until the past is forgotten.
        if self.times == 0 || self.duration(detection) < detection.base_ejection().max(LONGEST) {
            self.times = self.times.saturating_add(1);
        }
    }

    /// Looks at it, as is done once in an [interval](OutlierDetection::interval); tells whether that brought it back.
    ///
    /// An endpoint whose time is over comes back. One that has been back for an interval is forgiven one ejection, so that it
    /// stays out for less if it fails again.
    pub fn sweep(&mut self, detection: &OutlierDetection, now: Instant) -> bool {
        let Some(since) = self.since else {
            self.forgive_one(detection, now);
            return false;
        };
        let over = now.saturating_duration_since(since) >= self.duration(detection);
        if over {
            (self.since, self.returned) = (None, Some(now));
        }
        over
    }

    /// Brings it back, with nothing held against it; tells whether it was out.
    pub fn admit(&mut self) -> bool {
        std::mem::take(self).is_out()
    }

    fn forgive_one(&mut self, detection: &OutlierDetection, now: Instant) {
        let well_for = |returned| now.saturating_duration_since(returned);
        if self
            .returned
            .is_none_or(|returned| well_for(returned) >= detection.interval())
        {
            self.times = self.times.saturating_sub(1);
        }
    }
}

/// No ejection lasts longer, unless the first one does.
///
/// # Source
/// Envoy, `OutlierDetection.max_ejection_time`, which App Mesh left at its default.
const LONGEST: Duration = Duration::from_secs(300);

#[cfg(test)]
mod tests {
    use super::*;

    #[expect(
        clippy::disallowed_methods,
        reason = "any instant will do, and there is no other way to one"
    )]
    fn start() -> Instant {
        Instant::now()
    }

    fn secs(secs: u64) -> Duration {
        Duration::from_secs(secs)
    }

    fn detection(interval: u64, base: u64) -> OutlierDetection {
        OutlierDetection::new(1, secs(interval), secs(base), 100).expect("in range")
    }

    /// Ejects it, and sweeps until it is back: after how many seconds?
    fn out_for(endpoint: &mut Ejection, detection: &OutlierDetection, now: &mut Instant) -> u64 {
        let start = *now;
        endpoint.eject(detection, start);
        while endpoint.is_out() {
            *now += detection.interval();
            endpoint.sweep(detection, *now);
        }
        (*now - start).as_secs()
    }

    #[test]
    fn each_ejection_is_longer_by_the_base_and_ends_with_a_sweep() {
        let rows = [
            (1, 2, [2, 4, 6, 8]),
            (3, 2, [3, 6, 6, 9]),
            (10, 0, [10; 4]),
            (60, 400, [420; 4]),
            (10, 120, [120, 240, 300, 300]),
        ];
        for (interval, base, want) in rows {
            let detection = detection(interval, base);
            let (mut endpoint, mut now) = (Ejection::default(), start());
            let out = want.map(|_| out_for(&mut endpoint, &detection, &mut now));
            assert_eq!(out, want, "interval {interval}, base {base}");
        }
    }

    #[test]
    fn a_sweep_forgives_only_who_has_been_back_for_an_interval() {
        let detection = detection(2, 2);
        let (mut endpoint, mut now) = (Ejection::default(), start());
        out_for(&mut endpoint, &detection, &mut now);
        out_for(&mut endpoint, &detection, &mut now);
        assert_eq!(endpoint.duration(&detection), secs(4));
        endpoint.sweep(&detection, now + secs(1));
        assert_eq!(endpoint.duration(&detection), secs(4), "too early");
        endpoint.sweep(&detection, now + secs(2));
        assert_eq!(endpoint.duration(&detection), secs(2));
        assert!(!endpoint.is_settled());
        endpoint.sweep(&detection, now + secs(4));
        assert!(endpoint.is_settled());
        endpoint.sweep(&detection, now + secs(6));
        assert!(endpoint.is_settled(), "less than nothing is nothing");
    }

    #[test]
    fn the_past_weighs_no_more_than_the_longest_ejection() {
        let detection = detection(1, 100);
        let (mut endpoint, mut now) = (Ejection::default(), start());
        for _ in 0..50 {
            out_for(&mut endpoint, &detection, &mut now);
        }
        for _ in 0..3 {
            now += secs(1);
            endpoint.sweep(&detection, now);
        }
        assert!(endpoint.is_settled());
    }

    #[test]
    fn numbers_that_change_while_it_is_out_count_from_its_next_sweep() {
        let (mut endpoint, now) = (Ejection::default(), start());
        endpoint.eject(&detection(1, 100), now);
        assert!(!endpoint.sweep(&detection(1, 100), now + secs(5)));
        assert!(endpoint.sweep(&detection(1, 5), now + secs(5)));
    }

    #[test]
    fn no_duration_is_too_long_to_be_reckoned_with() {
        let endless = OutlierDetection::new(1, Duration::MAX, Duration::MAX, 100).expect("taken");
        let (mut endpoint, now) = (Ejection::default(), start());
        for _ in 0..3 {
            endpoint.eject(&endless, now);
            assert!(!endpoint.sweep(&endless, now + secs(1)) && endpoint.is_out());
            assert_eq!(endpoint.until(&endless), None);
        }
        assert!(endpoint.admit() && endpoint.is_settled() && !endpoint.admit());
    }
}
