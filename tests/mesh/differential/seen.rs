//! What was seen of a request, so far as it can be the same through both.

use std::collections::BTreeMap;

use super::asked::Told;

/// What became of one request.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Seen {
    /// How many attempts reached the upstream, and how many were made.
    pub(super) reached: usize,
    pub(super) attempts: usize,
    pub(super) status: u16,
    /// Header lines that are not each proxy's own.
    pub(super) headers: Vec<String>,
    /// The body and the trailers; `None` where the response was cut.
    pub(super) body: Option<(String, Vec<String>)>,
    /// What the log says of the request, of its status and flags and bytes, and of its caller and upstream.
    pub(super) line: String,
}

impl Seen {
    /// What gRPC's status is, in the head or in trailers.
    pub(super) fn grpc(&self) -> Option<u16> {
        let trailers = self.body.iter().flat_map(|(_, trailers)| trailers);
        let mut lines = self.headers.iter().chain(trailers);
        lines.find_map(|line| line.strip_prefix("grpc-status: ")?.parse().ok())
    }
}

/// What both made of each case.
#[derive(Debug)]
pub(super) struct Pair {
    pub(super) envoy: Seen,
    pub(super) ours: Seen,
}

impl Told {
    pub(super) fn seen(self, reached: usize, attempts: usize, line: &str) -> Seen {
        let Self {
            status,
            headers,
            body,
        } = self;
        let whole = body.is_some();
        Seen {
            reached,
            attempts,
            status,
            headers,
            body,
            line: comparable(line, whole, reached > 0),
        }
    }
}

/// The path says which case a line is of.
pub(super) fn by_number(lines: Vec<String>) -> BTreeMap<usize, String> {
    let number = |line: &str| {
        let rest = line.split("case-").nth(1)?;
        rest.split(['?', ' ']).next()?.parse().ok()
    };
    let lines = lines.into_iter().map(|line| {
        let number = number(&line).unwrap_or_else(|| panic!("no case: {line}"));
        (number, line)
    });
    lines.collect()
}

/// What can be the same: not times, ids and ports. Of a response that was cut not how much of it was sent; and of a request
/// that no upstream saw not how much of it had come when that was known.
fn comparable(line: &str, whole: bool, seen: bool) -> String {
    let quoted: Vec<_> = line.split('"').collect();
    let numbers: Vec<_> = quoted[2].split_whitespace().collect();
    let [status, flags, received, sent, _, upstream] = numbers[..] else {
        panic!("six numbers: {line}");
    };
    let there = |what: &str| if what == "-" { "none" } else { "some" };
    format!(
        "{} {status} {flags} {} {} {} {} {} {} {}",
        quoted[1],
        if seen { received } else { "?" },
        if whole { sent } else { "?" },
        there(upstream),
        quoted[3],
        quoted[5],
        quoted[9],
        there(quoted[11]),
    )
}

/// As Envoy's line ends with it; none and one are the same here.
pub(super) fn attempts(line: &str) -> usize {
    let count = line.split(" attempts=").nth(1);
    let count = count.and_then(|rest| rest.split(' ').next()?.parse().ok());
    let count: usize = count.unwrap_or_else(|| panic!("a count of attempts: {line}"));
    count.max(1)
}

pub(super) fn retries(metrics: &str, node: &str) -> usize {
    let target = format!("target=\"{node}\"");
    let lines = metrics
        .lines()
        .filter(|line| line.starts_with("mesh_retries_total{") && line.contains(&target));
    lines
        .filter_map(|line| line.rsplit(' ').next()?.parse::<usize>().ok())
        .sum()
}
