//! What the kernel knows of a process (`/proc/PID/stat` and `/proc/PID/status`), and where it may leave a file.

use std::{env, fs, path::PathBuf};

use crate::Error;

/// The processor time that a process has used, in user and in kernel mode.
///
/// # Errors
/// There is no such process, or no `/proc`.
pub fn cpu_seconds(process: u32) -> Result<f64, Error> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat"))?;
    // The second field is the program's name in parentheses, which may hold spaces.
    let (_, rest) = stat.rsplit_once(')').ok_or("/proc/PID/stat has no name")?;
    let mut ticks = rest.split_whitespace().skip(USER_TIME).take(2);
    let mut next = || ticks.next().ok_or("/proc/PID/stat has no times");
    let (user, system): (f64, f64) = (next()?.parse()?, next()?.parse()?);
    Ok((user + system) / TICKS_PER_SECOND)
}

/// The resident memory of a process, in MB of 1,000,000 bytes.
///
/// # Errors
/// There is no such process, or no `/proc`.
pub fn resident(process: u32) -> Result<f64, Error> {
    status(process, "VmRSS:")
}

/// The most that was ever resident of a process, in MB of 1,000,000 bytes.
///
/// # Errors
/// There is no such process, or no `/proc`.
pub fn most_resident(process: u32) -> Result<f64, Error> {
    status(process, "VmHWM:")
}

fn status(process: u32, field: &str) -> Result<f64, Error> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let kib = status
        .lines()
        .find_map(|line| line.strip_prefix(field))
        .and_then(|rest| rest.split_whitespace().next())
        .ok_or_else(|| format!("/proc/PID/status has no {field}"))?;
    Ok(kib.parse::<f64>()? * 1_024.0 / 1e6)
}

/// A path for a file that only this process writes.
#[must_use]
pub fn temporary(name: &str) -> PathBuf {
    env::temp_dir().join(format!("mesh-bench-{}-{name}", std::process::id()))
}

/// The fields after the name begin with the third one; the user time is the fourteenth.
const USER_TIME: usize = 11;
/// Linux counts in these for user space on all our platforms, whatever its own tick is.
const TICKS_PER_SECOND: f64 = 100.0;
