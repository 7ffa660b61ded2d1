//! The import table as ARCHITECTURE.md writes it.

use std::collections::BTreeMap;

use super::scan::Path;

/// Rows `crate/module -> names`, from the page's block fenced with `imports`.
///
/// A name on the right is a module of the same crate (`unit`), a module of another one (`mesh-core/unit`), a whole crate (`mesh-core`),
/// or `*` for all of the own crate.
#[derive(Debug)]
pub(super) struct Table {
    rows: BTreeMap<Path, Vec<Path>>,
}

impl Table {
    /// # Errors
    /// A sentence when the block is missing or a line has another form.
    pub(super) fn read(page: &str) -> Result<Self, String> {
        let mut lines = page
            .lines()
            .enumerate()
            .skip_while(|(_, line)| *line != "```imports");
        lines
            .next()
            .ok_or("ARCHITECTURE.md has no block fenced with ```imports")?;
        let mut rows = BTreeMap::new();
        for (index, line) in lines.take_while(|(_, line)| *line != "```") {
            let line = line.split('#').next().unwrap_or_default().trim();
            if line.is_empty() {
                continue;
            }
            let number = index + 1;
            let (room, allowed) = row(line).ok_or_else(|| {
                format!(
                    "ARCHITECTURE.md:{number}: a row reads `crate/module -> names`, not `{line}`"
                )
            })?;
            if rows.insert(room, allowed).is_some() {
                return Err(format!(
                    "ARCHITECTURE.md:{number}: `{line}` is the second row for its module"
                ));
            }
        }
        Ok(Self { rows })
    }

    pub(super) fn row(&self, room: &[String]) -> Option<&[Path]> {
        self.rows.get(room).map(Vec::as_slice)
    }

    pub(super) fn rooms(&self) -> impl Iterator<Item = &Path> {
        self.rows.keys()
    }
}

fn row(line: &str) -> Option<(Path, Vec<Path>)> {
    let (room, allowed) = line.split_once("->")?;
    let (library, module) = room.trim().split_once('/')?;
    let allowed = allowed
        .split_whitespace()
        .map(|name| entry(library, name))
        .collect();
    Some((vec![library.to_owned(), module.to_owned()], allowed))
}

fn entry(library: &str, name: &str) -> Path {
    let name = match name {
        "*" => library.to_owned(),
        name if name.starts_with("mesh-") => name.to_owned(),
        name => format!("{library}/{name}"),
    };
    name.replace("::", "/")
        .split('/')
        .map(str::to_owned)
        .collect()
}
