//! Durations, as the API has them.

use std::time::Duration;

use super::value::Json;
use crate::config::Timeout;

/// In seconds if it is whole ones. What is shorter than a millisecond becomes one, for zero is no limit.
pub(super) fn duration(duration: Duration) -> Json {
    let (unit, value) = match duration.subsec_nanos() {
        0 => ("s", u128::from(duration.as_secs())),
        _ => ("ms", duration.as_nanos().div_ceil(1_000_000)),
    };
    let value = i64::try_from(value).unwrap_or(i64::MAX);
    Json::object([("unit", Some(unit.into())), ("value", Some(value.into()))])
}

/// Nothing if nothing was written.
pub(super) fn timeout(timeout: Timeout) -> Option<Json> {
    let limits = Json::object([
        ("perRequest", timeout.per_request.map(duration)),
        ("idle", timeout.idle.map(duration)),
    ]);
    limits.unless_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_limit_becomes_none_and_none_becomes_a_limit() {
        let micros = Duration::from_micros;
        for (limit, unit, value) in [
            (Duration::ZERO, "s", 0),
            (micros(1), "ms", 1),
            (micros(1_500_000), "ms", 1_500),
            (micros(1_500_001), "ms", 1_501),
            (micros(2_000_000), "s", 2),
            (Duration::MAX, "ms", i64::MAX),
        ] {
            let want = format!("{{\n  \"unit\": \"{unit}\",\n  \"value\": {value}\n}}");
            assert_eq!(duration(limit).to_string(), want, "{limit:?}");
        }
    }
}
