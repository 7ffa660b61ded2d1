//! Weights that look like percentages and are none.

use crate::{
    config::draft::RouteDraft,
    error::{Problems, quoted},
};

/// Weights are relative, so `1` and `1` are well, and `2` and `1`; of `90` and `5`, or `40` and `40`, something was forgotten.
///
/// Equal parts of 100 sum to 100 as nearly as whole numbers can, and an only target has all of it whatever its weight.
pub(super) fn check(route: &RouteDraft, problems: &mut Problems) {
    let weights = route.targets.value.iter().map(|target| target.weight.value);
    let weights: Vec<i64> = weights
        .filter(|weight| (1..=100).contains(weight))
        .collect();
    let sum: i64 = weights.iter().sum();
    let percent = weights.iter().any(|weight| *weight > 10);
    let parts = i64::try_from(weights.len()).unwrap_or(i64::MAX);
    let equal_parts = weights
        .iter()
        .all(|weight| weight.saturating_mul(parts) > 100 - parts);
    if percent && !equal_parts && parts > 1 && sum < 100 {
        let message = format!(
            "the weights of the route {} sum to {sum} and not to 100: each is taken as its part of the sum",
            quoted(&route.name.value)
        );
        problems.warn("weights-below-100", &route.targets.place, message);
    }
}
