//! What the command line asks for.

use mesh_benches::Error;

/// One thing to measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Latency,
    Throughput,
    Memory,
    Allocations,
    Instructions,
    /// Takes minutes and builds from nothing, so only when asked for.
    Build,
}

/// How much to measure, and what.
#[derive(Debug, Default)]
pub(crate) struct Options {
    pub(crate) quick: bool,
    /// What is to be done with the table of allocations: `--check` or `--write`.
    pub(crate) table: Option<String>,
    only: Option<Part>,
    build: bool,
}

impl Options {
    pub(crate) fn parse(arguments: Vec<String>) -> Result<Self, Error> {
        let mut options = Self::default();
        let mut arguments = arguments.into_iter();
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--quick" => options.quick = true,
                "--build" => options.build = true,
                "--check" | "--write" => {
                    options.only = Some(Part::Allocations);
                    options.table = Some(argument);
                }
                "--only" => options.only = Some(part(&arguments.next().unwrap_or_default())?),
                // What cargo gives to every bench.
                "--bench" => {}
                other => return Err(format!("{other}: {USAGE}").into()),
            }
        }
        Ok(options)
    }

    pub(crate) fn parts(&self) -> Vec<Part> {
        let measured = NAMES.map(|(_, part)| part).into_iter();
        measured
            .filter(|part| match self.only {
                Some(only) => *part == only,
                None => *part != Part::Build || self.build,
            })
            .collect()
    }
}

fn part(name: &str) -> Result<Part, Error> {
    let found = NAMES.into_iter().find(|(known, _)| *known == name);
    found
        .map(|(_, part)| part)
        .ok_or_else(|| format!("there is no part {name:?}: {USAGE}").into())
}

const NAMES: [(&str, Part); 6] = [
    ("latency", Part::Latency),
    ("throughput", Part::Throughput),
    ("memory", Part::Memory),
    ("allocations", Part::Allocations),
    ("instructions", Part::Instructions),
    ("build", Part::Build),
];
const USAGE: &str = "--quick, --build, --check, --write, --only latency|throughput|memory|allocations|instructions|build";
