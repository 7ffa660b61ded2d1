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
    let figures: BTreeMap<&str, &str> = log
        .lines()
        .filter_map(|line| line.strip_prefix("figure: sidecar/")?.split_once(" = "))
        .collect();
    let said = |start: &str| log.lines().find_map(|line| line.strip_prefix(start));
    let mut text = String::from("| a call, both ends |");
    for (_, title) in SUBJECTS {
        write!(text, " {title} |")?;
    }
    write!(text, "\n|---|{}\n", "---:|".repeat(SUBJECTS.len()))?;
    for (title, whats) in ROWS {
        write!(text, "| {title} |")?;
        for (subject, _) in SUBJECTS {
            let found = whats.iter().find_map(|what| {
                let number = figures.get(format!("{subject}/{what}").as_str())?;
                let number = short(number);
                Some(match what.starts_with("added_") {
                    true => format!("+{number}"),
                    false => number.to_owned(),
                })
            });
            write!(text, " {} |", found.as_deref().unwrap_or("–"))?;
        }
        text.push('\n');
    }
    let machine = said("machine: ").ok_or("the log names no machine")?;
    write!(text, "\nMeasured in one run on {machine}")?;
    if let Some(version) = said("peer: envoy = ") {
        write!(
            text,
            ", beside Envoy {}",
            version.split('/').nth(1).unwrap_or(version)
        )?;
    }
    text.push_str(".\n");
    for (what, sentence) in WEIGHTS {
        if let Some(number) = figures.get(format!("mesh/{what}").as_str()) {
            text.push_str(&sentence.replace("{}", short(number)));
        }
    }
    Ok(text)
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

const SUBJECTS: [(&str, &str); 5] = [
    ("bare", "hyper, connection kept"),
    ("legacy", "hyper-util's `Client`"),
    ("mesh", "mesh"),
    ("mesh-no-log", "mesh, no access log"),
    ("envoy", "two Envoys"),
];

/// A row's title, and which figures it may show: what others add, or what the bare service has.
const ROWS: [(&str, &[&str]); 8] = [
    ("latency, p50, µs", &["added_p50", "p50"]),
    ("latency, p99, µs", &["added_p99", "p99"]),
    ("latency, mean, µs", &["added_mean", "mean"]),
    ("throughput, 16 connections, of bare", &["throughput_ratio"]),
    ("processor time, s per 10,000 calls", &["cpu"]),
    (
        "resident memory after 100,000 calls, MB",
        &["added_resident", "resident"],
    ),
    ("allocations", &["allocations"]),
    ("instructions", &["instructions"]),
];

const WEIGHTS: [(&str, &str); 2] = [
    ("crates", "The default features bring {} crates"),
    (
        "clean_build",
        "; a debug build of `mesh-tower` from nothing takes {} s.\n",
    ),
];
const BEGIN: &str = "<!-- figures -->";
const END: &str = "<!-- /figures -->";
const README: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../README.md");
