//! What the scenes came to: as a table, and as figures.

use std::time::Duration;

use mesh_examples::tally::Tally;

use crate::scenes::{Counted, Deployed, SLOW};

/// Prints what became of the calls during a deploy of this kind.
pub(crate) fn deploy(by: &str, deployed: &Deployed) {
    println!("\n{} endpoints replaced by {by}:", deployed.replaced);
    println!(
        "  {:<15} {:<15} {:>7} {:>6} {:>9} {:>9}",
        "protocol", "caller", "calls", "lost", "p50 ms", "p99 ms"
    );
    for (kind, who, tally) in rows(&deployed.counted) {
        let (p50, p99) = (millis(tally.percentile(50)), millis(tally.percentile(99)));
        println!(
            "  {kind:<15} {who:<15} {:>7} {:>6} {p50:>9} {p99:>9}",
            tally.calls(),
            tally.lost()
        );
        for (why, count) in tally.failures() {
            println!("      {count} x {}", first_words(why));
        }
    }
    for (kind, who, tally) in rows(&deployed.counted) {
        figures(&format!("{by}_{kind}"), who, tally);
    }
    println!(
        "figure: rolling_deploy/mesh/{by}_rate = {:.0} calls/s",
        deployed.rate()
    );
    println!(
        "figure: rolling_deploy/mesh/{by}_connections = {} connections",
        deployed.connections
    );
}

/// Prints what one slow endpoint of four made of the latencies. Who keeps to one endpoint has its latency, whichever it is.
pub(crate) fn one_slow(counted: &Counted) {
    println!(
        "\none endpoint of four takes {} ms, the others 1 ms:",
        SLOW.as_millis()
    );
    println!(
        "  {:<15} {:<15} {:>7} {:>6} {:>9} {:>9} {:>9} {:>8} {:>10}",
        "protocol", "caller", "calls", "lost", "p50 ms", "p95 ms", "p99 ms", "slow %", "endpoints"
    );
    for (kind, who, tally) in rows(counted) {
        let [p50, p95, p99] = [50, 95, 99].map(|share| millis(tally.percentile(share)));
        println!(
            "  {kind:<15} {who:<15} {:>7} {:>6} {p50:>9} {p95:>9} {p99:>9} {:>8} {:>10}",
            tally.calls(),
            tally.lost(),
            tally.share_of_at_least(SLOW),
            tally.endpoints()
        );
    }
    for (kind, who, tally) in rows(counted) {
        figures(&format!("slow_{kind}"), who, tally);
        let figure = |what: &str, number: String, unit: &str| {
            println!("figure: rolling_deploy/{who}/slow_{kind}_{what} = {number} {unit}");
        };
        figure("p95", millis(tally.percentile(95)), "ms");
        figure("endpoints", tally.endpoints().to_string(), "endpoints");
    }
}

fn figures(what: &str, who: &str, tally: &Tally) {
    let figure = |of: &str, number: String, unit: &str| {
        println!("figure: rolling_deploy/{who}/{what}_{of} = {number} {unit}");
    };
    figure("calls", tally.calls().to_string(), "calls");
    figure("lost", tally.lost().to_string(), "calls");
    figure("p50", millis(tally.percentile(50)), "ms");
    figure("p99", millis(tally.percentile(99)), "ms");
}

fn rows(counted: &Counted) -> impl Iterator<Item = (String, &str, &Tally)> {
    counted.iter().flat_map(|(kind, tallies)| {
        let kind = kind.to_string();
        tallies
            .iter()
            .map(move |(who, tally)| (kind.clone(), who.as_str(), tally))
    })
}

fn millis(latency: Duration) -> String {
    format!("{:.1}", latency.as_secs_f64() * 1e3)
}

fn first_words(why: &str) -> String {
    why.chars().take(240).collect()
}
