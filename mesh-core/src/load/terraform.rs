//! Terraform's files, which are not read.

use super::{placeholder::Syntax, tree::Fault};
use crate::error::Location;

/// Where something is that only Terraform's files hold.
pub(super) fn part(text: &str, syntax: Syntax) -> Option<usize> {
    match syntax {
        Syntax::Json => in_json(text),
        Syntax::Yaml => block(text),
    }
}

/// Where a type of App Mesh's resources is a key.
fn in_json(text: &str) -> Option<usize> {
    let mut found = text.match_indices("\"aws_appmesh_");
    let (at, _) = found.find(|(at, prefix)| {
        let rest = text.get(at + prefix.len()..).unwrap_or_default();
        let after = RESOURCES.iter().find_map(|kind| rest.strip_prefix(kind));
        let after = after.and_then(|rest| rest.strip_prefix('"'));
        after.is_some_and(|rest| rest.trim_start().starts_with(':'))
    })?;
    Some(at)
}

/// Where a block stands in Terraform's own syntax, at the beginning of a line that opens a brace.
fn block(text: &str) -> Option<usize> {
    let mut start = 0;
    text.split_inclusive('\n').find_map(|line| {
        let from = start;
        start += line.len();
        let opens = line.trim_end().ends_with('{') && BLOCKS.iter().any(|b| line.starts_with(b));
        (opens || is_resource(line)).then_some(from)
    })
}

/// Whether a line begins a block of App Mesh's, which may end on it as well.
fn is_resource(line: &str) -> bool {
    let block = ["resource", "data"]
        .iter()
        .find_map(|block| line.strip_prefix(block));
    let kind = block.and_then(|rest| rest.trim_start().strip_prefix("\"aws_appmesh_"));
    kind.and_then(|rest| rest.split_once('"'))
        .is_some_and(|(kind, _)| RESOURCES.contains(&kind))
}

/// What to do about it.
pub(super) fn fault(at: Location) -> Fault {
    let message = "this is Terraform, which is not read: take the output of `aws appmesh describe-…` for each resource, or write \
                   the resources as CloudFormation";
    Fault::new("terraform", at, message)
}

/// The types of App Mesh's resources, without the prefix that all of them have.
///
/// # Source
/// Terraform's AWS provider, "App Mesh".
const RESOURCES: [&str; 7] = [
    "gateway_route",
    "mesh",
    "route",
    "virtual_gateway",
    "virtual_node",
    "virtual_router",
    "virtual_service",
];
/// What begins a block of Terraform's.
const BLOCKS: [&str; 9] = [
    "data \"",
    "locals {",
    "module \"",
    "moved {",
    "output \"",
    "provider \"",
    "resource \"",
    "terraform {",
    "variable \"",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terraform_is_told_by_its_blocks_and_in_json_by_its_types() {
        for (text, syntax, at) in [
            (
                "resource \"aws_appmesh_mesh\" \"m\" { name = \"m\" }",
                Syntax::Yaml,
                Some(0),
            ),
            (
                "# a\ndata \"aws_appmesh_route\" \"m\" {}",
                Syntax::Yaml,
                Some(4),
            ),
            ("locals {\n}", Syntax::Yaml, Some(0)),
            (
                "{\"resource\": {\"aws_appmesh_mesh\" : {}}}",
                Syntax::Json,
                Some(14),
            ),
            (
                "{\"a\": {\"aws_appmesh_x\": {\"aws_appmesh_virtual_node\": 1}}}",
                Syntax::Json,
                Some(25),
            ),
            (
                "a:\n  resource \"aws_appmesh_mesh\" \"m\" {}",
                Syntax::Yaml,
                None,
            ),
            (
                "resource \"aws_appmesh_requests_total\"",
                Syntax::Yaml,
                None,
            ),
            ("a: '\"aws_appmesh_mesh\": 1'", Syntax::Yaml, None),
            ("{\"a\": \"aws_appmesh_mesh\"}", Syntax::Json, None),
            ("{\"aws_appmesh_requests_total\": 1}", Syntax::Json, None),
            (
                "{\"a\": \"{\\\"aws_appmesh_mesh\\\": 1}\"}",
                Syntax::Json,
                None,
            ),
        ] {
            assert_eq!(part(text, syntax), at, "{text}");
        }
    }
}
