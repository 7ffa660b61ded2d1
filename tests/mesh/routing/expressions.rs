//! Expressions of which two syntaxes make different things.

use mesh_core::config::{HeaderMatcher, Mesh, Route, VirtualNode, VirtualRouter, VirtualService};
use mesh_core::unit::Protocol;

use super::{
    ask::{Ask, Wire},
    compare::{Answer, run},
    role::Role,
};
use crate::envoy;

/// Each with values of a header that it may take.
const EXPRESSIONS: [(&str, &[&str]); 32] = [
    ("[a&&b]", &["a", "&", "b", "c"]),
    ("[a~~b]", &["~", "a", "c"]),
    ("[[a]b]", &["[b]", "ab]", "a", "b"]),
    ("[[:alpha:]_]+", &["a_b", "1"]),
    ("[[:^digit:]]", &["a", "1"]),
    ("[[:a]", &[":", "[", "a", "b"]),
    ("[]a]", &["]", "a", "b"]),
    ("[^]a]", &["b", "]", "a"]),
    ("[a-c-e]", &["b", "-", "e", "d"]),
    ("[+--]", &["+", ",", "-", "."]),
    (r"[\d-z]", &["1", "-", "z", "y"]),
    (r"[\]\\^]", &["]", "\\", "^", "a"]),
    (r"[\x41-\x{43}\104]", &["A", "B", "C", "D", "E"]),
    ("[a.b*]+", &["a.*", "c"]),
    (r"\Qa.b|c\E+", &["a.b|c", "a.b|ccc", "aXb", "c"]),
    (r"\Qa\b", &[r"a\b", "a"]),
    (r"a\C", &["ab", "a"]),
    (r"\<a\>", &["<a>", "a"]),
    (r"\-\/\#\ a", &["-/# a", "-/#"]),
    (r"a\b{start}", &["a{start}", "a"]),
    ("a{,2}", &["a{,2}", "a", "aa"]),
    ("a{x}", &["a{x}", "a"]),
    ("a{02}", &["a{02}", "aa"]),
    ("a{2}?b{1,}c{0,1}", &["aabbc", "aab", "ab"]),
    ("a}]", &["a}]", "a"]),
    ("a #b", &["a #b", "ab"]),
    ("caf.", &["caf\u{e9}", "cafe"]),
    ("\u{e9}?x", &["x", "\u{e9}x"]),
    ("(?P<n>a)(?:c)(?i)D(?s-i:.)", &["acdx", "acd", "acDX"]),
    ("(?ii)(?P<1a>b)", &["b", "B"]),
    ("(a{2}){100}|b", &["b", "a"]),
    ("(|a)b||c", &["b", "ab", "c", "a"]),
];

#[tokio::test]
async fn an_expression_takes_what_it_takes_in_envoy() {
    if !envoy::is_here() {
        return;
    }
    let asks = EXPRESSIONS.iter().enumerate();
    let asks =
        asks.flat_map(|(number, (_, values))| values.iter().map(move |value| ask(number, value)));
    let asks: Vec<_> = asks.map(|ask| (0, ask)).collect();
    let pairs = run("routing-expressions", &[Role::node(mesh(), "web")], asks).await;
    for pair in &pairs {
        assert_eq!(pair.ours, pair.envoy, "{:?}", pair.ask);
    }
    let taken = pairs
        .iter()
        .filter(|pair| matches!(pair.ours, Answer::Taken(_)));
    assert!((30..pairs.len() - 20).contains(&taken.count()));
}

fn mesh() -> Mesh {
    let mut router = VirtualRouter::builder("orders").listener(8080, Protocol::Http);
    for (number, (expression, _)) in EXPRESSIONS.iter().enumerate() {
        let route = Route::http(format!("r{number}")).exact(format!("/{number}"));
        let matcher = HeaderMatcher::Regex((*expression).to_owned());
        router = router.route(route.header("x-a", matcher).target("orders", 1));
    }
    let mesh = Mesh::builder("shop")
        .virtual_node(
            VirtualNode::builder("orders")
                .listener(8080, Protocol::Http)
                .dns("orders.local"),
        )
        .virtual_node(VirtualNode::builder("web").backend("orders.local"))
        .virtual_router(router)
        .virtual_service(VirtualService::builder("orders.local").virtual_router("orders"));
    mesh.build().expect("the mesh is valid")
}

fn ask(number: usize, value: &str) -> Ask {
    Ask {
        dialled: 8080,
        wire: Wire::Http1,
        by_gateway: false,
        method: "GET".to_owned(),
        origin: Some(("http", "orders.local:8080".to_owned())),
        hosts: vec![],
        target: format!("/{number}"),
        headers: vec![("x-a".to_owned(), value.to_owned())],
    }
}
