//! Texts that mean harm, in each form: an error or a right answer, and soon. What is quadratic here takes minutes.

use super::{at, codes};
use crate::config::Config;

/// A form: the text before and behind something that stands where its spec's first property is.
struct Form {
    name: &'static str,
    before: &'static str,
    behind: &'static str,
    name_is: &'static str,
}

const FORMS: [Form; 3] = [
    Form {
        name: "mesh.yaml",
        before: "Resources:\n  S:\n    Type: AWS::AppMesh::VirtualService\n    Properties:\n      MeshName: shop\n      VirtualServiceName: orders.web\n      Spec: ",
        behind: "\n",
        name_is: "orders.web",
    },
    Form {
        name: "object.yaml",
        before: "apiVersion: appmesh.k8s.aws/v1beta2\nkind: VirtualService\nmetadata: {name: orders, namespace: web}\nspec: ",
        behind: "\n",
        name_is: "orders.web",
    },
    Form {
        name: "service.json",
        before: "{\"virtualServiceName\": \"orders.web\", \"spec\": ",
        behind: "}",
        name_is: "orders.web",
    },
];

impl Form {
    fn with(&self, spec: &str) -> String {
        format!("{}{spec}{}", self.before, self.behind)
    }

    fn read(&self, text: &str) -> Result<Config, crate::error::ConfigErrors> {
        let reader = Config::reader().mesh("shop").allow_missing();
        reader.document(self.name, text).read()
    }

    /// Asserts that this is refused for one reason.
    fn refuses(&self, spec: &str, code: &str) {
        let text = self.with(spec);
        let shown: String = text.chars().take(300).collect();
        let errors = self.read(&text).expect_err(&shown);
        assert_eq!(codes(&errors), [code], "{}: {shown}\n{errors}", self.name);
        let problem = errors.errors().next().expect("there is one");
        assert!(at(problem.location.as_ref()).0 > 0, "{problem}");
    }

    /// Asserts that this is taken for the service that it is.
    fn takes(&self, text: &str) {
        let config = self
            .read(text)
            .unwrap_or_else(|errors| panic!("{text}\n{errors}"));
        assert!(
            config.mesh().virtual_service(self.name_is).is_some(),
            "{text}"
        );
    }
}

#[test]
fn depth_size_and_what_is_no_text_end_in_one_error() {
    for form in &FORMS {
        for more in [100, 100_000] {
            form.refuses(&"[".repeat(more), "nested-too-deep");
            form.refuses(&"{\"a\":".repeat(more), "nested-too-deep");
        }
        form.refuses(
            &format!("[{}1]", "1,".repeat(400_000)),
            "document-too-large",
        );
        form.refuses(
            &format!("\"{}\"", "x".repeat(100 << 20)),
            "document-too-large",
        );
        form.refuses("{}\u{0}", "control-character");
        form.refuses("{\"a\u{1b}\": 1}", "control-character");
    }
}

#[test]
fn huge_numbers_and_other_types_are_told_as_such() {
    for form in &FORMS {
        for value in [
            "1e999",
            "-0",
            "99999999999999999999999999",
            "true",
            "[]",
            "\"x\"",
            "1e-999",
        ] {
            let errors = form.read(&form.with(value)).expect_err(value);
            assert_eq!(
                codes(&errors),
                ["wrong-type"],
                "{}: {value}: {errors}",
                form.name
            );
        }
    }
    let port = |port: &str| {
        format!(
            "{{\"virtualRouterName\": \"r\", \"spec\": {{\"listeners\": [{{\"portMapping\": {{\"port\": {port}, \"protocol\": \"http\"}}}}]}}}}"
        )
    };
    let digits = "9".repeat(100_000);
    for (number, code) in [
        ("1e999", "wrong-type"),
        (&*digits, "wrong-type"),
        ("4294967376", "out-of-range"),
        ("80.5", "wrong-type"),
    ] {
        let read = Config::reader()
            .mesh("shop")
            .document("r", port(number))
            .read();
        assert_eq!(codes(&read.unwrap_err()), [code], "{number:.20}");
    }
}

#[test]
fn line_ends_marks_tabs_and_other_scripts_do_no_harm() {
    for form in &FORMS {
        let plain = form.with("{}");
        form.takes(&plain);
        form.takes(&format!("\u{feff}{plain}"));
        form.takes(&plain.replace('\n', "\r\n"));
        form.takes(&form.with("{\"provider\": null}").replace(
            "provider",
            if form.name == "mesh.yaml" {
                "Provider"
            } else {
                "provider"
            },
        ));
        form.takes(
            &plain
                .replace("orders\"", "orders\"\t")
                .replace("{}", "{\t}"),
        );
        let named = |name: &str| {
            plain
                .replace("orders.web", name)
                .replace("name: orders", &format!("name: {name}"))
        };
        for name in ["größe", "注文", "😀", "e\u{301}"] {
            let config = form
                .read(&named(name))
                .unwrap_or_else(|errors| panic!("{errors}"));
            let whole = if form.name == "object.yaml" {
                format!("{name}.web")
            } else {
                name.to_owned()
            };
            assert!(config.mesh().virtual_service(&whole).is_some(), "{name}");
        }
        let twice = form.with("{\"a\": {\"b\": 1, \"b\": 2}}");
        let errors = form.read(&twice).expect_err("twice");
        assert!(codes(&errors).contains(&"duplicate-key"), "{errors}");
    }
}

#[test]
fn anchors_repeat_within_bounds_and_bombs_go_off_early() {
    for form in FORMS.iter().filter(|form| form.behind == "\n") {
        let levels = (1..12).map(|level| {
            format!(
                ", &a{level} [{}]",
                vec![format!("*a{}", level - 1); 9].join(", ")
            )
        });
        let bomb = format!("[&a0 [x, x, x]{}]", levels.collect::<String>());
        form.refuses(&bomb, "too-many-aliases");
        form.refuses("&a [*a]", "endless-alias");
        form.refuses("*nobody", "broken-yaml");
    }
    // JSON has none: what looks like one is no value.
    FORMS[2].refuses("&a [*a]", "broken-json");
}

#[test]
fn placeholders_without_number_are_looked_through_once() {
    let object = &FORMS[1];
    let many = |piece: &str, count: usize| object.with(&format!("\"{}\"", piece.repeat(count)));
    for piece in ["$", "${", "{{", "${A", "{{A", "$A", "${A}", "$1", "#", "<"] {
        let errors = object.read(&many(piece, 50_000)).expect_err(piece);
        assert_eq!(errors.errors().count(), 1, "{piece}: {errors:.300}");
    }
    for piece in ["${a", "{{a", "${a${a}"] {
        let text = many(piece, 1_000_000 / piece.len());
        assert!(object.read(&text).is_err(), "{piece}");
    }
    let different: String = (0..100_000).map(|i| format!("${{A{i}}}")).collect();
    let errors = object
        .read(&object.with(&different))
        .expect_err("none has a value");
    assert_eq!(errors.errors().count(), 1000);
    let filled = Config::reader()
        .substitute("A", "x".repeat(1 << 20))
        .document("m", many("${A}", 100_000));
    assert_eq!(codes(&filled.read().unwrap_err()), ["document-too-large"]);
    let blank = Config::reader()
        .substitute("<A>", "<A><A>".repeat(1000))
        .document("m", many("<A>", 100_000));
    assert!(blank.read().is_err());
}

#[test]
fn documents_and_versions_without_number_are_told_apart_in_one_pass() {
    let object = &FORMS[1];
    object.takes(&format!(
        "{}{}",
        "---\n".repeat(1_000_000),
        object.with("{}")
    ));
    object.takes(&format!(
        "{}---\n{}",
        "# nothing\n".repeat(100_000),
        object.with("{}")
    ));
    object.takes(&format!("{}---\n{}", "%A b\n---\n", object.with("{}")));
    let versions = format!("{{\"a\": \"{}\"}}", "appmesh.k8s.aws/".repeat(50_000));
    assert_eq!(
        codes(&object.read(&object.with(&versions)).unwrap_err()),
        ["unknown-property"]
    );
    let old = "---\napiVersion: appmesh.k8s.aws/v1beta1\nkind: Mesh\n".repeat(20_000);
    assert_eq!(object.read(&old).unwrap_err().errors().count(), 1001);
    let foreign = "---\napiVersion: v1\nkind: Pod\nspec: {{A}}\n".repeat(20_000);
    let config = object
        .read(&(foreign + "---\n" + &object.with("{}")))
        .unwrap();
    assert!(
        config.warnings().len() <= 1002,
        "{}",
        config.warnings().len()
    );
    for document in ["--- a\n", "--- {{\n", "---\napiVersion: v1\nx: {{\n"] {
        let errors = object.read(&document.repeat(300_000)).expect_err(document);
        assert_eq!(codes(&errors), ["document-too-large"], "{document}");
    }
}

#[test]
fn many_objects_with_many_references_are_read_in_their_number() {
    let mut text = "apiVersion: v1\nkind: Namespace\nmetadata: {name: web, labels: {mesh: shop}}\n---\napiVersion: appmesh.k8s.aws/v1beta2\n\
                    kind: Mesh\nmetadata: {name: shop}\nspec: {namespaceSelector: {matchLabels: {mesh: shop}}}\n".to_owned();
    let object = |kind: &str, name: &str, spec: &str| {
        format!(
            "---\napiVersion: appmesh.k8s.aws/v1beta2\nkind: {kind}\nmetadata: {{name: {name}, namespace: web}}\nspec: {spec}\n"
        )
    };
    for i in 0..1000 {
        let spec = format!(
            "{{listeners: [{{portMapping: {{port: 80, protocol: http}}}}], serviceDiscovery: {{dns: {{hostname: h}}}}, backends: \
                            [{{virtualService: {{virtualServiceRef: {{name: s{}}}}}}}]}}",
            (i + 1) % 1000
        );
        text += &object("VirtualNode", &format!("n{i}"), &spec);
        text += &object(
            "VirtualService",
            &format!("s{i}"),
            &format!("{{provider: {{virtualNode: {{virtualNodeRef: {{name: n{i}}}}}}}}}"),
        );
    }
    let config = Config::reader().document("m", text.as_str()).read();
    let config = config.unwrap_or_else(|errors| panic!("{:.1000}", errors.to_string()));
    assert_eq!((config.resources(), config.warnings().len()), (2001, 0));
    let stars = text.replace("backends: ", "backendGroups: [{name: '*'}], backends: ");
    let errors = Config::reader().document("m", stars).read().unwrap_err();
    assert_eq!(codes(&errors), ["too-many-items"]);
}

#[test]
fn a_router_of_many_routes_is_read_in_their_number() {
    let route = |i: usize| {
        format!(
            "  - {{name: r{i}, httpRoute: {{match: {{prefix: /p{i}}}, action: {{weightedTargets: [{{virtualNodeRef: {{name: n}}, weight: 1}}]}}}}}}\n"
        )
    };
    let routes: String = (0..2000).map(route).collect();
    let head = "apiVersion: appmesh.k8s.aws/v1beta2\nkind: VirtualRouter\nmetadata: {name: r, namespace: web}\nspec:\n  listeners: \
                [{portMapping: {port: 80, protocol: http}}]\n  routes:\n";
    let node = "---\napiVersion: appmesh.k8s.aws/v1beta2\nkind: VirtualNode\nmetadata: {name: n, namespace: web}\nspec: {listeners: \
                [{portMapping: {port: 80, protocol: http}}], serviceDiscovery: {dns: {hostname: h}}}\n";
    let config = Config::reader()
        .mesh("shop")
        .document("r", format!("{head}{routes}{node}"))
        .read()
        .unwrap();
    let router = config.mesh().virtual_router("r_web").unwrap();
    assert_eq!((router.routes.len(), config.resources()), (2000, 2));
}

#[test]
fn unknown_and_missing_things_without_number_end_in_a_report_that_ends() {
    for form in &FORMS {
        let keys: String = (0..30_000).map(|i| format!("\"k{i}\": 1, ")).collect();
        let spec = format!("{{{keys}\"k\": 1}}");
        let errors = form.read(&form.with(&spec)).expect_err("unknown");
        assert!(errors.errors().count() <= 1001);
        let lenient = Config::reader()
            .mesh("shop")
            .lenient()
            .document("m", form.with(&spec))
            .read();
        assert!(lenient.unwrap().warnings().len() <= 1002);
    }
    let many = |row: fn(usize) -> String| (0..150_000).map(row).collect::<String>();
    for text in [
        many(|i| format!("S{i}: {{}}\n")) + "Resources: {}\n",
        "Resources:\n".to_owned() + &many(|i| format!("  R{i}: {{Type: AWS::AppMesh::K{i}}}\n")),
        "Resources:\n  R:\n    Type: AWS::AppMesh::Mesh\n".to_owned()
            + &many(|i| format!("    P{i}: 1\n")),
    ] {
        let errors = Config::parse("m", &text).expect_err("nothing is there");
        assert!(errors.problems().len() <= 1002);
    }
}

#[test]
fn selectors_and_labels_do_not_multiply() {
    let object = |kind: &str, name: String, spec: &str| {
        format!(
            "---\napiVersion: appmesh.k8s.aws/v1beta2\nkind: {kind}\nmetadata: {{name: {name}, namespace: {name}}}\nspec: {spec}\n"
        )
    };
    let labels: String = (0..10_000).map(|i| format!("l{i}: x, ")).collect();
    let selector = format!("{{namespaceSelector: {{matchLabels: {{{labels}}}}}}}");
    let namespace = |i| format!("---\napiVersion: v1\nkind: Namespace\nmetadata: {{name: n{i}}}\n");
    let namespaces: String = (0..500).map(namespace).collect();
    for (taker, taken) in [
        ("Mesh", "VirtualService"),
        ("VirtualGateway", "GatewayRoute"),
    ] {
        let takes = object(taker, "g".to_owned(), &selector);
        let all: String = (0..500)
            .map(|i| object(taken, format!("n{i}"), "{}"))
            .collect();
        let text = format!("{namespaces}{takes}{all}");
        let errors = Config::reader().document("m", text).read().unwrap_err();
        let codes = codes(&errors);
        assert_eq!(
            codes
                .iter()
                .filter(|code| **code == "too-many-items")
                .count(),
            1,
            "{taker}"
        );
    }
}

#[test]
fn keys_without_number_tell_what_a_document_is_in_one_pass() {
    let keys: String = (0..50_000).map(|i| format!("\"k{i}\": 1, ")).collect();
    let errors = Config::parse("m", &format!("{{{keys}\"k\": 1}}")).unwrap_err();
    assert_eq!(codes(&errors), ["unknown-document"]);
}
