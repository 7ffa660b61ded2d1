//! Real templates that others wrote: each loads, or says which known thing it asks for.

#![expect(
    clippy::disallowed_methods,
    reason = "the core does no I/O; this test of it has to read files"
)]

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
    path::PathBuf,
};

use mesh_core::{
    config::Config,
    error::{ConfigErrors, Problem},
};

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
    let (file, expected, refused) = (&row["file"], &row["expected"], refused(row));
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

/// Whether the template uses only what this version reads.
fn all_is_read(row: &Row) -> bool {
    !row["features"].contains("tls")
}

/// Whether the template has what this version passes over, with all that it asks for.
fn passes_over(row: &Row) -> bool {
    row["features"].contains("tls") || row["expected"].contains("MeshOwner")
}

fn refused(row: &Row) -> bool {
    row["expected"].starts_with("invalid")
}

/// Errors that this row gives reason for.
fn foreseen(code: &str, row: &Row) -> bool {
    match code {
        "unknown-property" | "missing-property" | "prefix-without-slash" => refused(row),
        "missing-router" | "missing-target" => refused(row) && dangling(row),
        "tls-not-supported-yet" => row["features"].contains("tls"),
        _ => false,
    }
}

/// Whether the template refers to nodes or routers of another one.
fn dangling(row: &Row) -> bool {
    let refers = |kind: &&str| row["external_refs"].contains(*kind);
    ["virtualNode:", "virtualRouter:"].iter().any(refers)
}

/// Gives every value that is asked for, which has to be what the row names, and takes each mesh.
fn read(file: &str, text: &str, row: &Row) -> Result<Option<Config>, ConfigErrors> {
    let reader = |values: &BTreeSet<String>| {
        let reader = Config::reader().document(file, text);
        let reader = values
            .iter()
            .fold(reader, |reader, name| reader.parameter(name, "given"));
        match dangling(row) && !refused(row) {
            true => reader.allow_missing(),
            false => reader,
        }
    };
    let errors = reader(&BTreeSet::new()).read_each().err();
    let missing = errors.iter().flat_map(ConfigErrors::errors);
    let missing: Vec<&Problem> = missing
        .filter(|problem| problem.wants().is_some())
        .collect();
    let wanted = needed(&row["expected"]);
    let asked = missing.iter().map(|problem| named(problem, &wanted));
    let asked: BTreeSet<String> = asked.collect();
    let passed_over = wanted.difference(&asked).next().is_some();
    assert!(
        asked.is_subset(&wanted) || refused(row),
        "{file}: {asked:?}"
    );
    assert!(!passed_over || passes_over(row), "{file}: only {asked:?}");
    let given = missing.iter().filter_map(|problem| problem.wants());
    let given = given.map(str::to_owned).collect();
    reader(&given).read_each().map(|mut configs| configs.pop())
}

/// The name that a problem asks for, as the row has it: an export's as it was written.
fn named(problem: &Problem, wanted: &BTreeSet<String>) -> String {
    let name = problem.wants().unwrap_or_default();
    let written = wanted.iter().find(|wanted| {
        let written = wanted.strip_prefix("import:");
        written.is_some_and(|written| problem.message.contains(written))
    });
    written.map_or(name, String::as_str).to_owned()
}

/// The names in `needs-parameters(A, import:N, getatt:B.C, ref:D)` and `loads+pseudo(A)`, as the reader asks for them.
fn needed(expected: &str) -> BTreeSet<String> {
    let inside = ["needs-parameters(", "+pseudo("]
        .iter()
        .filter_map(|start| {
            let (_, rest) = expected.split_once(start)?;
            rest.rsplit_once(')')
        });
    let names = inside.flat_map(|(inside, _)| inside.split(", "));
    let names = names.map(|name| {
        name.trim_start_matches("getatt:")
            .trim_start_matches("ref:")
    });
    names.map(str::to_owned).collect()
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
