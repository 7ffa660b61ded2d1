use super::{node, warned};
use crate::{
    config::{
        Arn, CertificateAuthorities, CertificateFiles, ClientPolicy, ClientTrust, ClientValidation,
        FilePath, Listener, ListenerCertificate, ListenerTls, Mesh, MeshBuilder, SecretName,
        SubjectAlternativeName, SubjectAlternativeNames, TlsMode, VirtualNode, VirtualNodeBuilder,
        VirtualService,
    },
    unit::{Port, Protocol},
};

fn file(path: &str) -> FilePath {
    FilePath::new(path).unwrap()
}

fn tls(mode: TlsMode) -> ListenerTls {
    let files = CertificateFiles::new(file("/chain"), file("/key"));
    ListenerTls::new(mode, ListenerCertificate::File(files))
}

fn policy() -> ClientPolicy {
    ClientPolicy::new(ClientValidation::new(ClientTrust::File(file("/ca"))))
}

/// `web`, which calls `orders.local` on port 443 of the node `orders`.
fn called(web: VirtualNodeBuilder, tls: Option<ListenerTls>) -> MeshBuilder {
    let listener = Listener::builder(443, Protocol::Http);
    let listener = match tls {
        Some(tls) => listener.tls(tls),
        None => listener,
    };
    Mesh::builder("shop")
        .virtual_node(
            VirtualNode::builder("orders")
                .listener_with(listener)
                .dns("orders"),
        )
        .virtual_service(VirtualService::builder("orders.local").virtual_node("orders"))
        .virtual_node(web.backend("orders.local"))
}

fn web() -> VirtualNodeBuilder {
    VirtualNode::builder("web")
}

#[test]
fn tls_that_is_enforced_has_to_be_offered() {
    let place = "virtual_node(web).client_policy tls-not-offered";
    let asks = |policy| web().client_policy(policy);
    warned(called(asks(policy()), None), &[place]);
    warned(
        called(asks(policy()), Some(tls(TlsMode::Disabled))),
        &[place],
    );
    warned(called(asks(policy()), Some(tls(TlsMode::Permissive))), &[]);
    warned(called(asks(policy().enforce(false)), None), &[]);
    let own = VirtualNode::builder("web").client_policy(policy());
    let own = own.backend_with("orders.local", policy().enforce(false));
    let mesh = Mesh::builder("shop")
        .virtual_node(node("orders"))
        .virtual_service(VirtualService::builder("orders.local").virtual_node("orders"))
        .virtual_node(own);
    warned(mesh, &[]);
}

#[test]
fn a_certificate_that_is_not_from_acm_needs_somebody_who_looks_at_it() {
    let place = "virtual_node(web) certificate-not-checked";
    warned(called(web(), Some(tls(TlsMode::Strict))), &[place]);
    warned(called(web(), Some(tls(TlsMode::Disabled))), &[]);
    warned(called(web(), None), &[]);
    let sds = || ListenerCertificate::Sds(SecretName::new("spiffe://shop/orders").unwrap());
    let spire = |mode| Some(ListenerTls::new(mode, sds()));
    warned(called(web(), spire(TlsMode::Strict)), &[place]);
    warned(called(web(), spire(TlsMode::Disabled)), &[]);
    let enforced = web().client_policy(policy());
    warned(called(enforced, spire(TlsMode::Permissive)), &[]);
    let acm = ListenerCertificate::Acm(Arn::new("arn:aws:acm:eu-west-1:1:certificate/x").unwrap());
    warned(
        called(web(), Some(ListenerTls::new(TlsMode::Strict, acm))),
        &[],
    );
}

#[test]
fn ports_of_a_policy_are_those_of_the_backends() {
    let on = |port| policy().ports([Port::new(port).unwrap()]);
    let of = |port| called(web().client_policy(on(port)), Some(tls(TlsMode::Strict)));
    warned(of(443), &[]);
    warned(
        of(80),
        &[
            "virtual_node(web) certificate-not-checked",
            "virtual_node(web).client_policy tls-port-mismatch",
        ],
    );
}

#[test]
fn who_trusts_spire_has_to_name_somebody() {
    let spire = || SecretName::new("spiffe://shop").unwrap();
    let unnamed = || ClientValidation::new(ClientTrust::Sds(spire()));
    let asks = |validation| {
        let web = web().client_policy(ClientPolicy::new(validation));
        called(web, Some(tls(TlsMode::Strict)))
    };
    warned(
        asks(unnamed()),
        &["virtual_node(web).client_policy spiffe-without-names"],
    );
    let orders = SubjectAlternativeName::new("spiffe://shop/orders").unwrap();
    let orders = SubjectAlternativeNames::new(orders, []);
    warned(asks(unnamed().names(orders)), &[]);
}

#[test]
fn what_is_no_arn_loads_with_a_word() {
    let blank = || Arn::new("certificate").unwrap();
    let tls = ListenerTls::new(TlsMode::Strict, ListenerCertificate::Acm(blank()));
    let authorities = CertificateAuthorities::new([blank()]).unwrap();
    let trust = ClientValidation::new(ClientTrust::Acm(authorities));
    warned(
        called(web().client_policy(ClientPolicy::new(trust)), Some(tls)),
        &[
            "virtual_node(orders).listener(443).tls not-an-arn",
            "virtual_node(web).client_policy not-an-arn",
        ],
    );
}
