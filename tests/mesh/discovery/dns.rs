//! DNS, asked of a real server on loopback in real time: its TTLs are whole seconds, and 1 s is the shortest.

use std::{
    net::{IpAddr, Ipv4Addr},
    time::Duration,
};

use hickory_proto::{op::ResponseCode, rr::RecordType};
use mesh_core::{
    config::{Mesh as Model, VirtualNode, VirtualService},
    discovery::MAX_ENDPOINTS,
    metric::Flag,
    unit::{IpPreference, Port, Protocol},
};
use mesh_tower::{Defaults, Mesh, Target};
use tokio::time;

use super::{
    called, called_until, endpoints,
    name_server::{By, NameServer, Say},
    number, peers, until,
};
use crate::support::Peer;

/// A mesh that calls `orders:80`, found under this name at that server, on the port of this peer.
async fn calling(server: &NameServer, hostname: &str, peer: &Peer) -> Mesh {
    let port = Port::new(peer.addr.port().into()).expect("a port");
    Mesh::builder()
        .service("orders:80", Target::dns(hostname).port(port))
        .name_server(server.addr)
        .start()
        .await
        .expect("the mesh starts")
}

fn at<const N: usize>(peers: [&Peer; N], ttl: u32) -> Say {
    Say::Addresses(peers.map(|peer| peer.addr.ip()).into(), ttl)
}

#[tokio::test]
async fn a_new_address_is_found_when_the_ttl_is_over_and_no_request_is_lost_on_the_way() {
    let [one, other] = peers(["127.0.0.2", "127.0.0.3"]).await;
    let server = NameServer::start().await;
    server.say("orders.local.", at([&one], 1));
    let mesh = calling(&server, "orders.local", &one).await;
    let client = mesh.client_for("orders:80").expect("a service");
    assert_eq!(called(&client).await, "127.0.0.2");

    server.say("orders.local.", at([&other], 1));
    called_until(&client, "127.0.0.3").await;
    server.say("orders.local.", at([&one, &other], 1));
    called_until(&client, "127.0.0.2").await;
    assert_eq!(endpoints(&mesh, "orders.local"), [one.addr, other.addr]);
}

#[tokio::test]
async fn a_name_is_asked_for_again_when_its_ttl_is_over_and_not_before() {
    let [peer] = peers(["127.0.0.2"]).await;
    let server = NameServer::start().await;
    server.say("short.local.", at([&peer], 0));
    server.say("long.local.", at([&peer], 3600));
    let (_short, _long) = (
        calling(&server, "short.local", &peer).await,
        calling(&server, "long.local", &peer).await,
    );
    until(|| server.asked_for("short.local.") >= 3).await;
    assert_eq!(server.asked_for("long.local."), 1);
}

#[tokio::test]
async fn each_preference_uses_the_addresses_of_the_table() {
    let [v4] = peers(["127.0.0.2"]).await;
    let server = NameServer::start().await;
    let (ip4, ip6): (IpAddr, IpAddr) = (v4.addr.ip(), "fd00::1".parse().expect("an address"));
    server.say("both.local.", Say::Addresses(vec![ip4, ip6], 60));
    server.say("v4.local.", Say::Addresses(vec![ip4], 60));
    server.say("v6.local.", Say::Addresses(vec![ip6], 60));
    for (preference, both, only_v4, only_v6) in [
        (None, vec![ip6], vec![ip4], vec![ip6]),
        (
            Some(IpPreference::Ipv6Preferred),
            vec![ip6],
            vec![ip4],
            vec![ip6],
        ),
        (
            Some(IpPreference::Ipv4Preferred),
            vec![ip4],
            vec![ip4],
            vec![ip6],
        ),
        (Some(IpPreference::Ipv4Only), vec![ip4], vec![ip4], vec![]),
        (Some(IpPreference::Ipv6Only), vec![ip6], vec![], vec![ip6]),
    ] {
        for (host, ips) in [("both", both), ("v4", only_v4), ("v6", only_v6)] {
            let mesh = node_calling(&server, &format!("{host}.local"), preference, true).await;
            let found: Vec<_> = endpoints(&mesh, "orders")
                .iter()
                .map(|addr| addr.ip())
                .collect();
            assert_eq!(found, ips, "{preference:?} of {host}");
        }
    }
}

#[tokio::test]
async fn a_family_that_fails_is_passed_over_unless_the_endpoints_in_force_came_from_it() {
    let [peer] = peers(["127.0.0.2"]).await;
    let server = NameServer::start().await;
    let (ip4, ip6) = (peer.addr.ip(), "fd00::1".parse().expect("an address"));
    server.say("orders.local.", Say::FailingIpv6(vec![ip4], 1));
    server.say("other.local.", Say::Addresses(vec![ip4, ip6], 1));
    let passed_over = calling(&server, "orders.local", &peer).await;
    assert_eq!(endpoints(&passed_over, "orders.local"), [peer.addr]);

    let kept = calling(&server, "other.local", &peer).await;
    server.say("other.local.", Say::FailingIpv6(vec![ip4], 1));
    until(|| number(&kept, STALE) == 1).await;
    let found = endpoints(&kept, "other.local");
    assert!(found.iter().all(|addr| addr.ip() == ip6), "{found:?}");
    assert_eq!(number(&passed_over, STALE), 0);
}

#[tokio::test]
async fn a_server_that_never_answers_for_one_family_is_asked_for_the_other_in_time() {
    let [peer] = peers(["127.0.0.2"]).await;
    let server = NameServer::start().await;
    server.say("orders.local.", Say::SilentIpv6(vec![peer.addr.ip()], 60));
    let port = Port::new(peer.addr.port().into()).expect("a port");
    let mesh = Mesh::builder()
        .service("orders:80", Target::dns("orders.local").port(port))
        .name_server(server.addr)
        .warm(Duration::from_secs(60));
    let mesh = mesh.start().await.expect("the mesh starts");
    assert_eq!(endpoints(&mesh, "orders.local"), [peer.addr]);
    assert_eq!(number(&mesh, FAILURES), 0, "in the first look-up");
}

#[tokio::test]
async fn a_load_balancer_is_one_address_and_endpoints_are_all() {
    let server = NameServer::start().await;
    let ips: Vec<IpAddr> = ["127.0.0.3", "127.0.0.2"]
        .map(|ip| ip.parse().expect("an address"))
        .into();
    server.say("orders.local.", Say::Addresses(ips.clone(), 60));
    for (all, count) in [(false, 1), (true, 2)] {
        let mesh = node_calling(&server, "orders.local", None, all).await;
        let found = endpoints(&mesh, "orders");
        assert_eq!(found.len(), count, "all: {all}");
        let first = found.iter().any(|addr| addr.ip() == ips[0]);
        assert!(first, "all: {all}: the answer's first, {found:?}");
    }
}

/// A node of an App Mesh configuration whose only backend has this discovery.
async fn node_calling(
    server: &NameServer,
    hostname: &str,
    preference: Option<IpPreference>,
    all: bool,
) -> Mesh {
    let orders = VirtualNode::builder("orders").listener(8080, Protocol::Http);
    let mut orders = match all {
        true => orders.dns_endpoints(hostname),
        false => orders.dns(hostname),
    };
    if let Some(preference) = preference {
        orders = orders.ip_preference(preference);
    }
    let model = Model::builder("shop")
        .virtual_node(VirtualNode::builder("web").backend("orders.local"))
        .virtual_node(orders)
        .virtual_service(VirtualService::builder("orders.local").virtual_node("orders"))
        .build()
        .expect("the model is valid");
    let mesh = Mesh::builder()
        .config(model)
        .virtual_node("web")
        .defaults(Defaults::AppMesh)
        .name_server(server.addr);
    mesh.start().await.expect("the mesh starts")
}

#[tokio::test]
async fn a_name_that_does_not_exist_refuses_at_once() {
    let [peer] = peers(["127.0.0.2"]).await;
    let server = NameServer::start().await;
    let mesh = calling(&server, "orders.local", &peer).await;
    let client = mesh.client_for("orders:80").expect("a service");
    let error = client.get("/").send().await.expect_err("nobody is there");
    assert_eq!(error.flag(), Some(Flag::NoHealthyUpstream), "{error}");
    // The name does not exist, so that it has no address of the other family either.
    assert_eq!(server.asked_for("orders.local."), 0);
}

#[tokio::test]
async fn a_name_that_ceases_to_exist_is_held_for_a_while() {
    let [peer] = peers(["127.0.0.2"]).await;
    let server = NameServer::start().await;
    server.say("orders.local.", at([&peer], 1));
    let mesh = calling(&server, "orders.local", &peer).await;
    let client = mesh.client_for("orders:80").expect("a service");
    server.forget("orders.local.");
    until(|| number(&mesh, STALE) == 1).await;
    assert_eq!(called(&client).await, "127.0.0.2");
}

#[tokio::test]
async fn whatever_a_server_does_the_last_endpoints_stay_in_force_until_it_answers_again() {
    let [one, other] = peers(["127.0.0.2", "127.0.0.3"]).await;
    let failures = [
        Say::Code(ResponseCode::ServFail),
        Say::Code(ResponseCode::Refused),
        Say::Garbage,
        Say::Silence,
    ];
    let (one, other) = (&one, &other);
    let cases = failures.map(|failure| async move {
        let server = NameServer::start().await;
        server.say("orders.local.", at([one], 1));
        let mesh = calling(&server, "orders.local", one).await;
        let client = mesh.client_for("orders:80").expect("a service");
        server.say("orders.local.", failure.clone());
        until(|| number(&mesh, STALE) == 1).await;
        assert!(number(&mesh, FAILURES) >= 1, "{failure:?}");
        assert_eq!(called(&client).await, "127.0.0.2", "{failure:?}");

        server.say("orders.local.", at([other], 1));
        called_until(&client, "127.0.0.3").await;
        assert_eq!(number(&mesh, STALE), 0, "{failure:?}");
    });
    futures::future::join_all(cases).await;
}

#[tokio::test]
async fn a_dead_server_leaves_the_last_endpoints_in_force() {
    let [peer] = peers(["127.0.0.2"]).await;
    let server = NameServer::start().await;
    server.say("orders.local.", at([&peer], 1));
    let mesh = calling(&server, "orders.local", &peer).await;
    let client = mesh.client_for("orders:80").expect("a service");
    drop(server);
    until(|| number(&mesh, STALE) == 1).await;
    assert_eq!(called(&client).await, "127.0.0.2");
}

#[tokio::test]
async fn an_answer_too_long_for_a_datagram_is_asked_for_by_tcp() {
    let [peer] = peers(["127.0.0.2"]).await;
    let server = NameServer::start().await;
    let ip = peer.addr.ip();
    server.say("orders.local.", Say::TooLong(vec![ip], 60));
    let mesh = calling(&server, "orders.local", &peer).await;
    let client = mesh.client_for("orders:80").expect("a service");
    assert_eq!(called(&client).await, "127.0.0.2");
    let asked = server.asked();
    let last = asked.last().map(|(_, kind, by)| (*kind, *by));
    assert_eq!(last, Some((RecordType::A, By::Tcp)), "{asked:?}");
}

#[tokio::test]
async fn an_alias_leads_to_the_addresses_behind_it() {
    let [peer] = peers(["127.0.0.2"]).await;
    let server = NameServer::start().await;
    server.say("balancer.example.", at([&peer], 60));
    let alias = Say::Alias("balancer.example.", vec![peer.addr.ip()], 60);
    server.say("orders.local.", alias);
    let mesh = calling(&server, "orders.local", &peer).await;
    let client = mesh.client_for("orders:80").expect("a service");
    assert_eq!(called(&client).await, "127.0.0.2");
}

#[tokio::test]
async fn no_more_of_a_huge_answer_is_used_than_a_target_may_have() {
    let [peer] = peers(["127.0.0.2"]).await;
    let server = NameServer::start().await;
    let ips = (0..1_200).map(|host: u32| Ipv4Addr::from(0x7f01_0000 + host).into());
    server.say("orders.local.", Say::TooLong(ips.collect(), 60));
    let mesh = calling(&server, "orders.local", &peer).await;
    assert_eq!(endpoints(&mesh, "orders.local").len(), MAX_ENDPOINTS);
}

#[tokio::test]
async fn a_name_that_ends_in_a_dot_is_asked_for_as_it_is() {
    let [peer] = peers(["127.0.0.2"]).await;
    let server = NameServer::start().await;
    server.say("orders.", at([&peer], 60));
    let mesh = calling(&server, "orders.", &peer).await;
    assert_eq!(endpoints(&mesh, "orders."), [peer.addr]);
    let names = server.asked().into_iter().map(|(name, ..)| name);
    assert!(names.eq(["orders.", "orders."]), "{:?}", server.asked());
}

#[tokio::test]
async fn addresses_and_localhost_are_no_question_for_a_server() {
    let [peer] = peers(["127.0.0.1"]).await;
    let server = NameServer::start().await;
    for hostname in ["127.0.0.1", "localhost", "localhost."] {
        let mesh = calling(&server, hostname, &peer).await;
        let client = mesh.client_for("orders:80").expect("a service");
        assert_eq!(called(&client).await, "127.0.0.1", "{hostname}");
    }
    assert_eq!(server.asked(), []);
}

#[tokio::test]
async fn a_name_that_nobody_could_be_asked_for_is_refused_at_start() {
    let label = "a".repeat(64);
    let target = Target::dns(label.clone());
    let error = Mesh::builder().service("orders:80", target).start().await;
    let report = format!("{:?}", error.expect_err("no such name can be"));
    assert!(report.contains(&label) && report.contains("63"), "{report}");
}

#[tokio::test]
async fn requests_wait_for_a_server_that_has_not_answered_yet() {
    let [peer] = peers(["127.0.0.2"]).await;
    let server = NameServer::start().await;
    server.say("orders.local.", Say::Code(ResponseCode::ServFail));
    let port = Port::new(peer.addr.port().into()).expect("a port");
    let mesh = Mesh::builder()
        .service("orders:80", Target::dns("orders.local").port(port))
        .name_server(server.addr)
        .warm(Duration::from_millis(50))
        .start()
        .await
        .expect("the mesh starts without");
    let client = mesh.client_for("orders:80").expect("a service");
    let (answer, ()) = tokio::join!(called(&client), async {
        time::sleep(Duration::from_millis(50)).await;
        server.say("orders.local.", at([&peer], 60));
    });
    assert_eq!(answer, "127.0.0.2");
}

const STALE: &str = "mesh_discovery_stale_targets";
const FAILURES: &str = "mesh_discovery_failures_total";
