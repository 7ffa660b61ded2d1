//! Checks App Mesh templates without starting anything: `validate FILE… [--param K=V] [--mesh NAME]
//! [--allow-missing]`.
//!
//! Prints one problem a line, as `FILE:LINE:COLUMN: error|warning[code]: sentence`, and `N resources, E errors, W warnings`
//! at the end. Exits with 0 if the configuration is valid, with 1 if it is not, with 2 if a file cannot be read.

use std::{
    fs::File,
    io::{self, Read, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::Parser;
use mesh_core::{
    Config,
    error::{Problem, Severity},
    load::Reader,
};

/// Check App Mesh templates; several files are read together, as one configuration.
///
/// Exit status: 0 valid, 1 invalid, 2 a file cannot be read or the command line is wrong.
#[derive(Parser)]
#[command(name = "validate")]
struct Args {
    /// CloudFormation templates, YAML or JSON.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,

    /// Gives a parameter of the templates its value; may be repeated.
    ///
    /// What AWS alone knows goes by the name that the report gives: `AWS::Region`, `Resource`, `Resource.Attribute`,
    /// `import:EXPORT`, `azs:REGION`.
    #[arg(long = "param", value_name = "K=V", value_parser = parameter)]
    parameters: Vec<(String, String)>,

    /// Which mesh to take, where the files hold several; without it each is checked in turn.
    #[arg(long, value_name = "NAME")]
    mesh: Option<String>,

    /// Warns of references to what other stacks define, instead of refusing them.
    #[arg(long)]
    allow_missing: bool,
}

fn main() -> ExitCode {
    let args = Args::parse();
    let documents = match read_all(&args.files) {
        Ok(documents) => documents,
        Err(unreadable) => {
            eprint!("{unreadable}");
            return ExitCode::from(UNREADABLE);
        }
    };
    let report = check(
        documents,
        reader(args.parameters, args.mesh, args.allow_missing),
    );
    // Whoever closed the pipe has read enough; the exit status says the rest.
    let _ = io::stdout().write_all(report.text.as_bytes());
    ExitCode::from(if report.valid { VALID } else { INVALID })
}

/// A file's name and its text.
type Document = (String, String);

/// Every file, or a line for each that cannot be read.
fn read_all(files: &[PathBuf]) -> Result<Vec<Document>, String> {
    let mut documents = Vec::new();
    let mut unreadable = String::new();
    for file in files {
        match read(file) {
            Ok(text) => documents.push((file.display().to_string(), text)),
            Err(error) => {
                unreadable += &format!("error: cannot read {}: {error}\n", file.display())
            }
        }
    }
    if unreadable.is_empty() {
        Ok(documents)
    } else {
        Err(unreadable)
    }
}

fn read(file: &Path) -> io::Result<String> {
    let mut bytes = Vec::new();
    // A template is shorter by far, and the reader says so; but no file may fill the memory.
    File::open(file)?.take(LONGEST).read_to_end(&mut bytes)?;
    text(bytes)
}

fn text(bytes: Vec<u8>) -> io::Result<String> {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(io::Error::other("it is UTF-16: save it as UTF-8"));
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(text),
        // Cut in the middle of a character: too long, which is for the reader to say.
        Err(cut) if cut.as_bytes().len() as u64 == LONGEST => {
            Ok(String::from_utf8_lossy(cut.as_bytes()).into_owned())
        }
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            Err(io::Error::other(format!(
                "its byte {at} is not UTF-8: save it as UTF-8"
            )))
        }
    }
}

/// What is printed, and whether the configuration can be used.
#[derive(Debug, PartialEq)]
struct Report {
    text: String,
    valid: bool,
}

fn reader(parameters: Vec<(String, String)>, mesh: Option<String>, allow_missing: bool) -> Reader {
    let mut reader = Config::reader();
    for (name, value) in parameters {
        reader = reader.parameter(name, value);
    }
    if let Some(mesh) = mesh {
        reader = reader.mesh(mesh);
    }
    match allow_missing {
        true => reader.allow_missing(),
        false => reader,
    }
}

fn check(documents: Vec<Document>, mut reader: Reader) -> Report {
    for (name, text) in documents {
        reader = reader.document(&name, text);
    }
    match reader.read_each() {
        Ok(configs) => Report {
            text: lines(
                &warnings(&configs),
                configs.first().map_or(0, Config::resources),
            ),
            valid: true,
        },
        Err(errors) => Report {
            text: lines(errors.problems(), errors.resources()),
            valid: false,
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

fn lines(problems: &[Problem], resources: usize) -> String {
    let errors = problems
        .iter()
        .filter(|problem| problem.severity == Severity::Error)
        .count();
    let warnings = problems.len() - errors;
    let problems: String = problems
        .iter()
        .map(|problem| format!("{problem}\n"))
        .collect();
    format!("{problems}{resources} resources, {errors} errors, {warnings} warnings\n")
}

fn parameter(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("write it as NAME=VALUE".to_owned()),
    }
}

const VALID: u8 = 0;
const INVALID: u8 = 1;
const UNREADABLE: u8 = 2;
const LONGEST: u64 = 16 * 1024 * 1024;

#[cfg(test)]
mod tests;
