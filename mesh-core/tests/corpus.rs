//! Real templates that others wrote: each loads, or says which known thing it asks for.

#![expect(
    clippy::disallowed_methods,
    reason = "the core does no I/O; this test of it has to read files"
)]

use std::{collections::BTreeMap, env, fs, path::PathBuf};

use mesh_core::{config::Config, error::ConfigErrors};

#[test]
fn every_template_of_the_corpus_loads_or_says_what_it_needs() {
    let Some(corpus) = corpus() else {
        return;
    };
    let manifest = read_file(&corpus, "MANIFEST.csv");
    let mut templates = 0;
    let mut failures = Vec::new();
    for row in rows(&manifest).filter(|row| row["form"] == "cfn") {
        templates += 1;
        failures.extend(judged(&row, &read_file(&corpus, &row["file"])));
    }
    assert!(templates > 0, "the manifest names no template");
    let report = failures.join("\n\n");
    assert!(
        failures.is_empty(),
        "{} of {templates}:\n{report}",
        failures.len()
    );
    println!("ok: {templates} templates");
}

/// What is wrong with how this template ends; `None` if it ends as its row expects.
fn judged(row: &Row, text: &str) -> Option<String> {
    let (file, expected) = (&row["file"], &row["expected"]);
    let refused = expected.starts_with("invalid");
    match read(file, text, row) {
        Err(errors) if !refused && all_is_read(row) => {
            Some(format!("{file} should load:\n{errors}"))
        }
        Err(errors) => {
            let mut codes = errors.errors().map(|problem| problem.code);
            let code = codes.find(|code| !foreseen(code, row))?;
            Some(format!("{file} ends in {code}:\n{errors}"))
        }
        Ok(_) if refused => Some(format!("{file} should be refused: {expected}")),
        Ok(config) => {
            let counts = row["resource_counts"].split("; ");
            let counts = counts.filter_map(|count| count.rsplit_once(':')?.1.parse::<usize>().ok());
            let found = config.map_or(0, |config| config.resources());
            let want = counts.sum::<usize>();
            (found != want).then(|| format!("{file} has {want} resources, {found} were read"))
        }
    }
}

/// Whether the template uses only what this version reads, and refers to nothing outside.
fn all_is_read(row: &Row) -> bool {
    let functions = row["intrinsics_in_appmesh"]
        .split("; ")
        .filter(|name| !name.is_empty());
    let mut names = functions.map(|name| name.rsplit_once(':').map_or(name, |(name, _)| name));
    names.all(|name| ["Ref", "Fn::GetAtt", "Fn::Sub"].contains(&name))
        && !row["features"].contains("tls")
}

/// Errors that this row gives reason for.
fn foreseen(code: &str, row: &Row) -> bool {
    match code {
        "missing-parameter" | "unknown-property" | "missing-property" | "prefix-without-slash" => {
            row["expected"].starts_with("invalid")
        }
        "tls-not-supported-yet" => row["features"].contains("tls"),
        code => code.starts_with("unsupported-"),
    }
}

/// Whether the template refers to nodes or routers of another one.
fn dangling(row: &Row) -> bool {
    let refers = |kind: &&str| row["external_refs"].contains(*kind);
    ["virtualNode:", "virtualRouter:"].iter().any(refers)
}

/// Gives every value that the row names, and takes each mesh.
fn read(file: &str, text: &str, row: &Row) -> Result<Option<Config>, ConfigErrors> {
    let reader = Config::reader()
        .pseudo("AWS::StackName", "stack")
        .document(file, text);
    let needed = needed(&row["expected"]).into_iter();
    let reader = needed.fold(reader, |reader, name| reader.parameter(name, "given"));
    let reader = match dangling(row) {
        true => reader.allow_missing(),
        false => reader,
    };
    reader.read_each().map(|mut configs| configs.pop())
}

/// The names in `needs-parameters(A, getatt:B.C, ref:D)`.
fn needed(expected: &str) -> Vec<&str> {
    let inside = expected
        .split_once("needs-parameters(")
        .map_or("", |(_, rest)| rest);
    let inside = inside.trim_end_matches(')').split(", ");
    let names = inside.filter(|name| !name.starts_with("import:"));
    names
        .map(|name| name.rsplit_once(':').map_or(name, |(_, name)| name))
        .collect()
}

fn corpus() -> Option<PathBuf> {
    let set = env::var_os("MESH_CORPUS").map(PathBuf::from);
    let corpus = set.filter(|path| path.is_dir());
    if corpus.is_none() {
        let missing = "corpus is not here (set MESH_CORPUS)";
        let required = env::var("MESH_REQUIRE").unwrap_or_default();
        let required = required.split(',').any(|name| name.trim() == "corpus");
        assert!(!required, "{missing}");
        println!("skipped: {missing}");
    }
    corpus
}

fn read_file(corpus: &std::path::Path, name: &str) -> String {
    let path = corpus.join(name);
    let bytes = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    String::from_utf8_lossy(&bytes).into_owned()
}

type Row = BTreeMap<String, String>;

/// The rows of a table whose fields may stand in double quotes, by the names in its first row.
fn rows(table: &str) -> impl Iterator<Item = Row> {
    let mut lines = table.lines().map(fields);
    let names = lines.next().unwrap_or_default();
    lines.map(move |fields| names.iter().cloned().zip(fields).collect())
}

fn fields(line: &str) -> Vec<String> {
    let mut fields = Vec::new();
    let mut field = String::new();
    let mut quoted = false;
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => field.extend(chars.next()),
            '"' => quoted = !quoted,
            ',' if !quoted => fields.push(std::mem::take(&mut field)),
            c => field.push(c),
        }
    }
    fields.push(field);
    fields
}
