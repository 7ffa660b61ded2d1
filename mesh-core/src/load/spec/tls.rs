//! TLS: what a listener offers, and what a caller asks for.

use std::collections::BTreeSet;

use super::text::text;
use crate::{
    config::{
        Arn, CertificateAuthorities, CertificateFiles, ClientCertificate, ClientPolicy,
        ClientTrust, ClientValidation, FilePath, ListenerCertificate, ListenerTls, ListenerTrust,
        ListenerValidation, SecretName, SubjectAlternativeName, SubjectAlternativeNames, TlsMode,
        Written, draft::Said, within,
    },
    error::Problems,
    load::resolved::{Content, Resolved},
    unit::Port,
};

/// What the listener offers.
pub(super) fn listener_tls(
    listener: &Resolved,
    problems: &mut Problems,
) -> Option<Said<ListenerTls>> {
    let node = listener.at(&["tls"])?;
    let mode = match node.text(&["mode"])?.value.as_str() {
        "STRICT" => TlsMode::Strict,
        "PERMISSIVE" => TlsMode::Permissive,
        "DISABLED" => TlsMode::Disabled,
        _ => return None,
    };
    let certificate = listener_certificate(node.at(&["certificate"])?, problems);
    let validation = match node.at(&["validation"]) {
        Some(validation) => Some(listener_validation(validation, problems)?),
        None => None,
    };
    let tls = ListenerTls {
        mode,
        certificate: certificate?,
        validation,
        written: Written::at(&node.place),
    };
    Some(Said::new(tls, node.place.clone()))
}

fn listener_certificate(node: &Resolved, problems: &mut Problems) -> Option<ListenerCertificate> {
    if let Some(acm) = node.at(&["acm"]) {
        return text(acm, &["certificateArn"], Arn::new, problems).map(ListenerCertificate::Acm);
    }
    match client_certificate(node, problems)? {
        ClientCertificate::File(files) => Some(ListenerCertificate::File(files)),
        ClientCertificate::Sds(secret) => Some(ListenerCertificate::Sds(secret)),
    }
}

fn client_certificate(node: &Resolved, problems: &mut Problems) -> Option<ClientCertificate> {
    if let Some(file) = node.at(&["file"]) {
        let chain = text(file, &["certificateChain"], FilePath::new, problems);
        let key = text(file, &["privateKey"], FilePath::new, problems);
        return Some(ClientCertificate::File(CertificateFiles::new(chain?, key?)));
    }
    secret(node, problems).map(ClientCertificate::Sds)
}

fn secret(node: &Resolved, problems: &mut Problems) -> Option<SecretName> {
    text(node, &["sds", "secretName"], SecretName::new, problems)
}

fn listener_validation(node: &Resolved, problems: &mut Problems) -> Option<ListenerValidation> {
    let trust = node.at(&["trust"])?;
    let trust = match trust.at(&["file"]) {
        Some(file) => {
            text(file, &["certificateChain"], FilePath::new, problems).map(ListenerTrust::File)
        }
        None => secret(trust, problems).map(ListenerTrust::Sds),
    };
    let names = alternative_names(node, problems)?;
    Some(ListenerValidation {
        subject_alternative_names: names,
        trust: trust?,
    })
}

/// What a caller asks for, of all its backends or of one.
pub(super) fn client_policy(
    holder: &Resolved,
    problems: &mut Problems,
) -> Option<Said<ClientPolicy>> {
    let node = holder.at(&["clientPolicy", "tls"])?;
    let ports = node.items(&["ports"]).iter();
    let ports: BTreeSet<Port> = ports
        .filter_map(|port| within(&port.number(&[])?, Port::new, problems))
        .collect();
    let certificate = match node.at(&["certificate"]) {
        Some(certificate) => Some(client_certificate(certificate, problems)?),
        None => None,
    };
    let policy = ClientPolicy {
        enforce: node.flag(&["enforce"]).unwrap_or(true),
        ports,
        certificate,
        validation: client_validation(node.at(&["validation"])?, problems)?,
        written: Written::at(&node.place),
    };
    Some(Said::new(policy, node.place.clone()))
}

fn client_validation(node: &Resolved, problems: &mut Problems) -> Option<ClientValidation> {
    let trust = client_trust(node.at(&["trust"])?, problems);
    let names = alternative_names(node, problems)?;
    Some(ClientValidation {
        subject_alternative_names: names,
        trust: trust?,
    })
}

fn client_trust(node: &Resolved, problems: &mut Problems) -> Option<ClientTrust> {
    if let Some(file) = node.at(&["file"]) {
        return text(file, &["certificateChain"], FilePath::new, problems).map(ClientTrust::File);
    }
    let Some(listed) = node.at(&["acm", "certificateAuthorityArns"]) else {
        return secret(node, problems).map(ClientTrust::Sds);
    };
    let Content::List(written) = &listed.content else {
        return None;
    };
    let arns: Vec<Arn> = written
        .iter()
        .filter_map(|arn| text(arn, &[], Arn::new, problems))
        .collect();
    // What is missing is reported already: an empty list, or an ARN that is none.
    if arns.is_empty() || arns.len() < written.len() {
        return None;
    }
    CertificateAuthorities::new(arns)
        .map_err(|error| problems.error("out-of-range", &listed.place, error.to_string()))
        .ok()
        .map(ClientTrust::Acm)
}

/// The names that are asked for, if any are; `None` if none is left of those in the list, which is reported.
fn alternative_names(
    validation: &Resolved,
    problems: &mut Problems,
) -> Option<Option<SubjectAlternativeNames>> {
    let path = ["subjectAlternativeNames", "match", "exact"];
    if validation.at(&path).is_none() {
        return Some(None);
    }
    let names = validation.items(&path).iter();
    let names = names.filter_map(|name| text(name, &[], SubjectAlternativeName::new, problems));
    let mut names = names.collect::<Vec<_>>().into_iter();
    Some(Some(SubjectAlternativeNames::new(names.next()?, names)))
}
