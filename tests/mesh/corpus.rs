//! Real configurations that others wrote: each does what its row in the manifest says, by rules that know no file.
//!
//! `MESH_CORPUS` names the folder. Any other of its kind must do as well: a `MANIFEST.csv` with the columns `file`, `form`,
//! `resource_counts` and `expected`.

mod expected;
mod judge;
mod manifest;
mod stand_in;

use std::{
    env,
    path::{Path, PathBuf},
};

use mesh_core::Config;

use self::manifest::Manifest;

/// Rows that do not agree, by the end of their file's name, and why.
const EXCEPTIONS: [(&str, &str); 2] = [
    (
        "blogs__cert-manager-tls__yelb-gw.yaml",
        "its double braces stand in a Deployment and a Service: placeholders of others are not asked for",
    ),
    (
        "doc_source__aws-resource-appmesh-route.md__md-fence-3.json",
        "its prefix without a slash is refused as well, as the row of the same route in YAML has it",
    ),
];

#[test]
fn every_file_of_the_corpus_does_what_its_row_says() {
    let Some(corpus) = folder() else {
        return;
    };
    let manifest = Manifest::read(&corpus);
    let mut failures = Vec::new();
    let mut excepted = 0;
    for row in manifest.rows() {
        let judged = judge::judged(row, &manifest.text(row));
        let exception = EXCEPTIONS
            .iter()
            .find(|(file, _)| row.file().ends_with(file));
        match (judged, exception) {
            (Ok(()), None) => {}
            (Ok(()), Some((file, _))) => {
                failures.push(format!("{file} agrees: it is no exception"))
            }
            (Err(why), Some((file, reason))) => {
                excepted += 1;
                println!(
                    "exception: {file}: {reason}\n  ({})",
                    why.lines().next().unwrap_or_default()
                );
            }
            (Err(why), None) => failures.push(format!("{}: {}\n{why}", row.file(), row.expected())),
        }
    }
    let rows = manifest.rows().len();
    assert!(rows > 0, "the manifest names no file");
    println!(
        "corpus: {} of {rows} agree",
        rows - failures.len() - excepted
    );
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

/// Every configuration that loads, with a value for everything that it asks for, and the file that it is from.
pub(crate) fn configs(corpus: &Path) -> Vec<(String, Config)> {
    let manifest = Manifest::read(corpus);
    let rows = manifest.rows().iter().flat_map(|row| {
        let configs = judge::loaded(row, &manifest.text(row));
        configs
            .into_iter()
            .map(|config| (row.file().to_owned(), config))
    });
    rows.collect()
}

/// The folder, if it is here.
pub(crate) fn folder() -> Option<PathBuf> {
    let set = env::var_os("MESH_CORPUS").map(PathBuf::from);
    let corpus = set.filter(|path| path.is_dir());
    if corpus.is_none() {
        let missing = "corpus is not here (set MESH_CORPUS to a folder of App Mesh files)";
        let required = env::var("MESH_REQUIRE").unwrap_or_default();
        let required = required.split(',').any(|name| name.trim() == "corpus");
        assert!(!required, "{missing}");
        println!("skipped: {missing}");
    }
    corpus
}
