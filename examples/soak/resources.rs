//! What this process holds: tasks, sockets, memory.

use std::{fs, os::unix::fs::FileTypeExt as _, time::Duration};

use mesh_examples::Error;
use tokio::{runtime::Handle, time};

/// What would be left over if something leaked.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Held {
    pub(crate) tasks: usize,
    pub(crate) sockets: usize,
}

impl Held {
    /// What is held now.
    pub(crate) fn now() -> Result<Self, Error> {
        let mut sockets = 0;
        for entry in fs::read_dir("/proc/self/fd")? {
            // One of them is the directory being read, which is gone when it is asked about.
            let Ok(about) = fs::metadata(entry?.path()) else {
                continue;
            };
            sockets += usize::from(about.file_type().is_socket());
        }
        let tasks = Handle::current().metrics().num_alive_tasks();
        Ok(Self { tasks, sockets })
    }

    /// What is held more than before, once what is on its way has ended.
    pub(crate) async fn beyond(before: Self) -> Result<Self, Error> {
        let mut left = Self {
            tasks: 0,
            sockets: 0,
        };
        for _ in 0..LOOKS {
            let now = Self::now()?;
            left = Self {
                tasks: now.tasks.saturating_sub(before.tasks),
                sockets: now.sockets.saturating_sub(before.sockets),
            };
            if left.tasks + left.sockets == 0 {
                break;
            }
            time::sleep(BETWEEN).await;
        }
        Ok(left)
    }
}

/// The resident memory of this process.
///
/// # Units
/// MB of 1,000,000 bytes.
pub(crate) fn memory() -> Result<f64, Error> {
    let status = fs::read_to_string("/proc/self/status")?;
    let kib = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .and_then(|rest| rest.split_whitespace().next())
        .ok_or("/proc/self/status has no VmRSS")?;
    Ok(kib.parse::<f64>()? * 1_024.0 / 1e6)
}

const LOOKS: u32 = 100;
const BETWEEN: Duration = Duration::from_millis(100);
