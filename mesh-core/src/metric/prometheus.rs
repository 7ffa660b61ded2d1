//! Metrics as a Prometheus server reads them.

use std::{
    collections::BTreeMap,
    fmt::{self, Write},
};

use super::{BOUNDS, Flag, Key, Number, NumberKind, Reading, StatusClass};

/// What the answer to a scrape has to declare as its `content-type`.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Appends readings and numbers in the text exposition format.
///
/// Readings under an equal key are added up, because a series may stand there once only; of numbers of one name and equal
/// labels, the first counts. A key for which nothing was counted is left out; of the others, classes, flags and reasons are written where
/// there is a count. The order follows from the keys and names alone.
///
/// # Shape
/// ```text
/// # HELP mesh_requests_total Requests that ended, by class of status.
/// # TYPE mesh_requests_total counter
/// mesh_requests_total{direction="outbound",mesh="shop",virtual_node="web",virtual_service="orders.local",route="all",target="orders-v1",class="2xx"} 7
/// ```
///
/// # Units
/// Durations are in seconds, as their name says.
///
/// # Source
/// Prometheus, "Exposition formats", text format 0.0.4; the buckets are [`BOUNDS`].
///
/// # Examples
/// ```
/// use mesh_core::metric::{Direction, Key, Number, Reading, StatusClass, prometheus};
///
/// let mut reading = Reading::default();
/// reading.requests[StatusClass::Success.index()] = 7;
/// let key = Key::new(Direction::Inbound, "shop", "web");
/// let generation = Number::gauge("mesh_config_generation", "How often the configuration changed.", 1);
/// let mut page = String::new();
/// prometheus::write(&[(key, reading)], &[generation], &mut page);
/// assert!(page.contains(r#"target="",class="2xx"} 7"#));
/// assert!(page.ends_with("# TYPE mesh_config_generation gauge\nmesh_config_generation 1\n"));
/// ```
pub fn write(readings: &[(Key, Reading)], numbers: &[Number], out: &mut String) {
    let meters = merged(readings);
    let written = page(&meters, &sorted(numbers), out);
    written.expect("a string takes every text");
}

/// The labels of a key, written, and what was counted under it.
struct Meter {
    labels: String,
    reading: Reading,
}

/// A counter with a label of its own, beside those of its key.
struct Counter {
    name: &'static str,
    help: &'static str,
    label: &'static str,
    counts: fn(&Reading) -> Vec<(&'static str, u64)>,
}

fn merged(readings: &[(Key, Reading)]) -> Vec<Meter> {
    let mut by_key = BTreeMap::<&Key, Reading>::new();
    for (key, reading) in readings.iter().filter(|(_, reading)| !reading.is_empty()) {
        by_key.entry(key).or_default().merge(reading);
    }
    let meter = |(key, reading): (&Key, Reading)| Meter {
        labels: labels(key),
        reading,
    };
    by_key.into_iter().map(meter).collect()
}

fn sorted(numbers: &[Number]) -> Vec<&Number> {
    let mut numbers: Vec<_> = numbers.iter().collect();
    let series = |number: &&Number| (number.name, number.labels.clone());
    numbers.sort_by_key(series);
    numbers.dedup_by_key(|number| series(number));
    numbers
}

fn labels(key: &Key) -> String {
    let label = |(name, value)| format!("{name}=\"{}\"", escaped(value));
    key.labels().map(label).join(",")
}

/// What would end a label's value or its line.
fn escaped(value: &str) -> String {
    let value = value.replace('\\', r"\\").replace('"', "\\\"");
    value.replace('\n', r"\n")
}

fn page(meters: &[Meter], numbers: &[&Number], out: &mut String) -> fmt::Result {
    for counter in &COUNTERS {
        family(out, counter.name, "counter", counter.help)?;
        for meter in meters {
            counts(out, counter, meter)?;
        }
    }
    retries(out, meters)?;
    durations(out, meters)?;
    numbers
        .chunk_by(|one, next| one.name == next.name)
        .try_for_each(|family| self::numbers(out, family))
}

/// Numbers of one name.
fn numbers(out: &mut String, numbers: &[&Number]) -> fmt::Result {
    if let Some(Number {
        name, help, kind, ..
    }) = numbers.first()
    {
        let kind = match kind {
            NumberKind::Counter => "counter",
            NumberKind::Gauge => "gauge",
        };
        family(out, name, kind, help)?;
    }
    numbers.iter().try_for_each(|number| {
        let label = |(name, value): &(_, String)| format!("{name}=\"{}\"", escaped(value));
        let labels: Vec<_> = number.labels.iter().map(label).collect();
        match &labels[..] {
            [] => writeln!(out, "{} {}", number.name, number.value),
            _ => writeln!(
                out,
                "{}{{{}}} {}",
                number.name,
                labels.join(","),
                number.value
            ),
        }
    })
}

fn family(out: &mut String, name: &str, kind: &str, help: &str) -> fmt::Result {
    writeln!(out, "# HELP {name} {help}")?;
    writeln!(out, "# TYPE {name} {kind}")
}

fn counts(out: &mut String, counter: &Counter, meter: &Meter) -> fmt::Result {
    let (Counter { name, label, .. }, labels) = (counter, &meter.labels);
    let counts = (counter.counts)(&meter.reading).into_iter();
    let mut counted = counts.filter(|(_, count)| *count > 0);
    counted.try_for_each(|(value, count)| {
        writeln!(out, "{name}{{{labels},{label}=\"{value}\"}} {count}")
    })
}

fn retries(out: &mut String, meters: &[Meter]) -> fmt::Result {
    const NAME: &str = "mesh_retries_total";
    let help = "Attempts beyond each request's first.";
    family(out, NAME, "counter", help)?;
    meters.iter().try_for_each(|Meter { labels, reading }| {
        writeln!(out, "{NAME}{{{labels}}} {}", reading.retries)
    })
}

fn durations(out: &mut String, meters: &[Meter]) -> fmt::Result {
    const NAME: &str = "mesh_request_duration_seconds";
    let help = "From a request's head to the end of its response.";
    family(out, NAME, "histogram", help)?;
    meters
        .iter()
        .try_for_each(|meter| histogram(out, NAME, meter))
}

fn histogram(out: &mut String, name: &str, meter: &Meter) -> fmt::Result {
    let (labels, durations) = (&meter.labels, &meter.reading.durations);
    let mut below = 0_u64;
    for (bound, here) in BOUNDS.iter().zip(durations.buckets) {
        below = below.saturating_add(here);
        let bound = bound.as_secs_f64();
        writeln!(out, "{name}_bucket{{{labels},le=\"{bound}\"}} {below}")?;
    }
    let count = durations.count();
    let (seconds, micros) = (durations.sum / 1_000_000, durations.sum % 1_000_000);
    writeln!(out, "{name}_bucket{{{labels},le=\"+Inf\"}} {count}")?;
    writeln!(out, "{name}_sum{{{labels}}} {seconds}.{micros:06}")?;
    writeln!(out, "{name}_count{{{labels}}} {count}")
}

const COUNTERS: [Counter; 3] = [
    Counter {
        name: "mesh_requests_total",
        help: "Requests that ended, by class of status.",
        label: "class",
        counts: |reading| {
            let classes = StatusClass::ALL.map(StatusClass::as_str);
            classes.into_iter().zip(reading.requests).collect()
        },
    },
    Counter {
        name: "mesh_request_flags_total",
        help: "Response flags of requests that ended; one request may have several.",
        label: "flag",
        counts: |reading| by_flag(&reading.flags),
    },
    Counter {
        name: "mesh_refusals_total",
        help: "Requests that this process did not let go any further, by reason.",
        label: "reason",
        counts: |reading| by_flag(&reading.refusals),
    },
];

fn by_flag(counts: &[u64; Flag::ALL.len()]) -> Vec<(&'static str, u64)> {
    let letters = Flag::ALL.map(Flag::letters);
    letters.into_iter().zip(*counts).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::metric::Direction;

    fn key(route: &str) -> Key {
        Key {
            virtual_service: "orders.local".to_owned(),
            route: route.to_owned(),
            target: "orders-v1".to_owned(),
            ..Key::new(Direction::Outbound, "shop", "web")
        }
    }

    fn page(readings: &[(Key, Reading)], numbers: &[Number]) -> String {
        let mut page = String::new();
        write(readings, numbers, &mut page);
        page
    }

    fn reading() -> Reading {
        let mut reading = Reading::default();
        reading.requests[StatusClass::Success.index()] = 2;
        reading.requests[StatusClass::None.index()] = 1;
        reading.flags[Flag::RetryLimitExceeded.index()] = 3;
        reading.refusals[Flag::UpstreamOverflow.index()] = 4;
        reading.retries = 5;
        for micros in [400, 500, 7_000_001] {
            reading.durations.record(Duration::from_micros(micros));
        }
        reading
    }

    #[test]
    fn a_page_holds_every_count_of_a_key() {
        let numbers = [
            Number::gauge("mesh_requests_in_flight", "Requests that run.", 6),
            Number::counter("mesh_access_log_dropped_total", "Records lost.", 0),
        ];
        let labels = r#"direction="outbound",mesh="shop",virtual_node="web",virtual_service="orders.local",route="all",target="orders-v1""#;
        let bounds = "0.0005=2 0.001=2 0.005=2 0.01=2 0.025=2 0.05=2 0.1=2 0.25=2 0.5=2 1=2 2.5=2 5=2 10=3 30=3 60=3 300=3 \
                      600=3 1800=3 3600=3 +Inf=3";
        let buckets: String = bounds
            .split(' ')
            .filter_map(|pair| pair.split_once('='))
            .map(|(bound, count)| {
                format!("mesh_request_duration_seconds_bucket{{{labels},le=\"{bound}\"}} {count}\n")
            })
            .collect();
        let expected = format!(
            "# HELP mesh_requests_total Requests that ended, by class of status.\n\
             # TYPE mesh_requests_total counter\n\
             mesh_requests_total{{{labels},class=\"none\"}} 1\n\
             mesh_requests_total{{{labels},class=\"2xx\"}} 2\n\
             # HELP mesh_request_flags_total Response flags of requests that ended; one request may have several.\n\
             # TYPE mesh_request_flags_total counter\n\
             mesh_request_flags_total{{{labels},flag=\"URX\"}} 3\n\
             # HELP mesh_refusals_total Requests that this process did not let go any further, by reason.\n\
             # TYPE mesh_refusals_total counter\n\
             mesh_refusals_total{{{labels},reason=\"UO\"}} 4\n\
             # HELP mesh_retries_total Attempts beyond each request's first.\n\
             # TYPE mesh_retries_total counter\n\
             mesh_retries_total{{{labels}}} 5\n\
             # HELP mesh_request_duration_seconds From a request's head to the end of its response.\n\
             # TYPE mesh_request_duration_seconds histogram\n\
             {buckets}\
             mesh_request_duration_seconds_sum{{{labels}}} 7.000901\n\
             mesh_request_duration_seconds_count{{{labels}}} 3\n\
             # HELP mesh_access_log_dropped_total Records lost.\n\
             # TYPE mesh_access_log_dropped_total counter\n\
             mesh_access_log_dropped_total 0\n\
             # HELP mesh_requests_in_flight Requests that run.\n\
             # TYPE mesh_requests_in_flight gauge\n\
             mesh_requests_in_flight 6\n"
        );
        assert_eq!(page(&[(key("all"), reading())], &numbers), expected);
    }

    #[test]
    fn the_order_of_what_is_given_does_not_show() {
        let numbers = [
            Number::gauge("a", "First.", 1),
            Number::gauge("b", "Second.", 2),
        ];
        let readings = [(key("x"), reading()), (key("y"), reading())];
        let (mut turned, mut backwards) = (readings.clone(), numbers.clone());
        turned.reverse();
        backwards.reverse();
        assert_eq!(page(&readings, &numbers), page(&turned, &backwards));
    }

    #[test]
    fn a_series_stands_once_also_where_two_meters_have_one_key() {
        let twice = [(key("all"), reading()), (key("all"), reading())];
        let mut sum = reading();
        sum.merge(&reading());
        assert_eq!(page(&twice, &[]), page(&[(key("all"), sum)], &[]));
        let number = Number::gauge("a", "Help.", 1);
        let twice = [number.clone(), number.clone()];
        assert_eq!(page(&[], &twice), page(&[], &[number]));
    }

    #[test]
    fn a_key_without_a_count_has_no_series() {
        assert_eq!(
            page(&[(key("all"), Reading::default())], &[]),
            page(&[], &[])
        );
        assert!(page(&[], &[]).lines().all(|line| line.starts_with('#')));
    }

    #[test]
    fn a_label_cannot_leave_its_quotes() {
        let page = page(&[(key("a\"b\\c\nd"), reading())], &[]);
        assert!(page.contains(r#",route="a\"b\\c\nd",target="#), "{page}");
    }

    #[test]
    fn numbers_of_several_targets_are_one_family() {
        let number = |target| Number::gauge("a", "Help.", 1).of("target", target);
        let other = Number::gauge("a", "Help.", 2)
            .of("target", "x")
            .of("state", "well");
        let page = page(&[], &[number("y"), number("x\""), other]);
        let want = "# HELP a Help.\n# TYPE a gauge\n\
            a{target=\"x\",state=\"well\"} 2\na{target=\"x\\\"\"} 1\na{target=\"y\"} 1\n";
        assert!(page.ends_with(want), "{page}");
    }
}
