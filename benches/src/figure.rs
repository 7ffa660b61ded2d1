//! The form of a figure, and of what is said around it.

use std::{env, fmt::Display, fs, process::Command};

use crate::Error;

/// Prints `figure: BENCH/SUBJECT/WHAT = NUMBER UNIT`.
pub fn print(bench: &str, subject: impl Display, what: &str, number: impl Display, unit: &str) {
    println!("figure: {bench}/{subject}/{what} = {number} {unit}");
}

/// Says that something could not be measured and how to get what it needs; fails where `MESH_REQUIRE` names it.
///
/// # Errors
/// It is required.
pub fn skipped(what: &str, how: &str) -> Result<(), Error> {
    println!("skipped: {what} is not here ({how})");
    let required = env::var("MESH_REQUIRE").unwrap_or_default();
    match required.split(',').any(|name| name == what) {
        true => Err(format!("MESH_REQUIRE names {what}, which is not here: {how}").into()),
        false => Ok(()),
    }
}

/// Prints `machine: …`: what the figures after it were measured on.
pub fn print_machine() {
    let cpus = std::thread::available_parallelism().map_or(0, usize::from);
    let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(": "))
        .map_or("unknown", |(_, model)| model);
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    println!(
        "machine: {cpus} cores ({model}), Linux {}, {}",
        kernel.trim(),
        first_line("rustc", &["--version"])
    );
}

/// Prints `peer: NAME = VERSION` of the crates that are measured, as `Cargo.lock` has them.
///
/// # Errors
/// One of them is not there.
pub fn print_peers(names: &[&str]) -> Result<(), Error> {
    let lock = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.lock"))?;
    for name in names {
        let package = format!("name = \"{name}\"\nversion = \"");
        let (_, rest) = lock.rsplit_once(&package).ok_or("no such crate")?;
        let version = rest.split('"').next().unwrap_or_default();
        println!("peer: {name} = {version}");
    }
    Ok(())
}

/// What a program says first, or that it says nothing.
#[must_use]
pub fn first_line(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    let text = output.map_or_else(|_| Vec::new(), |output| output.stdout);
    let text = String::from_utf8_lossy(&text);
    text.trim().lines().next().unwrap_or("unknown").to_owned()
}

/// The middle one of some numbers, which must not be none.
///
/// # Panics
/// There are no numbers.
#[must_use]
pub fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_unstable_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}
