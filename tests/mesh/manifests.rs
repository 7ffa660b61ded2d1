//! What the manifests promise: which crates depend on what, and that no library loosens a lint.

use std::fs;

use toml::{Table, Value};

const LIBRARIES: [&str; 3] = ["mesh-core", "mesh-tower", "mesh-xray"];

#[test]
fn mesh_tower_stands_directly_on_the_crates_its_design_names() {
    let manifest = read("mesh-tower/Cargo.toml");
    let direct = names(&manifest, "dependencies");
    for crate_name in [
        "futures",
        "http",
        "hyper",
        "pin-project",
        "thiserror",
        "tower-layer",
        "tower-service",
        "tracing",
    ] {
        assert!(
            direct.iter().any(|name| name == crate_name),
            "mesh-tower does not depend on `{crate_name}`: {direct:?}"
        );
    }
}

#[test]
fn mesh_core_has_no_runtime_to_lean_on() {
    let direct = names(&read("mesh-core/Cargo.toml"), "dependencies");
    assert_eq!(
        direct,
        [
            "http",
            "regex",
            "regex-syntax",
            "saphyr-parser",
            "thiserror"
        ],
        "mesh-core decides: no I/O, no runtime, no log"
    );
}

#[test]
fn the_libraries_point_only_where_the_crate_arrows_do() {
    for (library, arrows) in [
        ("mesh-core", vec![]),
        ("mesh-tower", vec!["mesh-core", "mesh-xray"]),
        ("mesh-xray", vec![]),
    ] {
        let mut direct = names(&read(&format!("{library}/Cargo.toml")), "dependencies");
        direct.retain(|name| name.starts_with("mesh-"));
        assert_eq!(direct, arrows, "the arrows of {library}");
    }
}

#[test]
fn axum_tonic_and_the_aws_sdk_come_only_when_asked_for() {
    let manifest = read("mesh-tower/Cargo.toml");
    let on_by_default = enabled_by(&manifest, "default");
    for adapter in ["aws-sdk-servicediscovery", "axum", "tonic"] {
        let dependency = &manifest["dependencies"][adapter];
        let optional = dependency.get("optional").and_then(Value::as_bool);
        assert_eq!(
            optional,
            Some(true),
            "`{adapter}` is a dependency of everybody"
        );
        let by_default = on_by_default
            .iter()
            .any(|feature| *feature == adapter || *feature == format!("dep:{adapter}"));
        assert!(
            !by_default,
            "mesh-tower's default features bring in `{adapter}`: {on_by_default:?}"
        );
    }
}

#[test]
fn unsafe_stays_forbidden_and_every_library_inherits_the_lints() {
    let workspace = read("Cargo.toml");
    assert_eq!(
        workspace["workspace"]["lints"]["rust"]["unsafe_code"].as_str(),
        Some("forbid")
    );
    for library in LIBRARIES {
        let manifest = read(&format!("{library}/Cargo.toml"));
        let inherited = manifest
            .get("lints")
            .and_then(|lints| lints.get("workspace"))
            .and_then(Value::as_bool);
        assert_eq!(
            inherited,
            Some(true),
            "{library} does not inherit the workspace's lints"
        );
        let page = text(&format!("{library}/src/lib.rs"));
        assert!(
            page.contains("(missing_docs)"),
            "{library}/src/lib.rs does not turn `missing_docs` on"
        );
    }
}

#[test]
fn versions_stand_in_the_workspace_alone() {
    for library in LIBRARIES {
        let manifest = read(&format!("{library}/Cargo.toml"));
        for section in ["dependencies", "dev-dependencies"] {
            for (name, dependency) in manifest
                .get(section)
                .and_then(Value::as_table)
                .into_iter()
                .flatten()
            {
                let inherited = dependency.get("workspace").and_then(Value::as_bool);
                assert_eq!(
                    inherited,
                    Some(true),
                    "{library} states a version of `{name}` of its own"
                );
            }
        }
    }
}

fn text(file: &str) -> String {
    let path = format!("{}/../{file}", env!("CARGO_MANIFEST_DIR"));
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{file}: {error}"))
}

fn read(file: &str) -> Table {
    text(file)
        .parse()
        .unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// The names in a section, in order.
fn names(manifest: &Table, section: &str) -> Vec<String> {
    let mut names: Vec<_> = manifest[section]
        .as_table()
        .into_iter()
        .flat_map(Table::keys)
        .cloned()
        .collect();
    names.sort();
    names
}

/// Everything a feature turns on, through other features.
fn enabled_by(manifest: &Table, feature: &str) -> Vec<String> {
    let features = manifest["features"]
        .as_table()
        .expect("[features] is a table");
    let mut enabled = vec![feature.to_owned()];
    let mut at = 0;
    while let Some(name) = enabled.get(at) {
        let listed = features
            .get(name)
            .and_then(Value::as_array)
            .into_iter()
            .flatten();
        let listed = listed.filter_map(Value::as_str).map(str::to_owned);
        let new: Vec<_> = listed.filter(|name| !enabled.contains(name)).collect();
        enabled.extend(new);
        at += 1;
    }
    enabled
}
