//! The import table as ARCHITECTURE.md writes it.

use std::collections::BTreeMap;

use super::scan::Path;

/// Rows and sets, from the page's block fenced with `imports`.
///
/// # Shape
/// `crate/module … -> names` is a row for one or more modules, `set = names` gives a name to several. A name on the right is
/// a module of the row's crate (`unit`), a module of another one (`mesh-core/unit`), a whole crate (`mesh-core`), a set that
/// stands above, or `*` for all of the row's crate.
#[derive(Debug, Default)]
pub(super) struct Table {
    rows: BTreeMap<Path, Vec<Path>>,
    sets: BTreeMap<String, Vec<String>>,
}

impl Table {
    /// # Errors
    /// A sentence when the block is missing or a line has another form.
    pub(super) fn read(page: &str) -> Result<Self, String> {
        let mut lines = page
            .lines()
            .zip(1..)
            .skip_while(|(line, _)| *line != "```imports");
        lines
            .next()
            .ok_or("ARCHITECTURE.md has no block fenced with ```imports")?;
        let mut table = Self::default();
        for (line, number) in lines.take_while(|(line, _)| *line != "```") {
            let line = line.split('#').next().unwrap_or_default().trim();
            if !line.is_empty() {
                table
                    .add(line)
                    .map_err(|reason| format!("ARCHITECTURE.md:{number}: {reason}"))?;
            }
        }
        Ok(table)
    }

    pub(super) fn row(&self, room: &[String]) -> Option<&[Path]> {
        self.rows.get(room).map(Vec::as_slice)
    }

    pub(super) fn rooms(&self) -> impl Iterator<Item = &Path> {
        self.rows.keys()
    }

    fn add(&mut self, line: &str) -> Result<(), String> {
        if let Some((name, members)) = line.split_once(" = ") {
            let members = self.expand(members);
            self.sets.insert(name.trim().to_owned(), members);
            return Ok(());
        }
        let parts = line
            .split_once("->")
            .and_then(|(rooms, allowed)| Some((rooms, rooms.split_once('/')?.0, allowed)));
        let Some((rooms, library, allowed)) = parts else {
            return Err(format!("a row reads `crate/module -> names`, not `{line}`"));
        };
        let allowed: Vec<_> = self
            .expand(allowed)
            .iter()
            .map(|name| path(library, name))
            .collect();
        for room in rooms.split_whitespace() {
            if self
                .rows
                .insert(path(library, room), allowed.clone())
                .is_some()
            {
                return Err(format!("`{room}` has a row already"));
            }
        }
        Ok(())
    }

    fn expand(&self, names: &str) -> Vec<String> {
        let members = |name: &str| {
            self.sets
                .get(name)
                .cloned()
                .unwrap_or_else(|| vec![name.to_owned()])
        };
        names.split_whitespace().flat_map(members).collect()
    }
}

fn path(library: &str, name: &str) -> Path {
    let name = match name {
        "*" => library.to_owned(),
        name if name.starts_with("mesh-") => name.to_owned(),
        name => format!("{library}/{name}"),
    };
    name.split('/').map(str::to_owned).collect()
}
