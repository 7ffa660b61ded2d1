//! Who speaks TLS to whom.

use crate::{
    Config, Snapshot,
    config::{
        Arn, CertificateAuthorities, CertificateFiles, ClientCertificate, ClientPolicy,
        ClientTrust, ClientValidation, FilePath, Listener, ListenerCertificate, ListenerTls, Mesh,
        SecretName, SubjectAlternativeName, SubjectAlternativeNames, TlsMode, VirtualNode,
        VirtualService,
    },
    snapshot::{Certificate, ServerValidation, Trust, UpstreamTls},
    unit::{Port, Protocol},
};

fn path(text: &str) -> FilePath {
    FilePath::new(text).unwrap()
}

fn files() -> CertificateFiles {
    CertificateFiles::new(path("/chain.pem"), path("/key.pem"))
}

fn arn() -> Arn {
    Arn::new("arn:aws:acm:eu-central-1:111122223333:certificate/1").unwrap()
}

fn trusting() -> ClientPolicy {
    ClientPolicy::new(ClientValidation::new(ClientTrust::File(path("/ca.pem"))))
}

fn enforced(names: &[&str], certificate: Option<Certificate>) -> UpstreamTls {
    UpstreamTls::Enforced {
        validation: ServerValidation {
            trust: Trust::File("/ca.pem".to_owned()),
            names: names.iter().map(|name| (*name).to_owned()).collect(),
        },
        certificate,
    }
}

/// A caller with this policy, and a node that offers this on port 8443.
fn snapshot(policy: Option<ClientPolicy>, offered: Option<ListenerTls>) -> Snapshot {
    let listener = Listener::builder(8443, Protocol::Http);
    let listener = match offered {
        Some(tls) => listener.tls(tls),
        None => listener,
    };
    let web = match policy {
        Some(policy) => VirtualNode::builder("web").backend_with("orders.local", policy),
        None => VirtualNode::builder("web").backend("orders.local"),
    };
    let orders = VirtualNode::builder("orders").listener_with(listener);
    let mesh = Mesh::builder("shop")
        .virtual_node(web)
        .virtual_node(orders.dns("orders.internal"))
        .virtual_service(VirtualService::builder("orders.local").virtual_node("orders"))
        .build()
        .unwrap();
    Config::from(mesh).node("web").unwrap().compile().unwrap()
}

fn check(rows: impl IntoIterator<Item = (Option<ClientPolicy>, Option<ListenerTls>, UpstreamTls)>) {
    for (index, (policy, offered, expected)) in rows.into_iter().enumerate() {
        let snapshot = snapshot(policy, offered);
        assert_eq!(snapshot.clusters()[0].tls, expected, "row {index}");
        assert_eq!(
            snapshot.needs_tls().is_some(),
            expected.is_tls(),
            "row {index}"
        );
    }
}

fn offers(mode: TlsMode, certificate: ListenerCertificate) -> Option<ListenerTls> {
    Some(ListenerTls::new(mode, certificate))
}

fn port(port: i64) -> Port {
    Port::new(port).unwrap()
}

#[test]
fn without_a_policy_in_force_what_the_listener_offers_decides() {
    let file = || ListenerCertificate::File(files());
    let acm = || ListenerCertificate::Acm(arn());
    let sds = || ListenerCertificate::Sds(SecretName::new("spiffe://shop/orders").unwrap());
    let certificate = arn().to_string();
    let by_acm = UpstreamTls::Offered { certificate };
    let elsewhere = || Some(trusting().ports([port(80)]));
    let loose = || Some(trusting().enforce(false));
    use UpstreamTls::{Plaintext, Unvalidated};
    check([
        (None, None, Plaintext),
        (None, offers(TlsMode::Disabled, acm()), Plaintext),
        (None, offers(TlsMode::Strict, acm()), by_acm.clone()),
        (None, offers(TlsMode::Permissive, acm()), by_acm.clone()),
        (None, offers(TlsMode::Permissive, file()), Unvalidated),
        (None, offers(TlsMode::Strict, sds()), Unvalidated),
        (elsewhere(), None, Plaintext),
        (elsewhere(), offers(TlsMode::Strict, acm()), by_acm.clone()),
        (loose(), None, Plaintext),
        (loose(), offers(TlsMode::Strict, acm()), by_acm),
    ]);
}

#[test]
fn a_policy_in_force_decides_whatever_the_listener_offers() {
    let acm = || ListenerCertificate::Acm(arn());
    let named = ClientValidation::new(ClientTrust::File(path("/ca.pem")));
    let orders = SubjectAlternativeName::new("spiffe://shop/orders").unwrap();
    let named = named.names(SubjectAlternativeNames::new(orders, []));
    let shown = Certificate::File {
        chain: "/chain.pem".to_owned(),
        key: "/key.pem".to_owned(),
    };
    let showing = trusting().certificate(ClientCertificate::File(files()));
    let found_as = |shown| enforced(&["orders.internal"], shown);
    check([
        (Some(trusting()), None, found_as(None)),
        (
            Some(trusting()),
            offers(TlsMode::Strict, acm()),
            found_as(None),
        ),
        (
            Some(trusting()),
            offers(TlsMode::Disabled, acm()),
            found_as(None),
        ),
        (Some(trusting().ports([port(8443)])), None, found_as(None)),
        (
            Some(ClientPolicy::new(named)),
            None,
            enforced(&["spiffe://shop/orders"], None),
        ),
        (Some(showing), None, found_as(Some(shown))),
    ]);
}

#[test]
fn authorities_of_acm_and_secrets_are_trusted_as_they_were_named() {
    let authorities = CertificateAuthorities::new([arn()]).unwrap();
    let secret = || SecretName::new("spiffe://shop").unwrap();
    let rows = [
        (
            ClientTrust::Acm(authorities),
            Trust::Acm(vec![arn().to_string()]),
        ),
        (
            ClientTrust::Sds(secret()),
            Trust::Sds("spiffe://shop".to_owned()),
        ),
    ];
    for (written, expected) in rows {
        let policy = ClientPolicy::new(ClientValidation::new(written));
        match &snapshot(Some(policy), None).clusters()[0].tls {
            UpstreamTls::Enforced { validation, .. } => assert_eq!(validation.trust, expected),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn callers_with_two_policies_have_two_groups_of_the_same_endpoints() {
    let web = VirtualNode::builder("web")
        .client_policy(trusting())
        .backend_with("a.local", trusting().enforce(false))
        .backend("b.local")
        .backend("c.local");
    let orders = VirtualNode::builder("orders").listener(80, Protocol::Http);
    let mut mesh = Mesh::builder("shop")
        .virtual_node(web)
        .virtual_node(orders.dns("orders.internal"));
    for name in ["a.local", "b.local", "c.local"] {
        mesh = mesh.virtual_service(VirtualService::builder(name).virtual_node("orders"));
    }
    let config = Config::from(mesh.build().unwrap());
    let snapshot = config.node("web").unwrap().compile().unwrap();
    let tls: Vec<_> = snapshot
        .clusters()
        .iter()
        .map(|one| one.tls.is_tls())
        .collect();
    assert_eq!(tls, [false, true]);
}

#[test]
fn what_needs_tls_is_told_with_its_place_and_a_way_out() {
    let offered = ListenerTls::new(TlsMode::Strict, ListenerCertificate::File(files()));
    let snapshot = snapshot(None, Some(offered.clone()));
    let told = snapshot.needs_tls().map(|needs| needs.to_string()).unwrap();
    assert!(
        told.starts_with("calls to orders on port 8443 go out with TLS (written in Rust)"),
        "{told}"
    );

    let listener = Listener::builder(8443, Protocol::Http).tls(offered);
    let orders = VirtualNode::builder("orders")
        .listener_with(listener)
        .dns("orders");
    let mesh = Mesh::builder("shop").virtual_node(orders).build().unwrap();
    let snapshot = Config::from(mesh)
        .node("orders")
        .unwrap()
        .compile()
        .unwrap();
    let told = snapshot.needs_tls().map(|needs| needs.to_string()).unwrap();
    assert!(
        told.starts_with("the listener on port 8443 has TLS mode STRICT (written in Rust)"),
        "{told}"
    );
    assert!(told.contains("DISABLED"), "{told}");
}
