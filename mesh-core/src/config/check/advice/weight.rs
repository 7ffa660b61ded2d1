//! Weights that look like percentages and are none.

use crate::{
    config::draft::RouteDraft,
    error::{Problems, quoted},
};

/// Weights are relative, so `1` and `1` are well, and `2` and `1`; of `90` and `5` something was forgotten.
pub(super) fn check(route: &RouteDraft, problems: &mut Problems) {
    let weights = route.targets.value.iter().map(|target| target.weight.value);
    let weights: Vec<i64> = weights
        .filter(|weight| (1..=100).contains(weight))
        .collect();
    let sum: i64 = weights.iter().sum();
    let percent = weights.iter().any(|weight| *weight > 10);
    let alike = weights.iter().all(|weight| Some(weight) == weights.first());
    if percent && !alike && sum < 100 {
        let message = format!(
            "the weights of the route {} sum to {sum} and not to 100: each is taken as its part of the sum",
            quoted(&route.name.value)
        );
        problems.warn("weights-below-100", &route.targets.place, message);
    }
}
