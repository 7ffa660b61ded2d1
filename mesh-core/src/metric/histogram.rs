//! How long requests took, in buckets.

use std::time::Duration;

/// The upper bounds of the buckets, each inclusive; one more bucket takes what is longer than the last.
///
/// # Source
/// Envoy's default histogram buckets (0.5 ms to 1 h), so that panels which were drawn for `envoy_…_rq_time_bucket` keep
/// their steps. Envoy names them in milliseconds; Prometheus asks for seconds.
pub const BOUNDS: [Duration; 19] = [
    Duration::from_micros(500),
    Duration::from_millis(1),
    Duration::from_millis(5),
    Duration::from_millis(10),
    Duration::from_millis(25),
    Duration::from_millis(50),
    Duration::from_millis(100),
    Duration::from_millis(250),
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_millis(2_500),
    Duration::from_secs(5),
    Duration::from_secs(10),
    Duration::from_secs(30),
    Duration::from_secs(60),
    Duration::from_secs(300),
    Duration::from_secs(600),
    Duration::from_secs(1_800),
    Duration::from_secs(3_600),
];

/// The bucket of a duration, as an index into [`Histogram::buckets`].
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use mesh_core::metric::{BOUNDS, bucket};
///
/// assert_eq!(bucket(Duration::ZERO), 0);
/// assert_eq!(BOUNDS[bucket(Duration::from_millis(7))], Duration::from_millis(10));
/// assert_eq!(bucket(Duration::MAX), BOUNDS.len());
/// ```
#[must_use]
pub fn bucket(duration: Duration) -> usize {
    BOUNDS.partition_point(|bound| *bound < duration)
}

/// Durations, counted.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Histogram {
    /// How many were in each [`bucket`]; what a bucket holds is not in the next.
    pub buckets: [u64; BOUNDS.len() + 1],
    /// All of them together.
    ///
    /// # Units
    /// Microseconds.
    pub sum: u64,
}

impl Histogram {
    /// How many durations were counted.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.buckets
            .iter()
            .fold(0, |all, here| all.saturating_add(*here))
    }

    /// Counts one.
    pub fn record(&mut self, duration: Duration) {
        let micros = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        self.buckets[bucket(duration)] += 1;
        self.sum = self.sum.saturating_add(micros);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_belongs_to_the_bucket_below_it() {
        let nanosecond = Duration::from_nanos(1);
        for (index, bound) in BOUNDS.into_iter().enumerate() {
            assert_eq!(bucket(bound - nanosecond), index, "{bound:?}");
            assert_eq!(bucket(bound), index, "{bound:?}");
            assert_eq!(bucket(bound + nanosecond), index + 1, "{bound:?}");
        }
        assert!(BOUNDS.is_sorted_by(|a, b| a < b));
    }

    #[test]
    fn durations_are_counted_in_their_bucket_and_summed_in_microseconds() {
        let mut histogram = Histogram::default();
        for duration in [
            Duration::from_nanos(1_999),
            Duration::from_millis(1),
            Duration::from_secs(7_200),
        ] {
            histogram.record(duration);
        }
        assert_eq!(
            (histogram.count(), histogram.sum),
            (3, 1 + 1_000 + 7_200_000_000)
        );
        let filled: Vec<_> = (0..=BOUNDS.len())
            .filter(|&bucket| histogram.buckets[bucket] == 1)
            .collect();
        assert_eq!(filled, [0, 1, BOUNDS.len()]);
        histogram.record(Duration::MAX);
        assert_eq!(histogram.sum, u64::MAX);
    }
}
