use proptest::test_runner::{Config as ProptestConfig, RngSeed};

use super::sample;
use crate::config::{
    AccessLog, Config, FilePath, GatewayRoute, HeaderMatcher, HttpRetryEvent, Mesh, RetryPolicy,
    Route, VirtualGateway, VirtualNode, VirtualRouter, VirtualService,
};
use crate::rng::{Rng as _, SplitMix};
use crate::unit::Protocol;
use std::time::Duration;

/// The documents of a mesh, without the white space that no text has.
fn written(mesh: &Mesh) -> Vec<String> {
    let documents = mesh.to_api_json();
    let lines = documents.iter().map(|document| {
        let lines = document.text.lines().map(str::trim_start);
        lines.collect::<String>()
    });
    lines.collect()
}

#[test]
fn every_resource_is_a_document_in_the_spelling_of_the_api() {
    let retry = RetryPolicy::new(2, Duration::from_millis(1500)).on(HttpRetryEvent::GatewayError);
    let route = Route::http("all")
        .prefix("/")
        .header("x-a", HeaderMatcher::range(1..3))
        .header_absent("x-b")
        .target_on("v1", 9, 8080)
        .retry(retry)
        .timeout(Duration::ZERO)
        .priority(3);
    let entry = GatewayRoute::http2("a").exact("/a").rewrite_path("/b");
    let entry = entry.default_target_hostname(false).to("orders.local");
    let log = AccessLog::new(FilePath::new("/dev/stdout").unwrap());
    let mesh = Mesh::builder("shop")
        .virtual_node(
            VirtualNode::builder("v1")
                .listener(8080, Protocol::Http)
                .dns("v1")
                .access_log(log),
        )
        .virtual_router(
            VirtualRouter::builder("orders")
                .listener(80, Protocol::Http)
                .route(route),
        )
        .virtual_service(VirtualService::builder("orders.local").virtual_router("orders"))
        .virtual_service(VirtualService::builder("later.local"))
        .virtual_gateway(
            VirtualGateway::builder("entry")
                .listener(80, Protocol::Http2)
                .route(entry),
        )
        .build()
        .unwrap();
    let want = [
        r#"{"meshName": "shop","spec": {"egressFilter": {"type": "DROP_ALL"}}}"#,
        r#"{"meshName": "shop","virtualNodeName": "v1","spec": {"listeners": [{"portMapping": {"port": 8080,"protocol": "http"}}],"serviceDiscovery": {"dns": {"hostname": "v1","responseType": "LOADBALANCER"}},"logging": {"accessLog": {"file": {"path": "/dev/stdout"}}}}}"#,
        r#"{"meshName": "shop","virtualRouterName": "orders","spec": {"listeners": [{"portMapping": {"port": 80,"protocol": "http"}}]}}"#,
        r#"{"meshName": "shop","virtualRouterName": "orders","routeName": "all","spec": {"priority": 3,"httpRoute": {"match": {"prefix": "/","headers": [{"name": "x-a","match": {"range": {"start": 1,"end": 3}}},{"name": "x-b","invert": true}]},"action": {"weightedTargets": [{"virtualNode": "v1","weight": 9,"port": 8080}]},"retryPolicy": {"maxRetries": 2,"perRetryTimeout": {"unit": "ms","value": 1500},"httpRetryEvents": ["gateway-error"]},"timeout": {"perRequest": {"unit": "s","value": 0}}}}}"#,
        r#"{"meshName": "shop","virtualServiceName": "later.local","spec": {}}"#,
        r#"{"meshName": "shop","virtualServiceName": "orders.local","spec": {"provider": {"virtualRouter": {"virtualRouterName": "orders"}}}}"#,
        r#"{"meshName": "shop","virtualGatewayName": "entry","spec": {"listeners": [{"portMapping": {"port": 80,"protocol": "http2"}}]}}"#,
        r#"{"meshName": "shop","virtualGatewayName": "entry","gatewayRouteName": "a","spec": {"http2Route": {"match": {"path": {"exact": "/a"}},"action": {"target": {"virtualService": {"virtualServiceName": "orders.local"}},"rewrite": {"hostname": {"defaultTargetHostname": "DISABLED"},"path": {"exact": "/b"}}}}}}"#,
    ];
    assert_eq!(written(&mesh), want);
}

#[test]
fn what_looks_like_a_placeholder_is_read_as_it_was() {
    let written = "$HOME ${HOME} \\($HOME) ${HOME:-x} $$A";
    let route = Route::http("r")
        .header("x", HeaderMatcher::exact(written))
        .target("n", 1);
    let mesh = Mesh::builder("shop")
        .virtual_node(
            VirtualNode::builder("n")
                .listener(80, Protocol::Http)
                .dns("n"),
        )
        .virtual_router(
            VirtualRouter::builder("r")
                .listener(80, Protocol::Http)
                .route(route),
        )
        .build()
        .unwrap();
    let documents = mesh.to_api_json();
    let reader = documents.iter().fold(Config::reader(), |reader, document| {
        reader.document(&document.name, document.text.as_str())
    });
    assert_eq!(reader.read().unwrap().mesh(), &mesh);
}

proptest::proptest! {
    #![proptest_config(ProptestConfig {
        rng_seed: RngSeed::Fixed(7),
        failure_persistence: None,
        ..ProptestConfig::with_cases(if cfg!(miri) { 2 } else { 256 })
    })]

    #[test]
    fn what_is_written_is_read_as_the_same_mesh_in_any_order(mesh in sample::meshes(), seed: u64) {
        let mut documents = mesh.to_api_json();
        let mut rng = SplitMix::new(seed);
        for last in (1..documents.len()).rev() {
            documents.swap(last, rng.below(last as u64 + 1) as usize);
        }
        let read = documents.iter().fold(Config::reader(), |reader, document| {
            reader.document(&document.name, document.text.as_str())
        });
        let read = read.read().map_err(|errors| errors.to_string());
        proptest::prop_assert_eq!(read.map(Config::into_mesh), Ok(mesh));
    }

    #[test]
    fn every_resource_is_written_once_and_the_same_each_time(mesh in sample::meshes()) {
        let documents = mesh.to_api_json();
        let routers = mesh.virtual_routers().map(|router| 1 + router.routes.len());
        let gateways = mesh.virtual_gateways().map(|gateway| 1 + gateway.routes.len());
        let single = 1 + mesh.virtual_nodes().count() + mesh.virtual_services().count();
        let resources = single + routers.chain(gateways).sum::<usize>();
        proptest::prop_assert_eq!(documents.len(), resources);
        proptest::prop_assert_eq!(documents, mesh.clone().to_api_json());
    }
}
