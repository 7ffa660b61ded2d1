//! Durations and limits of time.

use std::time::Duration;

use crate::{
    config::draft::{Said, TimeoutDraft},
    error::Problems,
    load::resolved::Resolved,
};

pub(super) fn timeout(node: &Resolved, problems: &mut Problems) -> TimeoutDraft {
    let mut limit = |key: &str| {
        let node = node.at(&[key])?;
        let place = node.at(&["value"])?.place.clone();
        Some(Said::new(duration(node, problems)?, place))
    };
    TimeoutDraft {
        per_request: limit("perRequest"),
        idle: limit("idle"),
    }
}

pub(super) fn duration(node: &Resolved, problems: &mut Problems) -> Option<Duration> {
    let unit = node.text(&["unit"])?.value;
    let Said { value, place } = node.number(&["value"])?;
    let (most, of): (u64, fn(u64) -> Duration) = match unit.as_str() {
        "s" => (LONGEST, Duration::from_secs),
        "ms" => (LONGEST * 1000, Duration::from_millis),
        _ => return None,
    };
    let count = u64::try_from(value).ok().filter(|count| *count <= most);
    if count.is_none() {
        let message = format!("a duration is 0 to {most} {unit}, not {value}");
        problems.error("out-of-range", &place, message);
    }
    count.map(of)
}

/// Some sixty years, in seconds: longer than any limit, short enough to be added to any time.
const LONGEST: u64 = i32::MAX as u64;
