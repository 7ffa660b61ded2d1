//! References to what other stacks define, and files that hold several meshes.

use super::{ONE, codes, node, routed, template, warned};
use crate::{config::Config, error::Severity, load::Reader};

fn route() -> String {
    routed(&format!("{{HttpRoute: {{Match: {{}}, {ONE}}}}}"))
}

/// A template with one reference that leads nowhere, the code of that, whether the service is without its provider then, and how many
/// routes the router has.
type Dangling = (String, &'static str, bool, usize);

fn dangling() -> [Dangling; 4] {
    let to_node = route().replace(
        "VirtualRouter: {VirtualRouterName: r}",
        "VirtualNode: {VirtualNodeName: gone}",
    );
    let to_router = route().replace("{VirtualRouterName: r}", "{VirtualRouterName: gone}");
    let of_router = route().replace("VirtualRouterName: r\n", "VirtualRouterName: gone\n");
    let target = route().replace("VirtualNode: a", "VirtualNode: gone");
    [
        (target, "missing-target", false, 0),
        (of_router, "missing-router", false, 0),
        (to_router, "missing-provider", true, 1),
        (to_node, "missing-provider", true, 1),
    ]
}

#[test]
fn what_refers_to_another_stack_is_refused_with_the_way_out() {
    for (text, code, ..) in dangling() {
        let errors = Config::parse("m", &text).expect_err(&text);
        assert_eq!(codes(&errors), [code], "{errors}");
        for way in ["`Reader::allow_missing`", "`--allow-dangling`"] {
            assert!(errors.to_string().contains(way), "{errors}");
        }
    }
}

#[test]
fn what_refers_to_another_stack_is_left_out_if_that_is_allowed_and_a_service_refuses_its_calls() {
    for (text, code, refuses, routes) in dangling() {
        let reader = Config::reader().allow_missing();
        let read = reader.document("m", text.as_str()).read();
        let config = read.unwrap_or_else(|errors| panic!("{errors}"));
        let found = config.warnings().iter().filter(|p| p.code == code);
        let [warning] = found.collect::<Vec<_>>()[..] else {
            panic!("{:?}", config.warnings())
        };
        assert_eq!(warning.severity, Severity::Warning);
        assert!(warning.location.is_some(), "{warning}");
        let told = match refuses {
            true => "refuses every call",
            false => "left out",
        };
        assert!(warning.message.contains(told), "{warning}");
        let router = config.mesh().virtual_router("r");
        assert_eq!(router.map(|router| router.routes.len()), Some(routes));
        // It stays, so that its calls do not go past the mesh.
        let services = config.mesh().virtual_services();
        let without: Vec<_> = services.map(|it| it.provider.is_none()).collect();
        assert_eq!(without, [refuses], "{text}");
    }
}

#[test]
fn nothing_is_left_out_of_what_is_whole() {
    let read = Config::reader()
        .allow_missing()
        .document("m", route())
        .read()
        .unwrap();
    assert_eq!(read.mesh(), Config::parse("m", &route()).unwrap().mesh());
    assert_eq!(read.warnings(), []);
}

#[test]
fn what_could_not_be_read_is_no_reason_to_leave_something_out() {
    let unread = "Resources: [";
    let text = route().replace("VirtualNode: a", "VirtualNode: gone");
    let reader = Config::reader().allow_missing().document("m", text);
    let errors = reader.document("n", unread).read().unwrap_err();
    assert_eq!(codes(&errors), ["broken-yaml"], "{errors}");
    assert_eq!(errors.warnings().count(), 0, "{errors}");
}

#[test]
fn members_of_a_mesh_defined_elsewhere_are_left_out() {
    let other = node("b").replace("MeshName: m", "MeshName: §mm");
    warned(
        &template(&format!("{}{other}", node("a"))),
        &["missing-mesh"],
    );
    let gateway = "  G: {Type: AWS::AppMesh::VirtualGateway, Properties: {MeshName: §mm, Spec: {Listeners: []}}}\n";
    warned(&template(gateway), &["missing-mesh"]);
    let text = template(&other.replace('§', ""));
    let config = Config::parse("m", &text).unwrap();
    assert_eq!(config.mesh().virtual_nodes().count(), 0);
    assert!(config.warnings()[0].message.contains("did you mean `m`?"));
    let chosen = Config::reader()
        .mesh("mm")
        .document("m", text)
        .read()
        .unwrap();
    assert_eq!(chosen.mesh().virtual_nodes().count(), 1);
}

#[test]
fn each_mesh_is_read_in_turn_and_all_their_problems_are_told_once() {
    let two = |nodes: &str| {
        let second = "  N: {Type: AWS::AppMesh::Mesh, Properties: {MeshName: n}}\n";
        let reader = Config::reader().document("m", template(&format!("{second}{nodes}")));
        reader.read_each()
    };
    let of =
        |mesh: &str, name: &str| node(name).replace("MeshName: m", &format!("MeshName: {mesh}"));
    let configs = two(&format!("{}{}", of("m", "a"), of("n", "b"))).unwrap();
    let found: Vec<_> = configs
        .iter()
        .map(|config| {
            let nodes = config.mesh().virtual_nodes().map(|node| node.name.as_str());
            (
                config.mesh().name().as_str(),
                nodes.collect::<Vec<_>>(),
                config.resources(),
            )
        })
        .collect();
    assert_eq!(found, [("m", vec!["a"], 4), ("n", vec!["b"], 4)]);
    let broken = |mesh: &str, name: &str| of(mesh, name).replace("Port: 80", "Port: 0");
    let errors = two(&format!("{}{}", broken("m", "a"), broken("n", "b"))).unwrap_err();
    assert_eq!(codes(&errors), ["out-of-range"; 2], "{errors}");
    let unread = "  X: {Type: AWS::AppMesh::VirtualNode, Properties: {MeshName: m, Spek: {}}}\n";
    let errors = two(unread).unwrap_err();
    assert_eq!(codes(&errors), ["unknown-property"], "{errors}");
    assert_eq!(errors.resources(), 3);
    let errors = two("  X: {Type: AWS::AppMesh::VirtualService}\n").unwrap_err();
    assert_eq!(codes(&errors), ["missing-property"; 3], "{errors}");
    let one = Config::reader()
        .document("m", template(""))
        .read_each()
        .unwrap();
    assert_eq!(one.len(), 1);
    let none = Config::reader()
        .document("m", "Resources: {}")
        .read_each()
        .unwrap_err();
    assert_eq!(codes(&none), ["no-app-mesh-resources"]);
    let many = (0..65)
        .map(|i| format!("  M{i}: {{Type: AWS::AppMesh::Mesh, Properties: {{MeshName: m{i}}}}}\n"));
    let text = format!("Resources:\n{}", many.collect::<String>());
    let many = Config::reader()
        .document("m", text)
        .read_each()
        .unwrap_err();
    assert_eq!(codes(&many), ["several-meshes"]);
}

#[test]
fn a_mesh_that_is_named_otherwise_counts_where_none_was_named() {
    let two = "Resources:\n  A: {Type: AWS::AppMesh::Mesh, Properties: {MeshName: a}}\n  \
               B: {Type: AWS::AppMesh::Mesh, Properties: {MeshName: b}}\n";
    let unnamed = r#"{"virtualNodeName": "n", "spec": {}}"#;
    let named = |reader: Reader, text: &str| {
        let config = reader.document("m", text).read();
        config.map(|config| config.mesh().name().to_string()).ok()
    };
    let otherwise = || Config::reader().or_mesh("b");
    assert_eq!(named(otherwise(), two).as_deref(), Some("b"));
    assert_eq!(named(otherwise(), unnamed).as_deref(), Some("b"));
    let chosen = Config::reader().mesh("a").or_mesh("b");
    assert_eq!(named(chosen, two).as_deref(), Some("a"));
    assert_eq!(named(Config::reader().or_mesh("c"), two), None);
}
