//! The manifest: a table with a row for each file.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

pub(super) struct Manifest {
    folder: PathBuf,
    rows: Vec<Row>,
}

/// A row, by the names of its columns.
pub(super) struct Row(BTreeMap<String, String>);

impl Manifest {
    pub(super) fn read(folder: &Path) -> Self {
        let folder = folder.to_owned();
        let table = text(&folder.join("MANIFEST.csv"));
        let mut records = records(&table).into_iter();
        let names = records.next().unwrap_or_default();
        let rows = records
            .filter(|fields| fields.len() > 1)
            .map(|fields| Row(names.iter().cloned().zip(fields).collect()))
            .collect();
        Self { folder, rows }
    }

    pub(super) fn rows(&self) -> &[Row] {
        &self.rows
    }

    pub(super) fn text(&self, row: &Row) -> String {
        text(&self.folder.join(row.file()))
    }
}

impl Row {
    pub(super) fn file(&self) -> &str {
        self.column("file")
    }

    pub(super) fn form(&self) -> &str {
        self.column("form")
    }

    pub(super) fn expected(&self) -> &str {
        self.column("expected")
    }

    /// How many resources of each kind the file has.
    pub(super) fn counts(&self) -> BTreeMap<String, usize> {
        let counts = self.column("resource_counts").split(';');
        let counts = counts.filter_map(|count| {
            let (kind, number) = count.trim().split_once(':')?;
            Some((kind.to_owned(), number.parse().ok()?))
        });
        counts.collect()
    }

    fn column(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }
}

fn text(path: &Path) -> String {
    let bytes = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The records of a table whose fields may stand in double quotes, and then hold anything.
fn records(table: &str) -> Vec<Vec<String>> {
    let mut records = vec![vec![String::new()]];
    let mut quoted = false;
    let mut chars = table.chars().filter(|c| *c != '\r').peekable();
    while let Some(c) = chars.next() {
        let Some(record) = records.last_mut() else {
            break;
        };
        let doubled = c == '"' && quoted && chars.peek() == Some(&'"');
        match c {
            '"' if !doubled => quoted = !quoted,
            ',' if !quoted => record.push(String::new()),
            '\n' if !quoted => records.push(vec![String::new()]),
            c => {
                if doubled {
                    chars.next();
                }
                if let Some(field) = record.last_mut() {
                    field.push(c);
                }
            }
        }
    }
    records
}

#[test]
fn fields_in_quotes_hold_commas_lines_and_quotes() {
    let table = "a,b\n\"x, \"\"y\"\"\nz\",2\n";
    let want: [&[&str]; 3] = [&["a", "b"], &["x, \"y\"\nz", "2"], &[""]];
    assert_eq!(records(table), want);
}
