//! The templates beside this example, and what the loader has to say about them.

use std::{collections::BTreeMap, env, path::PathBuf};

use mesh_core::error::Problem;

/// The path of a template, as short as it can be written from here.
pub(crate) fn path(name: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("config")
        .join(name);
    let here = env::current_dir().unwrap_or_default();
    path.strip_prefix(here).map(PathBuf::from).unwrap_or(path)
}

/// Prints warnings, each kind once with all its lines.
pub(crate) fn print_warnings(warnings: &[Problem]) {
    let mut kinds: BTreeMap<&str, Vec<&Problem>> = BTreeMap::new();
    for warning in warnings {
        kinds.entry(warning.code).or_default().push(warning);
    }
    for (code, problems) in kinds {
        let lines: Vec<String> = problems
            .iter()
            .filter_map(|problem| Some(problem.location.as_ref()?.line.to_string()))
            .collect();
        let noun = if lines.len() == 1 { "line" } else { "lines" };
        println!("   warning[{code}] on {noun} {}", lines.join(", "));
        if let Some(first) = problems.first() {
            print_wrapped(&first.message);
        }
    }
}

fn print_wrapped(text: &str) {
    let mut line = String::new();
    for word in text.split(' ') {
        if !line.is_empty() && line.len() + 1 + word.len() > WIDTH {
            println!("     {line}");
            line.clear();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    println!("     {line}");
}

const WIDTH: usize = 100;
