//! Allocations of one call, each named, and whether they are those that `benches/allocations.txt` lists.
//!
//! `cargo bench -p mesh-benches --bench sidecar -- --only allocations` runs it and prints the tables. With `--check` they must be those of
//! the file, or the program fails and shows the lines that differ; with `--write` they become the file. One connection on loopback and one
//! thread, so two runs agree. What is allocated less than once in two calls is not in the table but in the line below it.
//!
//! The allocator is dhat's, which keeps a backtrace with each allocation; `table` makes names of them.

mod sources;
mod table;

use std::{env, fs, path::Path};

use mesh_benches::{
    Error,
    arrangement::{Arrangement, Subject},
    figure,
    mesh::Traces,
    process,
    sink::Sink,
};

use self::{sources::Sources, table::Table};

#[global_allocator]
static ALLOCATOR: dhat::Alloc = dhat::Alloc;

fn main() -> Result<(), Error> {
    let sources = Sources::of_workspace()?;
    let mut page = String::from(HEAD);
    for subject in Subject::OURS {
        let table = Table::read(&profile(subject)?, CALLS, &sources)?;
        let (total, rest) = (table.total(), table.rest());
        figure::print("sidecar", subject, "allocations", total, "per call");
        println!("{table}and {rest:.2} a call that come less than once in two calls\n");
        page.push_str(&format!("\n{subject}: {total} per call\n{table}"));
    }
    match env::args().nth(1).as_deref() {
        Some("--check") => check(&page),
        Some("--write") => Ok(fs::write(FILE, page)?),
        None => Ok(()),
        Some(other) => Err(format!("{other}: there are only --check and --write").into()),
    }
}

/// Makes the calls, and gives dhat's record of what they allocated.
fn profile(subject: Subject) -> Result<String, Error> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let file = process::temporary("dhat.json");
    runtime.block_on(async {
        let sink = Sink::start()?;
        // None is sampled: one in twenty would be, and each of them allocates what a table for one call cannot show.
        let traces = Traces {
            to: sink.addr(),
            sampled: Some(0.0),
        };
        let arrangement = Arrangement::tracing(subject, traces).await?;
        let mut caller = arrangement.caller().await?;
        for _ in 0..WARM_UP {
            caller.call().await?;
        }
        let profiler = dhat::Profiler::builder()
            .file_name(&file)
            .trim_backtraces(None)
            .build();
        for _ in 0..CALLS {
            caller.call().await?;
        }
        drop(profiler);
        Ok::<_, Error>(())
    })?;
    let record = fs::read_to_string(&file)?;
    fs::remove_file(file)?;
    Ok(record)
}

fn check(page: &str) -> Result<(), Error> {
    let expected = fs::read_to_string(FILE)?;
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    let (expected, found) = (lines(&expected), lines(page));
    for line in found.iter().filter(|line| !expected.contains(line)) {
        println!("+ {line}");
    }
    for line in expected.iter().filter(|line| !found.contains(line)) {
        println!("- {line}");
    }
    match expected == found {
        true => Ok(()),
        false => Err(format!(
            "a call allocates otherwise than {} says (+ found, - expected): mend it, or run with --write and say why",
            Path::new(FILE).display()
        )
        .into()),
    }
}

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/allocations.txt");
const HEAD: &str = "# The allocations of one call, both ends together, by the file that asks for them. Compared by `allocations --check`,\n\
    # written by `allocations --write`.\n";
const WARM_UP: usize = 200;
const CALLS: usize = 1_000;
