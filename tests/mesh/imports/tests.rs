//! The checker is checked: each form of import, planted where it is forbidden, is found.

use super::{Sources, Table};

const TABLE: &str = "\
```imports
words = name unit
mesh-core/lib    -> *
mesh-core/name   ->
mesh-core/unit config -> name
mesh-core/route  -> words   # not the model
```
";

const LIB: &str = "mod config; mod name; mod route; mod unit; pub use config::Mesh; pub use name::Name as MeshName;";

/// The sentences for a crate whose `route` and `route::path` read as given.
fn sentences(route: &str, path: &str) -> Vec<String> {
    let source = |file: &str| {
        let text = match file {
            "mesh-core/src/lib.rs" => LIB,
            "mesh-core/src/route/mod.rs" => route,
            "mesh-core/src/route/path.rs" => path,
            "mesh-core/src/name.rs" | "mesh-core/src/unit.rs" | "mesh-core/src/config.rs" => "",
            _ => return None,
        };
        Some(text.to_owned())
    };
    let sources = Sources::read(&["mesh-core"], &source).expect("the planted sources lex");
    sources.violations(&Table::read(TABLE).expect("the planted table reads"))
}

#[test]
fn a_forbidden_import_is_found_in_every_form() {
    for planted in [
        "use crate::config;",
        "use crate::config::Mesh as M;",
        "pub use super::super::config::Mesh;",
        "use crate::{name::Name, config::{self, Mesh}};",
        "use crate::{\n    unit, config};",
        "use crate::config::*;",
        "use crate::Mesh;",
        "fn f() -> crate::config::Mesh { g() }",
        "fn f() { debug_assert!(super::super::config::ok()) }",
        "fn f(x: &<crate::config::Mesh as Clone>::Out) {}",
        "mod inner { fn f() { super::super::super::config::ok(); } }",
        "use mesh_core::config::Mesh;",
        "#[cfg(test)] use crate::name::Name; use crate::config::Mesh;",
        "#[cfg(feature = \"x\")] use crate::config::Mesh;",
    ] {
        let found = sentences("mod path;", planted);
        assert!(!found.is_empty(), "not found: {planted}");
        assert!(
            found
                .iter()
                .all(|sentence| sentence.contains("imports `config`")),
            "{planted}: {found:?}"
        );
    }
}

#[test]
fn the_sentence_names_file_line_module_and_what_is_allowed() {
    let found = sentences("mod path;", "//! A page.\n\nuse crate::config::Mesh;\n");
    let wanted = "mesh-core/src/route/path.rs:3: `route` imports `config`, but ARCHITECTURE.md lets it import only `name`, `unit`";
    assert_eq!(found, [wanted]);
}

#[test]
fn allowed_imports_comments_strings_and_tests_are_silent() {
    for silent in [
        "use crate::name::Name; use super::super::unit; use super::Table; use self::deep::X;",
        "use crate::MeshName;",
        "// use crate::config;\n/* crate::config::Mesh */\n/// `crate::config::Mesh`\nfn f() {}",
        "const A: &str = \"use crate::config;\"; const B: &str = r#\"crate::config::x\"#;",
        "#[cfg(test)] mod tests { use crate::config::Mesh; }",
        "#[cfg(test)]\n#[expect(unused, reason = \"x\")]\nmod tests { use crate::config::Mesh; }",
        "#[cfg(test)] mod tests; ",
        "#[cfg(all(test, unix))] fn f() { crate::config::ok() }",
        "pub(crate) fn f(self) { self.config() } pub(in crate::route) struct X;",
    ] {
        let found = sentences("mod path;", silent);
        assert!(found.is_empty(), "{silent}: {found:?}");
    }
}

#[test]
fn a_module_without_a_row_and_a_row_without_a_module_are_told() {
    let source = |file: &str| match file {
        "mesh-core/src/lib.rs" => Some("mod name; mod unit; mod route; mod weight;".to_owned()),
        _ => ["name", "unit", "route", "weight"]
            .iter()
            .any(|module| file.ends_with(&format!("src/{module}.rs")))
            .then(String::new),
    };
    let sources = Sources::read(&["mesh-core"], &source).expect("the planted sources lex");
    let found = sources.violations(&Table::read(TABLE).expect("the planted table reads"));
    let wanted = [
        "ARCHITECTURE.md: no module stands behind the row `mesh-core/config`",
        "mesh-core/src/weight.rs:1: `mesh-core/weight` has no row in ARCHITECTURE.md; add `mesh-core/weight -> …` with what it may import",
    ];
    assert_eq!(found, wanted);
}

#[test]
fn a_missing_file_and_a_malformed_table_end_in_sentences() {
    let lost = Sources::read(&["mesh-core"], &|file| {
        file.ends_with("lib.rs").then(|| "mod lost;".to_owned())
    });
    assert_eq!(
        lost.unwrap_err(),
        "no file holds the module `mesh-core::lost`"
    );
    for (page, wanted) in [
        (
            "# Imports",
            "ARCHITECTURE.md has no block fenced with ```imports",
        ),
        (
            "```imports\nroute: name\n```",
            "ARCHITECTURE.md:2: a row reads `crate/module -> names`, not `route: name`",
        ),
        (
            "```imports\na/b ->\na/b -> c\n```",
            "ARCHITECTURE.md:3: `a/b` has a row already",
        ),
    ] {
        assert_eq!(Table::read(page).unwrap_err(), wanted);
    }
}
