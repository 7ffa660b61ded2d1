//! What a person reads of the replies, and whether everything went as it should.

use std::{collections::HashSet, time::Duration};

use crate::traffic::{AT_A_TIME, Reply};

/// A part of the traffic.
pub(crate) struct Column<'a> {
    name: &'a str,
    replies: Vec<&'a Reply>,
}

impl<'a> Column<'a> {
    pub(crate) fn of(name: &'a str, replies: impl Iterator<Item = &'a Reply>) -> Self {
        let replies = replies.collect();
        Self { name, replies }
    }

    fn answered_by(&self, target: &str) -> String {
        let by_target = |reply: &&&Reply| reply.answered_by() == Some(target);
        let count = self.replies.iter().filter(by_target).count();
        let share = 100.0 * count as f64 / self.replies.len().max(1) as f64;
        format!("{count} ({share:.0} %)")
    }

    fn retries(&self) -> usize {
        self.replies.iter().map(|reply| reply.retries()).sum()
    }

    fn refusals(&self) -> usize {
        let own = |reply: &&&Reply| reply.answered_by().is_none();
        self.replies.iter().filter(own).count()
    }

    fn latency(&self, percent: usize) -> String {
        let mut latencies: Vec<Duration> = self.replies.iter().map(|reply| reply.latency).collect();
        latencies.sort_unstable();
        let rank = (latencies.len() * percent).div_ceil(100).saturating_sub(1);
        let value = latencies.get(rank).copied().unwrap_or_default();
        format!("{:.1} ms", value.as_secs_f64() * 1000.0)
    }
}

/// Prints the columns, with the requests that each target answered.
pub(crate) fn print_table(columns: &[Column<'_>], targets: &[&str]) {
    println!();
    print_row("", columns, |column| column.name.to_owned());
    print_row("requests to service-a", columns, |column| {
        column.replies.len().to_string()
    });
    for target in targets {
        let name = format!("answered by {target}");
        print_row(&name, columns, |column| column.answered_by(target));
    }
    print_row("retries", columns, |column| column.retries().to_string());
    print_row("refusals by the mesh itself", columns, |column| {
        column.refusals().to_string()
    });
    print_row("latency p50", columns, |column| column.latency(50));
    print_row("latency p99", columns, |column| column.latency(99));
    println!(
        "   (latency: of the whole call, through both services, {AT_A_TIME} at a time; in a debug build it shows that nothing"
    );
    println!("   stalls, not what the mesh costs)");
}

/// Prints how many requests were lost and how many traces joined, and fails as [`check`].
pub(crate) fn print_verdict(replies: &[Reply]) -> Result<(), String> {
    let all = replies.len();
    let lost = replies.iter().filter(|reply| reply.lost()).count();
    let joined = joined(replies);
    println!("   lost requests:    {lost} of {all} (lost: the caller saw anything but 200)");
    println!("   joined trace ids: {joined} of {all} (both services saw the same X-Ray trace)");
    println!();
    check(replies)
}

/// Fails if any request was lost, or any trace was not seen by both services.
pub(crate) fn check(replies: &[Reply]) -> Result<(), String> {
    let all = replies.len();
    let lost: Vec<_> = replies.iter().filter(|reply| reply.lost()).collect();
    if let Some(first) = lost.first() {
        let got = first
            .status
            .map_or_else(|| "no answer".to_owned(), |status| status.to_string());
        return Err(format!(
            "{} of {all} requests were lost, the first of them got {got}: please report it with this output",
            lost.len()
        ));
    }
    match all - joined(replies) {
        0 => Ok(()),
        apart => Err(format!(
            "{apart} of {all} requests had another X-Ray trace in service-b: please report it with this output"
        )),
    }
}

fn joined(replies: &[Reply]) -> usize {
    // A set, because a trace that two requests share would be no trace of either.
    let traces: HashSet<_> = replies.iter().filter_map(Reply::joined_trace).collect();
    traces.len()
}

/// Fails if the shift came too late to show anything, or if requests sent after it still went to the old version.
pub(crate) fn check_shift(after: &Column<'_>, old: &str) -> Result<(), String> {
    let by_old = |reply: &&&Reply| reply.answered_by() == Some(old);
    match after.replies.iter().filter(by_old).count() {
        _ if after.replies.is_empty() => Err(
            "the weights shifted only after the last request: run it again on a less busy machine"
                .to_owned(),
        ),
        0 => Ok(()),
        late => Err(format!(
            "{late} requests still went to {old} after the shift: please report it with this output"
        )),
    }
}

fn print_row(name: &str, columns: &[Column<'_>], cell: impl Fn(&Column<'_>) -> String) {
    let cells: String = columns
        .iter()
        .map(|column| format!("{:>20}", cell(column)))
        .collect();
    println!("   {name:<28}{cells}");
}
