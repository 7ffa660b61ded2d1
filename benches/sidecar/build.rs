//! What the library weighs in a build: the crates that its default features bring, and a debug build from nothing.

use std::{
    collections::BTreeSet,
    env, fs,
    process::{Command, Stdio},
};

use mesh_benches::{Error, figure, process, timing::now};

/// Measures and prints.
pub(crate) fn measure() -> Result<(), Error> {
    figure::print("sidecar", "mesh", "crates", crates()?, "crates");
    let seconds = format!("{:.0}", build_seconds()?);
    figure::print("sidecar", "mesh", "clean_build", seconds, "s");
    Ok(())
}

/// All crates that a user's `Cargo.lock` gains by mesh-tower, itself included.
fn crates() -> Result<usize, Error> {
    let output = cargo()
        .args(["tree", "-p", "mesh-tower", "--edges", "normal,build"])
        .args(["--prefix", "none", "--format", "{p}"])
        .output()?;
    let tree = String::from_utf8(output.stdout)?;
    let crates: BTreeSet<_> = tree
        .lines()
        .map(|line| line.trim_end_matches(" (*)"))
        .filter(|line| !line.is_empty())
        .collect();
    Ok(crates.len())
}

fn build_seconds() -> Result<f64, Error> {
    let target = process::temporary("build");
    // The sources of others are there, as they are for a user's second build.
    cargo().arg("fetch").status()?;
    let start = now();
    let status = cargo()
        .args(["build", "-p", "mesh-tower"])
        .env("CARGO_TARGET_DIR", &target)
        .stderr(Stdio::null())
        .status();
    let taken = start.elapsed();
    fs::remove_dir_all(&target)?;
    match status?.success() {
        true => Ok(taken.as_secs_f64()),
        false => Err("mesh-tower does not build".into()),
    }
}

fn cargo() -> Command {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(env!("CARGO_MANIFEST_DIR"));
    cargo
}
