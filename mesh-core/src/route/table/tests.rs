use super::*;
use crate::{
    name::RouteName,
    route::{Conditions, ListenerRoutes, PathCondition, Rule},
    unit::Port,
};

fn port(port: i64) -> Port {
    Port::new(port).unwrap()
}

fn host(name: &str, ports: &[i64]) -> VirtualHost<String> {
    let listeners = ports
        .iter()
        .map(|&at| ListenerRoutes::new(port(at), [Rule::catch_all(format!("{name} {at}"))]));
    VirtualHost::new(VirtualServiceName::new(name).unwrap(), listeners)
}

fn table() -> RouteTable<String> {
    RouteTable::new([
        host("service-b.local", &[8080]),
        host("Service-A.local", &[80]),
        host("two.local", &[80, 81]),
        host("empty.local", &[]),
    ])
}

/// What a URI leads to: a target, or the refusal as text.
fn found(uri: &str) -> String {
    table()
        .find(&Head::get(uri))
        .map_or_else(|refusal| refusal.to_string(), Clone::clone)
}

#[test]
fn host_and_port_choose_the_virtual_service() {
    let rows = [
        ("http://service-b.local/", "service-b.local 8080"),
        ("http://service-b.local:8080/", "service-b.local 8080"),
        ("http://SERVICE-B.LOCAL/", "service-b.local 8080"),
        ("http://service-a.local/", "Service-A.local 80"),
        ("http://two.local:81/", "two.local 81"),
        (
            "http://two.local/",
            "virtual service two.local listens on 80, 81: name the port",
        ),
        (
            "http://two.local:82/",
            "no virtual service is called \"two.local:82\"",
        ),
        (
            "http://service-b.local:80/",
            "no virtual service is called \"service-b.local:80\"",
        ),
        (
            "http://service-b.local./",
            "no virtual service is called \"service-b.local.\"",
        ),
        (
            "http://service-b/",
            "no virtual service is called \"service-b\"",
        ),
        ("/", "no virtual service is called \"\""),
        (
            "http://empty.local/",
            "no route of virtual service empty.local takes this request",
        ),
        (
            "http://empty.local:1/",
            "no route of virtual service empty.local takes this request",
        ),
    ];
    for (uri, expected) in rows {
        assert_eq!(found(uri), expected, "{uri}");
    }
}

#[test]
fn a_port_that_only_the_uri_names_is_told_with_the_host() {
    let head = Head::get("http://uri.local:9/").header("host", "header.local");
    let refusal = table().find(&head).unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "no virtual service is called \"header.local:9\""
    );
}

#[test]
fn the_first_rule_that_holds_takes_it_and_none_is_no_match() {
    let rule = |name: &str, path: &str| {
        let conditions = Conditions::any().with_path(PathCondition::Prefix(path.into()));
        Rule::new(
            RouteName::new(name).unwrap(),
            None,
            conditions,
            name.to_owned(),
        )
    };
    let rules = [rule("short", "/a"), rule("long", "/a/b")];
    let name = VirtualServiceName::new("svc").unwrap();
    let host = VirtualHost::new(name.clone(), [ListenerRoutes::new(port(80), rules)]);
    let table = RouteTable::new([host]);
    let rows = [
        ("/a/b/c", Some("long")),
        ("/a/c", Some("short")),
        ("/c", None),
    ];
    for (path, expected) in rows {
        let head = Head::get(&format!("http://svc{path}"));
        match (table.find(&head), expected) {
            (Ok(target), Some(expected)) => assert_eq!(target, expected, "{path}"),
            (found, expected) => {
                assert_eq!(
                    found,
                    Err(NoRoute::NoMatch {
                        virtual_service: name.clone()
                    }),
                    "{path}"
                );
                assert_eq!(expected, None, "{path}");
            }
        }
    }
}

#[test]
fn the_nearest_name_is_the_one_that_begins_most_alike() {
    let table = table();
    let nearest = |host| table.nearest(host).map(VirtualServiceName::as_str);
    assert_eq!(nearest("service-b"), Some("service-b.local"));
    assert_eq!(nearest("service-b.default.svc"), Some("service-b.local"));
    assert_eq!(nearest("payments"), None);
    assert_eq!(
        nearest("servixxxx"),
        Some("service-b.local"),
        "half of the first label is enough"
    );
    assert_eq!(nearest("servxxxxx"), None, "less than half is not");
    assert_eq!(nearest(""), None);
    assert_eq!(RouteTable::<()>::new([]).nearest("service-b"), None);
}

#[test]
fn names_are_listed_in_order() {
    let table = table();
    let names: Vec<_> = table
        .virtual_services()
        .map(VirtualServiceName::as_str)
        .collect();
    assert_eq!(
        names,
        [
            "empty.local",
            "Service-A.local",
            "service-b.local",
            "two.local"
        ]
    );
}
