//! Terraform's files, which are not read.

use super::tree::Fault;
use crate::error::Location;

/// Where something is that only Terraform's files hold.
pub(super) fn part(text: &str) -> Option<usize> {
    let resource = TERRAFORM.iter().filter_map(|part| text.find(part)).min();
    let mut start = 0;
    let mut blocks = text.split_inclusive('\n').filter_map(|line| {
        let from = start;
        start += line.len();
        let block = line.trim_end().ends_with('{') && BLOCKS.iter().any(|b| line.starts_with(b));
        block.then_some(from)
    });
    resource.or_else(|| blocks.next())
}

/// What to do about it.
pub(super) fn fault(at: Location) -> Fault {
    let message = "this is Terraform, which is not read: take the output of `aws appmesh describe-…` for each resource, or write \
                   the resources as CloudFormation";
    Fault::new("terraform", at, message)
}

/// The resources of Terraform's provider, in its own syntax and in JSON.
const TERRAFORM: [&str; 3] = [
    "resource \"aws_appmesh_",
    "data \"aws_appmesh_",
    "\"aws_appmesh_",
];
/// What begins a block of Terraform's, at the beginning of a line that opens a brace.
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
