//! What the readers promise for any text at all; the targets differ in what they are given to begin with.

use std::{collections::BTreeMap, sync::LazyLock};

use http::{HeaderMap, Method, Uri};
use mesh_core::{
    Config, Head, Snapshot,
    config::{Mesh, ResourceKind},
    error::{ConfigErrors, Problem},
    load::Reader,
};

/// Reads a text, and again with the values that its problems ask for, which may ask for more; gives what is wrong all the same.
///
/// # Panics
/// A promise is broken.
pub fn read(text: &str, reader: impl Fn() -> Reader) -> Option<ConfigErrors> {
    let mut given = BTreeMap::new();
    loop {
        let reader = || with(&given, reader()).document(DOCUMENT, text);
        let errors = once(text, reader)?;
        let wanted = wanted(&errors);
        if let Some(name) = wanted.keys().find(|name| given.contains_key(*name)) {
            panic!("{name} was given and is still wanted: {errors}");
        }
        if wanted.is_empty() || given.len() > VALUES {
            return Some(errors);
        }
        given.extend(wanted);
    }
}

/// The kinds that a bare spec can be said to be of.
pub static KINDS: LazyLock<Vec<ResourceKind>> = LazyLock::new(|| {
    let names = [
        "Mesh",
        "VirtualNode",
        "VirtualRouter",
        "Route",
        "VirtualService",
        "VirtualGateway",
        "GatewayRoute",
    ];
    names.iter().map(|name| name.parse().expect(name)).collect()
});

/// What a value is given as.
#[derive(Clone, Copy)]
enum Given {
    Parameter,
    Placeholder,
}

fn wanted(errors: &ConfigErrors) -> BTreeMap<String, Given> {
    let wanted = errors.errors().filter_map(|problem| {
        let given = match problem.code {
            "unfilled-placeholder" => Given::Placeholder,
            _ => Given::Parameter,
        };
        Some((problem.wants()?.to_owned(), given))
    });
    wanted.collect()
}

/// A number is a name too, so this does for most of what is wanted.
fn with(given: &BTreeMap<String, Given>, reader: Reader) -> Reader {
    given
        .iter()
        .fold(reader, |reader, (name, given)| match given {
            Given::Parameter => reader.parameter(name, VALUE),
            Given::Placeholder => reader.substitute(name, VALUE),
        })
}

/// Reading twice gives the same; what is taken compiles, and what is refused says where.
fn once(text: &str, reader: impl Fn() -> Reader) -> Option<ConfigErrors> {
    match (reader().read(), reader().read()) {
        (Ok(config), Ok(again)) => {
            assert_eq!(config.mesh(), again.mesh());
            assert_eq!(config.warnings(), again.warnings());
            taken(&config, &reader);
            in_place(text, config.warnings());
            None
        }
        (Err(errors), Err(again)) => {
            assert_eq!(errors, again);
            assert!(errors.errors().next().is_some(), "refused without a reason");
            in_place(text, errors.problems());
            drop(reader().read_each());
            Some(errors)
        }
        (one, other) => panic!("taken one time and not the other: {one:?}, {other:?}"),
    }
}

/// Who is less strict takes the same.
fn taken(config: &Config, reader: impl Fn() -> Reader) {
    let lax = reader().lenient().allow_missing().last_wins().read();
    let lax = lax.expect("who is less strict takes it too");
    assert_eq!(lax.mesh(), config.mesh());
    let each = reader().read_each().expect("it is one mesh");
    assert!(matches!(each.as_slice(), [only] if only.mesh() == config.mesh()));
    let mesh = config.mesh();
    let nodes = mesh
        .virtual_nodes()
        .map(|node| config.node(node.name.as_str()));
    let gateways = mesh
        .virtual_gateways()
        .map(|gateway| config.gateway(gateway.name.as_str()));
    for role in nodes.chain(gateways) {
        let role = role.expect("it is there");
        let snapshot = role.compile().expect("what was taken compiles");
        asked(mesh, &snapshot);
    }
    written(mesh);
}

/// What is written as the API's JSON is the same mesh when it is read.
fn written(mesh: &Mesh) {
    let documents = mesh.to_api_json();
    // A text that looks like a template of some language is taken for one, within a string too.
    let template = |text: &str| TEMPLATES.iter().any(|mark| text.contains(mark));
    if documents.iter().any(|document| template(&document.text)) {
        return;
    }
    let reader = documents.iter().fold(Config::reader(), |reader, document| {
        reader.document(&document.name, document.text.as_str())
    });
    let read = reader.read().expect("what was written is read");
    assert_eq!(read.mesh(), mesh);
}

/// Every decision can be had and told.
fn asked(mesh: &Mesh, snapshot: &Snapshot) {
    for service in mesh.virtual_services().take(SERVICES) {
        let Ok(uri) = format!("http://{}/a/b?c=d", service.name).parse::<Uri>() else {
            continue;
        };
        let headers = HeaderMap::new();
        for method in [Method::GET, Method::POST] {
            let decision = snapshot.decide(&Head::new(&method, &uri, &headers));
            assert!(!decision.explain().is_empty());
            let json = decision.to_json();
            serde_json::from_str::<serde_json::Value>(&json).expect("it is JSON");
        }
    }
}

/// Every problem stands in the text, and is told in one line.
fn in_place(text: &str, problems: &[Problem]) {
    let lines = text.replace("\r\n", "\n").replace('\r', "\n");
    let lines: Vec<&str> = lines.split('\n').collect();
    // A placeholder's default, or the value that was given for it, may be longer than the placeholder; and whether a carriage return
    // alone ends a line is YAML's opinion.
    let moved = text.contains(['$', '{', '<']) || text.replace("\r\n", "").contains('\r');
    for problem in problems {
        let place = problem.location.as_ref();
        let place = place.unwrap_or_else(|| panic!("nowhere: {problem}"));
        assert_eq!(&*place.document, DOCUMENT);
        assert!(place.line >= 1 && place.column >= 1, "{problem}");
        assert!(place.line <= lines.len() + 1, "below the text: {problem}");
        let line = lines.get(place.line - 1).copied().unwrap_or_default();
        assert!(
            moved || place.column <= line.chars().count() + 1,
            "beside the text: {problem}"
        );
        let told = problem.to_string();
        assert!(!told.contains(char::is_control), "{told:?}");
        assert!(told.len() < LONGEST, "{} bytes: {told}", told.len());
    }
}

const DOCUMENT: &str = "fuzz";
const VALUE: &str = "1";
/// A value may lead to a question that was not asked before, but not for ever.
const VALUES: usize = 8;
const SERVICES: usize = 4;
const TEMPLATES: [&str; 5] = [
    "{{",
    "AWS::AppMesh::",
    "aws_appmesh_",
    "Resources",
    "appmesh.k8s.aws/",
];
/// A sentence that quotes eight names of eighty characters, each as `\u{…}`.
const LONGEST: usize = 16_000;
