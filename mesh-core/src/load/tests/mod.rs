//! Templates in, configuration or report out.

mod arrays;
mod cases;
mod cdk;
mod choices;
mod conditions;
mod constraints;
mod documents;
mod elsewhere;
mod functions;
mod grpc;
// Large texts, every one: an interpreter takes hours.
#[cfg(not(miri))]
mod hostile;
mod intrinsics;
mod left_out;
mod listeners;
mod merges;
mod missing;
mod mutations;
mod objects;
mod once;
mod order;
mod resources;
mod seed;
mod templates;
mod tls;
mod warnings;

use crate::{config::Config, error::ConfigErrors, load::Reader};

/// Asserts that a text is refused with these errors and no others, at the places before which it has a `§`.
fn refused(marked: &str, codes: &[&str]) {
    refused_by(Config::reader(), marked, codes);
}

/// The same with a reader that knows more; what the report says comes back.
fn refused_by(reader: Reader, marked: &str, codes: &[&str]) -> String {
    let (text, places) = unmarked(marked);
    let read = reader.document("mesh.yaml", text.as_str()).read();
    let errors = read.expect_err(&format!("{codes:?}: taken\n{text}"));
    let found: Vec<_> = errors
        .errors()
        .map(|p| (p.code, at(p.location.as_ref())))
        .collect();
    let wanted: Vec<_> = codes.iter().copied().zip(places).collect();
    assert_eq!(found, wanted, "{errors}\n{text}");
    errors.to_string()
}

/// Asserts that a text is taken with these warnings and no others, at the places before which it has a `§`.
fn warned(marked: &str, codes: &[&str]) {
    warned_by(Config::reader(), marked, codes);
}

/// The same with a reader that knows more; what was read comes back.
fn warned_by(reader: Reader, marked: &str, codes: &[&str]) -> Config {
    let (text, places) = unmarked(marked);
    let read = reader.document("m", text.as_str()).read();
    let config = read.unwrap_or_else(|errors| panic!("{text}\n{errors}"));
    let found = config
        .warnings()
        .iter()
        .map(|p| (p.code, at(p.location.as_ref())));
    let wanted: Vec<_> = codes.iter().copied().zip(places).collect();
    assert_eq!(found.collect::<Vec<_>>(), wanted, "{text}");
    config
}

/// The text without its marks, and the line and column of each.
fn unmarked(marked: &str) -> (String, Vec<(usize, usize)>) {
    let mut places = Vec::new();
    for (index, line) in marked.lines().enumerate() {
        let marks = line.chars().enumerate().filter(|(_, c)| *c == '§');
        places.extend(
            marks
                .enumerate()
                .map(|(before, (column, _))| (index + 1, column + 1 - before)),
        );
    }
    (marked.replace('§', ""), places)
}

fn at(location: Option<&crate::error::Location>) -> (usize, usize) {
    location.map_or((0, 0), |location| (location.line, location.column))
}

/// The codes of all errors, in the order of their places.
fn codes(errors: &ConfigErrors) -> Vec<&'static str> {
    errors.errors().map(|problem| problem.code).collect()
}

/// A template with one mesh and these resources.
fn template(resources: &str) -> String {
    format!(
        "Resources:\n  M: {{Type: AWS::AppMesh::Mesh, Properties: {{MeshName: m}}}}\n{resources}"
    )
}

/// A virtual node that listens, as a template's line.
fn node(name: &str) -> String {
    format!(
        "  {name}: {{Type: AWS::AppMesh::VirtualNode, Properties: {{MeshName: m, VirtualNodeName: {name}, Spec: {{\
         Listeners: [{{PortMapping: {{Port: 80, Protocol: http}}}}], ServiceDiscovery: {{DNS: {{Hostname: {name}.local}}}}}}}}}}\n"
    )
}

/// A service, its router `r`, the nodes `a` and `b`, and one route with this spec.
fn routed(spec: &str) -> String {
    template(&format!(
        "{}{}  R: {{Type: AWS::AppMesh::VirtualRouter, Properties: {{MeshName: m, VirtualRouterName: r, Spec: {{\
         Listeners: [{{PortMapping: {{Port: 80, Protocol: http}}}}]}}}}}}\n\
         \x20 S: {{Type: AWS::AppMesh::VirtualService, Properties: {{MeshName: m, VirtualServiceName: s.local, Spec: {{\
         Provider: {{VirtualRouter: {{VirtualRouterName: r}}}}}}}}}}\n\
         \x20 T:\n    Type: AWS::AppMesh::Route\n    Properties:\n      MeshName: m\n      VirtualRouterName: r\n      RouteName: t\n\
         \x20     Spec: {spec}\n",
        node("a"),
        node("b"),
    ))
}

/// A route to `a` with this match, given as the members of a flow mapping.
fn matching(conditions: &str) -> String {
    routed(&format!(
        "{{HttpRoute: {{Match: {{{conditions}}}, Action: {{WeightedTargets: [{{VirtualNode: a, Weight: 1}}]}}}}}}"
    ))
}

/// A route's action: everything to `a`.
const ONE: &str = "Action: {WeightedTargets: [{VirtualNode: a, Weight: 1}]}";
