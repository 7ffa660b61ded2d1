//! Who may import whom: the table in ARCHITECTURE.md against the sources of the three libraries.

mod scan;
mod table;
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use self::scan::{Import, Path, Scan};
use self::table::Table;

const LIBRARIES: [&str; 3] = ["mesh-core", "mesh-tower", "mesh-xray"];

#[test]
fn every_module_imports_only_what_architecture_md_allows() {
    let root = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    let page = fs::read_to_string(root.join("ARCHITECTURE.md"))
        .expect("ARCHITECTURE.md stands at the root");
    let table = Table::read(&page).unwrap_or_else(|sentence| panic!("{sentence}"));
    let sources = Sources::read(&LIBRARIES, &|file| fs::read_to_string(root.join(file)).ok())
        .unwrap_or_else(|sentence| panic!("{sentence}"));
    let sentences = sources.violations(&table);
    assert!(sentences.is_empty(), "\n{}\n", sentences.join("\n"));
}

/// The modules of the libraries, as far as their `mod` lines lead from each `lib.rs`.
#[derive(Debug, Default)]
struct Sources {
    modules: Vec<Module>,
    /// What `lib.rs` re-exports: (crate, name) to the path that defines it.
    reexports: BTreeMap<(String, String), Path>,
    /// The top-level modules, as `[crate, module]`.
    rooms: BTreeSet<Path>,
}

#[derive(Debug)]
struct Module {
    file: String,
    path: Path,
    imports: Vec<Import>,
}

impl Sources {
    fn read(libraries: &[&str], source: &dyn Fn(&str) -> Option<String>) -> Result<Self, String> {
        let mut sources = Self::default();
        for library in libraries {
            let mut waiting = vec![vec![(*library).to_owned()]];
            while let Some(path) = waiting.pop() {
                let file = candidates(&path)
                    .into_iter()
                    .find(|file| source(file).is_some());
                let file =
                    file.ok_or_else(|| format!("no file holds the module `{}`", path.join("::")))?;
                let text = source(&file).unwrap_or_default();
                let scan = Scan::read(&text, &path).map_err(|reason| format!("{file} {reason}"))?;
                waiting.extend(scan.children.iter().cloned());
                sources.add(Module {
                    file,
                    path,
                    imports: scan.imports,
                });
            }
        }
        Ok(sources)
    }

    fn add(&mut self, module: Module) {
        match module.path.as_slice() {
            [library] => {
                let named = module.imports.iter();
                let named = named
                    .map(|import| ((library.clone(), import.name.clone()), import.path.clone()));
                self.reexports.extend(named);
            }
            [_, _] => {
                self.rooms.insert(module.path.clone());
            }
            _ => {}
        }
        self.modules.push(module);
    }

    /// One sentence for each import the table forbids, each module without a row and each row without a module.
    fn violations(&self, table: &Table) -> Vec<String> {
        let mut sentences: Vec<_> = self
            .modules
            .iter()
            .flat_map(|module| self.judge(module, table))
            .collect();
        sentences.extend(self.rooms_without_row(table));
        sentences.extend(self.rows_without_room(table));
        sentences.sort();
        sentences
    }

    fn judge(&self, module: &Module, table: &Table) -> Vec<String> {
        let room = room(&module.path);
        let Some(allowed) = table.row(&room) else {
            return Vec::new();
        };
        let offends = |import: &&Import| {
            let target = self.defined(&import.path, 0);
            !target.starts_with(&room) && !allowed.iter().any(|entry| target.starts_with(entry))
        };
        let offences = module.imports.iter().filter(offends);
        let sentence = |import: &Import| {
            format!(
                "{}:{}: `{}` imports `{}`, but ARCHITECTURE.md lets it import {}",
                module.file,
                import.line,
                room[1..].join("::"),
                short(&room, &self.defined(&import.path, 0)),
                listed(&room, allowed),
            )
        };
        offences.map(sentence).collect()
    }

    /// Where what `path` names is defined: its own module, followed through what the crate roots re-export.
    fn defined(&self, path: &[String], depth: usize) -> Path {
        let [library, name, rest @ ..] = path else {
            return room(path);
        };
        if self.rooms.contains(&path[..2]) {
            return path.to_vec();
        }
        match self.reexports.get(&(library.clone(), name.clone())) {
            Some(target) if depth < MAX_REEXPORTS && target != path => {
                self.defined(&[target, rest].concat(), depth + 1)
            }
            _ => vec![library.clone(), "lib".to_owned()],
        }
    }

    fn rooms_without_row(&self, table: &Table) -> Vec<String> {
        let unlisted = self.modules.iter().filter(|module| module.path.len() <= 2);
        let unlisted = unlisted.filter(|module| table.row(&room(&module.path)).is_none());
        let sentence = |module: &Module| {
            let room = room(&module.path).join("/");
            format!(
                "{}:1: `{room}` has no row in ARCHITECTURE.md; add `{room} -> …` with what it may import",
                module.file
            )
        };
        unlisted.map(sentence).collect()
    }

    fn rows_without_room(&self, table: &Table) -> Vec<String> {
        let read = |room: &Path| {
            self.modules
                .iter()
                .any(|module| room.starts_with(&module.path[..1]))
        };
        let stale = table
            .rooms()
            .filter(|room| room[1] != "lib" && read(room) && !self.rooms.contains(*room));
        stale
            .map(|room| {
                format!(
                    "ARCHITECTURE.md: no module stands behind the row `{}`",
                    room.join("/")
                )
            })
            .collect()
    }
}

/// The top-level module a path lies in; the crate root itself counts as the module `lib`.
fn room(path: &[String]) -> Path {
    match path {
        [library] => vec![library.clone(), "lib".to_owned()],
        _ => path.iter().take(2).cloned().collect(),
    }
}

/// The files in which a module can stand.
fn candidates(path: &[String]) -> Vec<String> {
    let (library, modules) = path.split_first().expect("a path starts with its crate");
    let below = modules.join("/");
    if modules.is_empty() {
        return vec![format!("{library}/src/lib.rs")];
    }
    vec![
        format!("{library}/src/{below}.rs"),
        format!("{library}/src/{below}/mod.rs"),
    ]
}

fn listed(room: &[String], allowed: &[Path]) -> String {
    if allowed.is_empty() {
        return "nothing of ours".to_owned();
    }
    let names: Vec<_> = allowed
        .iter()
        .map(|path| format!("`{}`", short(room, path)))
        .collect();
    format!("only {}", names.join(", "))
}

/// A module's name as its neighbours know it: without the crate when that is their own.
fn short(room: &[String], path: &[String]) -> String {
    match path {
        [library] if *library == room[0] => "*".to_owned(),
        [library, module, ..] if *library == room[0] => module.clone(),
        [library, module, ..] if module != "lib" => format!("{library}/{module}"),
        _ => path[0].clone(),
    }
}

/// Bounds the walk through re-exports of re-exports.
const MAX_REEXPORTS: usize = 4;
