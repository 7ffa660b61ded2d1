//! How often an operation allocates, told by a program of its own: the allocator that counts would slow what is measured.

use std::process::{Command, Stdio};

use crate::Error;

/// Runs that program for one bench; it prints its figures.
///
/// # Errors
/// It does not run, or says why it failed.
pub fn print(program: &str, bench: &str) -> Result<(), Error> {
    let output = Command::new(program)
        .arg(bench)
        .stdout(Stdio::inherit())
        .stderr(Stdio::piped())
        .output()?;
    match output.status.success() {
        true => Ok(()),
        false => Err(String::from_utf8_lossy(&output.stderr).into()),
    }
}
