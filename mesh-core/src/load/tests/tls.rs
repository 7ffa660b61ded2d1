//! What is asked of certificates, in each form.

use super::{refused, template, warned_by};
use crate::config::Config;

/// The validation of a listener, in a template.
fn of_listener(names: &str) -> String {
    template(&format!(
        "  A: {{Type: AWS::AppMesh::VirtualNode, Properties: {{MeshName: m, VirtualNodeName: a, Spec: {{\
         ServiceDiscovery: {{DNS: {{Hostname: a.local}}}}, Listeners: [{{PortMapping: {{Port: 80, Protocol: http}}, TLS: {{\
         Mode: STRICT, Certificate: {{SDS: {{SecretName: a}}}}, Validation: {{\
         Trust: {{SDS: {{SecretName: t}}}}, SubjectAlternativeNames: {{{names}}}}}}}}}]}}}}}}\n"
    ))
}

/// The validation of a caller, in another form.
fn of_caller(head: &str, names: &str) -> String {
    format!(
        "{head}\n  backendDefaults: {{clientPolicy: {{tls: {{validation: {{trust: {{file: {{certificateChain: /ca}}}}, \
         subjectAlternativeNames: {{{names}}}}}}}}}}}\n"
    )
}

const KUBERNETES: &str = "apiVersion: appmesh.k8s.aws/v1beta2\nkind: VirtualNode\nmetadata: {name: a, namespace: shop}\nspec:";
const API: &str = "meshName: shop\nvirtualNodeName: a\nspec:";

#[test]
fn a_list_of_names_that_names_nobody_is_refused() {
    refused(&of_listener("Match: {Exact: §[]}"), &["empty-list"]);
    for head in [KUBERNETES, API] {
        let text = of_caller(head, "match: {exact: §[]}");
        refused_in_shop(&text, &["empty-list"]);
        let text = of_caller(head, "§match: {}");
        refused_in_shop(&text, &["missing-property"]);
    }
}

#[test]
fn in_a_template_names_may_be_left_out_and_then_any_will_do() {
    let read = warned_by(Config::reader(), &of_listener("Match: {}"), &[]);
    let node = read.mesh().virtual_node("a").unwrap();
    let validation = node.listeners[0].tls.as_ref().unwrap().validation.as_ref();
    assert_eq!(validation.unwrap().subject_alternative_names, None);
}

fn refused_in_shop(marked: &str, codes: &[&str]) {
    super::refused_by(Config::reader().mesh("shop"), marked, codes);
}
