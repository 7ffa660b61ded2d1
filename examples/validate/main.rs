//! Checks App Mesh files without starting anything: `validate FILE…`, with what the files need from outside.
//!
//! Prints one problem a line, as `FILE:LINE:COLUMN: error|warning[code]: sentence`, and `N resources, E errors, W warnings`
//! at the end. Exits with 0 if the configuration is valid, with 1 if it is not, with 2 if a file cannot be read.
//!
//! Of an ECS task definition, and of the X-Ray daemon's objects in Kubernetes, it prints what is to be known of them as
//! `FILE:LINE:COLUMN: note[…]: sentence`: which virtual node the task is, and what becomes of each variable of its sidecar. Beside
//! files of a mesh it looks the node up there.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use clap::{CommandFactory, Parser, error::ErrorKind};
use mesh_core::{
    Config,
    error::{Problem, Severity},
    load::sidecar::Workloads,
};
use mesh_examples::files::{Document, FileArgs};

/// Check App Mesh files; several are read together, as one configuration. ECS task definitions among them are explained.
///
/// Exit status: 0 valid, 1 invalid, 2 a file cannot be read or the command line is wrong.
#[derive(Parser)]
#[command(name = "validate")]
struct Args {
    #[command(flatten)]
    files: FileArgs,
}

fn main() -> ExitCode {
    let Args { files } = Args::parse();
    if files.files.is_empty() {
        let message = "name a file to check, or a directory";
        Args::command()
            .error(ErrorKind::MissingRequiredArgument, message)
            .exit();
    }
    let documents = match files.documents() {
        Ok(documents) => documents,
        Err(unreadable) => {
            eprint!("{unreadable}");
            return ExitCode::from(UNREADABLE);
        }
    };
    let report = check(documents, &files);
    // Whoever closed the pipe has read enough; the exit status says the rest.
    let _ = io::stdout().write_all(report.text.as_bytes());
    ExitCode::from(if report.valid { VALID } else { INVALID })
}

/// What is printed, and whether the configuration can be used.
#[derive(Debug, PartialEq)]
struct Report {
    text: String,
    valid: bool,
}

fn check(documents: Vec<Document>, args: &FileArgs) -> Report {
    let values = args.substitutions();
    let found: Vec<Workloads> = documents
        .iter()
        .map(|(name, text)| Workloads::read(name, text, &values))
        .collect();
    let read = meshes(documents, &found, args);
    let configs = read.configs.as_slice();
    let mut problems = read.problems;
    let mut notes = String::new();
    for workloads in &found {
        for task in &workloads.tasks {
            notes += &format!("{task}\n");
            problems.extend(task.problems(configs, args.allow_dangling));
        }
        for daemon in &workloads.daemons {
            notes += &format!("{daemon}\n");
            problems.extend(daemon.problems().iter().cloned());
        }
    }
    let is_error = |problem: &&Problem| problem.severity == Severity::Error;
    let errors = problems.iter().filter(is_error).count();
    let warnings = problems.len() - errors;
    let lines: String = problems
        .iter()
        .map(|problem| format!("{problem}\n"))
        .collect();
    let resources = read.resources;
    Report {
        text: format!(
            "{notes}{lines}{resources} resources, {errors} errors, {warnings} warnings\n"
        ),
        valid: errors == 0,
    }
}

/// What the documents make of meshes.
#[derive(Default)]
struct Meshes {
    configs: Vec<Config>,
    problems: Vec<Problem>,
    resources: usize,
}

/// Reads what is more than workloads; if nothing is, there is no mesh to miss.
fn meshes(documents: Vec<Document>, found: &[Workloads], args: &FileArgs) -> Meshes {
    if found.iter().all(Workloads::are_all) {
        return Meshes::default();
    }
    let mut reader = args.reader();
    for ((name, text), workloads) in documents.into_iter().zip(found) {
        // The daemon's file may hold a namespace, too.
        if !workloads.are_all() || workloads.tasks.is_empty() {
            reader = reader.document(&name, text);
        }
    }
    match reader.read_each() {
        Ok(configs) => Meshes {
            problems: warnings(&configs),
            resources: configs.first().map_or(0, Config::resources),
            configs,
        },
        Err(errors) => Meshes {
            configs: Vec::new(),
            problems: errors.problems().to_vec(),
            resources: errors.resources(),
        },
    }
}

/// What is to be said of any of the meshes, once.
fn warnings(configs: &[Config]) -> Vec<Problem> {
    let mut warnings: Vec<Problem> = Vec::new();
    for warning in configs.iter().flat_map(Config::warnings) {
        if !warnings.contains(warning) {
            warnings.push(warning.clone());
        }
    }
    warnings.sort_by(|a, b| a.location.cmp(&b.location));
    warnings
}

const VALID: u8 = 0;
const INVALID: u8 = 1;
const UNREADABLE: u8 = 2;

#[cfg(test)]
mod tests;
