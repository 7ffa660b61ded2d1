//! TLS of listeners and of callers.

use super::draw::Draw;
use crate::{
    config::{
        Arn, CertificateAuthorities, CertificateFiles, ClientCertificate, ClientPolicy,
        ClientTrust, ClientValidation, FilePath, ListenerCertificate, ListenerTls, ListenerTrust,
        ListenerValidation, SecretName, SubjectAlternativeName, SubjectAlternativeNames, TlsMode,
    },
    unit::Port,
};

pub(super) fn of_listener(draw: &mut Draw) -> ListenerTls {
    let mode = draw.pick(&[TlsMode::Strict, TlsMode::Permissive, TlsMode::Disabled]);
    let certificate = match draw.below(3) {
        0 => ListenerCertificate::Acm(arn(draw)),
        1 => ListenerCertificate::File(files(draw)),
        _ => ListenerCertificate::Sds(secret(draw)),
    };
    let tls = ListenerTls::new(mode, certificate);
    if draw.flip() {
        return tls;
    }
    let trust = match draw.flip() {
        true => ListenerTrust::File(path(draw)),
        false => ListenerTrust::Sds(secret(draw)),
    };
    let validation = ListenerValidation::new(trust);
    tls.validation(match draw.flip() {
        true => validation.names(names(draw)),
        false => validation,
    })
}

pub(super) fn policy(draw: &mut Draw) -> ClientPolicy {
    let trust = match draw.below(3) {
        0 => {
            let arns: Vec<Arn> = (0..draw.number(1, 3)).map(|_| arn(draw)).collect();
            ClientTrust::Acm(CertificateAuthorities::new(arns).unwrap())
        }
        1 => ClientTrust::File(path(draw)),
        _ => ClientTrust::Sds(secret(draw)),
    };
    let mut validation = ClientValidation::new(trust);
    if draw.flip() {
        validation = validation.names(names(draw));
    }
    let mut policy = ClientPolicy::new(validation).enforce(draw.flip());
    if draw.flip() {
        let ports = [1, 443, 65_535].map(|port| Port::new(port).unwrap());
        policy = policy.ports(draw.some(&ports));
    }
    match draw.below(3) {
        0 => policy,
        1 => policy.certificate(ClientCertificate::File(files(draw))),
        _ => policy.certificate(ClientCertificate::Sds(secret(draw))),
    }
}

pub(super) fn path(draw: &mut Draw) -> FilePath {
    FilePath::new(draw.text("/keys/")).unwrap()
}

fn files(draw: &mut Draw) -> CertificateFiles {
    CertificateFiles::new(path(draw), path(draw))
}

fn secret(draw: &mut Draw) -> SecretName {
    SecretName::new(draw.text("spiffe://shop/")).unwrap()
}

fn arn(draw: &mut Draw) -> Arn {
    Arn::new(draw.name("arn:aws:acm:eu-west-1:111122223333:certificate/")).unwrap()
}

fn names(draw: &mut Draw) -> SubjectAlternativeNames {
    let first = name(draw);
    let others = draw.number(0, 2);
    SubjectAlternativeNames::new(first, (0..others).map(|_| name(draw)))
}

fn name(draw: &mut Draw) -> SubjectAlternativeName {
    SubjectAlternativeName::new(draw.name("spiffe://shop/")).unwrap()
}
