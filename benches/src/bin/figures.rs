//! The table of figures for README.md, from the lines that `--bench sidecar` printed.
//!
//! `cargo bench -p mesh-benches --bench sidecar -- --build | tee figures.log`, then `cargo run -p mesh-benches --bin figures -- figures.log`
//! prints it; with `--write` it takes the place of the section between README's two markers.

use std::{collections::BTreeMap, env, fmt::Write as _, fs};

use mesh_benches::Error;

fn main() -> Result<(), Error> {
    let mut arguments = env::args().skip(1);
    let log = arguments.next().ok_or("which log? figures LOG [--write]")?;
    let section = section(&fs::read_to_string(log)?)?;
    match arguments.next().as_deref() {
        None => print!("{section}"),
        Some("--write") => {
            let page = fs::read_to_string(README)?;
            fs::write(README, replaced(&page, &section)?)?;
        }
        Some(other) => return Err(format!("{other}: there is only --write").into()),
    }
    Ok(())
}

/// What stands between the markers.
fn section(log: &str) -> Result<String, Error> {
    let figures: Figures<'_> = log
        .lines()
        .filter_map(|line| line.strip_prefix("figure: sidecar/")?.split_once(" = "))
        .collect();
    Ok(format!(
        "{HEAD}\n{}\n{}",
        table(&figures)?,
        foot(log, &figures)?
    ))
}

fn table(figures: &Figures<'_>) -> Result<String, Error> {
    let titles = SUBJECTS.map(|(_, title)| title).join(" | ");
    let ruler = "---:|".repeat(SUBJECTS.len());
    let mut table =
        format!("| a call, both ends | {titles} | the mesh's goal |\n|---|{ruler}---:|\n");
    for (title, whats, goal) in ROWS {
        let cells = SUBJECTS.map(|(subject, _)| cell(figures, subject, whats));
        writeln!(table, "| {title} | {} | {goal} |", cells.join(" | "))?;
    }
    Ok(table)
}

/// The first of these figures that there is.
fn cell(figures: &Figures<'_>, subject: &str, whats: &[&str]) -> String {
    let found = whats.iter().find_map(|what| {
        let number = short(figures.get(format!("{subject}/{what}").as_str())?);
        let sign = match what.starts_with("added_") && !number.starts_with('-') {
            true => "+",
            false => "",
        };
        Some(format!("{sign}{number}"))
    });
    found.unwrap_or_else(|| "–".to_owned())
}

fn foot(log: &str, figures: &Figures<'_>) -> Result<String, Error> {
    let said = |start: &str| log.lines().find_map(|line| line.strip_prefix(start));
    let machine = said("machine: ").ok_or("the log names no machine")?;
    let mut foot = format!("Measured in one run on {machine}");
    if let Some(version) = said("peer: envoy = ") {
        let number = version.split('/').nth(1).unwrap_or(version);
        write!(foot, ", beside Envoy {number}")?;
    }
    foot.push_str(".\n");
    if let (Some(crates), Some(seconds)) =
        (figures.get("mesh/crates"), figures.get("mesh/clean_build"))
    {
        let (crates, seconds) = (short(crates), short(seconds));
        writeln!(
            foot,
            "`mesh-tower` brings {crates} crates with its default features; its debug build from nothing takes {seconds} s there."
        )?;
    }
    Ok(foot)
}

/// The number without its unit.
fn short(figure: &str) -> &str {
    figure.split(' ').next().unwrap_or(figure)
}

fn replaced(page: &str, section: &str) -> Result<String, Error> {
    let missing = || format!("README.md has no {BEGIN} … {END}");
    let (before, rest) = page.split_once(BEGIN).ok_or_else(missing)?;
    let (_, after) = rest.split_once(END).ok_or_else(missing)?;
    Ok(format!("{before}{BEGIN}\n{section}{END}{after}"))
}

/// By `SUBJECT/WHAT`, the number with its unit.
type Figures<'l> = BTreeMap<&'l str, &'l str>;

const HEAD: &str = "\
What a call costs between two services that speak HTTP/1.1 on loopback, both ends together: with nothing between them, by way of
hyper-util's `Client`, with the mesh in both, and with an Envoy beside each. The mesh and the Envoys have the same policies (limits, two
retries), record for X-Ray and count; they write access logs, but for one column. A `+` is what comes on top of the first column.

```console
$ benches/install-envoy.sh   # the peer, into target/envoy
$ cargo bench -p mesh-benches --bench sidecar -- --build | tee target/figures.log
$ cargo run -p mesh-benches --bin figures -- target/figures.log --write   # this section
```
";

const SUBJECTS: [(&str, &str); 5] = [
    ("bare", "hyper, connection kept"),
    ("legacy", "hyper-util's `Client`"),
    ("mesh", "mesh"),
    ("mesh-no-log", "mesh, no access log"),
    ("envoy", "two Envoys"),
];

/// A row's title, which figures it may show (what others add, or what the bare service has), and what the mesh is to reach.
const ROWS: [(&str, &[&str], &str); 8] = [
    ("latency, p50, µs", &["added_p50", "p50"], "≤ +4"),
    ("latency, p99, µs", &["added_p99", "p99"], ""),
    ("latency, mean, µs", &["added_mean", "mean"], ""),
    (
        "throughput, 16 connections, of bare",
        &["throughput_ratio"],
        "≥ 0.93",
    ),
    ("processor time, s per 10,000 calls", &["cpu"], ""),
    (
        "resident memory after 100,000 calls, MB",
        &["added_resident", "resident"],
        "≤ +5",
    ),
    ("allocations", &["allocations"], "≤ bare + 8"),
    ("instructions", &["instructions"], ""),
];

const BEGIN: &str = "<!-- figures -->";
const END: &str = "<!-- /figures -->";
const README: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../README.md");
