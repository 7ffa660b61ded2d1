//! What shows that each kind of difference is there: a request of it, to one small mesh.

use mesh_core::{
    config::{
        EgressFilter, GatewayRoute, HeaderMatcher, Mesh, Route, VirtualGateway, VirtualNode,
        VirtualRouter, VirtualService,
    },
    unit::Protocol::Http,
};

use super::{
    ask::{Ask, Wire},
    compare::{Answer, run},
    explained::{self, KINDS, Kind},
    mesh::CALLER,
    role::Role,
};
use crate::envoy;

type Shown = (Ask, [Answer; 2]);

#[tokio::test]
async fn each_difference_is_what_it_is_said_to_be() {
    if !envoy::is_here() {
        return;
    }
    let role = [Role::node(mesh(), CALLER)];
    let snapshot = role[0].compiled().expect("it was checked");
    // One at a time, for the answers come in an order of their own.
    for kind in &KINDS {
        let Kind {
            name,
            source,
            shown,
            ..
        } = kind;
        let (ask, answers) = shown();
        println!("{name} ({source})");
        let pairs = run("routing-shown", &role, vec![(0, ask)]).await;
        let pair = &pairs[0];
        assert_eq!(
            [&pair.envoy, &pair.ours],
            [&answers[0], &answers[1]],
            "{name}"
        );
        let found = explained::kind(&snapshot, pair);
        assert_eq!(found, Some(*name));
    }
}

#[tokio::test]
async fn a_gateways_proxy_joins_hosts_and_brings_paths_into_their_normal_form_twice() {
    if !envoy::is_here() {
        return;
    }
    let role = [Role::gateway(mesh(), "in")];
    let snapshot = role[0].compiled().expect("it was checked");
    let dots = get("a.example", "/x/%2e.;v/b");
    let hosts = Ask {
        origin: None,
        hosts: ["a.example", "a.example"].map(ToOwned::to_owned).to_vec(),
        ..get("", "/b")
    };
    let rows = [
        (dots, "/x/..;v/b a.example", "/b a.example", 6),
        (hosts, "/b a.example,a.example", "/b ", 3),
    ];
    for (ask, envoy, ours, kind) in rows {
        let ask = Ask {
            by_gateway: true,
            ..ask
        };
        let pairs = run("routing-shown-gateway", &role, vec![(0, ask)]).await;
        let answer = |called: &str| taken(&format!("all /b one.local {called} | one.local b"));
        assert_eq!(
            [&pairs[0].envoy, &pairs[0].ours],
            [&answer(envoy), &answer(ours)]
        );
        let found = explained::kind(&snapshot, &pairs[0]);
        assert_eq!(found, Some(KINDS[kind].name));
    }
}

fn mesh() -> Mesh {
    let route = |name: &str| Route::http(name).target("node", 1);
    let cookie = HeaderMatcher::exact("a=1; b=2");
    let one = VirtualRouter::builder("one")
        .listener(8080, Http)
        .route(route("all").prefix("/"))
        .route(route("b").exact("/b"))
        .route(route("cookie").prefix("/cookie").header("cookie", cookie))
        .route(route("id").prefix("/id").header_present("x-request-id"));
    let two = VirtualRouter::builder("two")
        .listener(80, Http)
        .listener(8080, Http)
        .route(route("all").prefix("/"));
    let node = VirtualNode::builder("node")
        .listener(8080, Http)
        .dns("node.local");
    let gateway = VirtualGateway::builder("in")
        .listener(8080, Http)
        .route(GatewayRoute::http("all").prefix("/").to("one.local"));
    let caller = VirtualNode::builder(CALLER)
        .backend("one.local")
        .backend("two.local");
    let mesh = Mesh::builder("shop")
        .egress_filter(EgressFilter::AllowAll)
        .virtual_node(node)
        .virtual_node(caller)
        .virtual_gateway(gateway)
        .virtual_router(one)
        .virtual_router(two)
        .virtual_service(VirtualService::builder("one.local").virtual_router("one"))
        .virtual_service(VirtualService::builder("two.local").virtual_router("two"));
    mesh.build().unwrap_or_else(|errors| panic!("{errors}"))
}

fn get(authority: &str, target: &str) -> Ask {
    Ask {
        dialled: 8080,
        wire: Wire::Http1,
        by_gateway: false,
        method: "GET".to_owned(),
        origin: Some(("http", authority.to_owned())),
        hosts: Vec::new(),
        target: target.to_owned(),
        headers: Vec::new(),
    }
}

fn taken(route: &str) -> Answer {
    Answer::Taken(format!("{route} node:8080=1.000"))
}

fn outside() -> Answer {
    Answer::Taken("outside".to_owned())
}

pub(super) fn no_uri() -> Shown {
    (
        get("one.local:8080", "/a<b"),
        [taken("one.local all"), Answer::NoRequest],
    )
}

pub(super) fn refused() -> Shown {
    let ask = Ask {
        method: "FOO".to_owned(),
        ..get("one.local:8080", "/a")
    };
    (ask, [Answer::Refused(400), taken("one.local all")])
}

pub(super) fn several_ports() -> Shown {
    (
        get("two.local", "/a"),
        [taken("two.local all"), Answer::Nothing],
    )
}

pub(super) fn two_ports() -> Shown {
    let ask = Ask {
        hosts: vec!["two.local:80".to_owned()],
        ..get("two.local:8080", "/a")
    };
    (ask, [outside(), taken("two.local all")])
}

pub(super) fn tls_outside() -> Shown {
    let ask = Ask {
        wire: Wire::Http2,
        origin: Some(("https", "other.example:8080".to_owned())),
        ..get("", "/a")
    };
    (ask, [outside(), Answer::Nothing])
}

pub(super) fn of_a_proxy() -> Shown {
    (
        get("one.local:8080", "/id"),
        [taken("one.local id"), taken("one.local all")],
    )
}

pub(super) fn dots() -> Shown {
    let ask = get("one.local:8080", "/a/%2e.;x/b");
    (ask, [taken("one.local all"), taken("one.local b")])
}

pub(super) fn cookies() -> Shown {
    let ask = Ask {
        wire: Wire::Http2,
        headers: ["a=1", "b=2"]
            .map(|value| ("cookie".to_owned(), value.to_owned()))
            .to_vec(),
        ..get("one.local:8080", "/cookie")
    };
    (ask, [taken("one.local cookie"), taken("one.local all")])
}
