//! Who speaks TLS: what a caller asks for and what a listener offers, put together.

use crate::{
    config::{
        CertificateFiles, ClientCertificate, ClientPolicy, ClientTrust, Listener,
        ListenerCertificate, ListenerTls, ListenerTrust, ServiceDiscovery, SubjectAlternativeNames,
        TlsMode,
    },
    snapshot::{
        Certificate, ClientValidation, ListenerTlsPlan, ServerValidation, Source, Trust,
        UpstreamTls,
    },
};

/// How a caller under this policy speaks to a listener, and where that was written.
///
/// A policy that is not enforced, or is about other ports, is as if there were none; then TLS is spoken because the listener
/// offers it.
///
/// # Source
/// App Mesh user guide, "Transport Layer Security": a listener's certificate of ACM is validated on its own, one from a file is
/// not. Of one from a secret discovery service nothing was said; it is taken like a file.
pub(super) fn upstream(
    policy: Option<&ClientPolicy>,
    listener: &Listener,
    discovery: &ServiceDiscovery,
) -> (UpstreamTls, Source) {
    let enforced = policy.filter(|policy| is_enforced(policy, listener));
    if let Some(policy) = enforced {
        let tls = UpstreamTls::Enforced {
            validation: server_validation(policy, discovery),
            certificate: policy.certificate.as_ref().map(client_certificate),
        };
        return (tls, Source::at(policy.written.location()));
    }
    let Some(tls) = listener.tls.as_ref().filter(|tls| offers(tls)) else {
        let policy = policy.map(|policy| &policy.written);
        let said = policy.or_else(|| Some(&listener.tls.as_ref()?.written));
        let source = said.map_or(Source::Defaults, |said| Source::at(said.location()));
        return (UpstreamTls::Plaintext, source);
    };
    let source = Source::at(tls.written.location());
    match &tls.certificate {
        ListenerCertificate::Acm(arn) => {
            let certificate = arn.to_string();
            (UpstreamTls::Offered { certificate }, source)
        }
        ListenerCertificate::File(_) | ListenerCertificate::Sds(_) => {
            (UpstreamTls::Unvalidated, source)
        }
    }
}

/// What a listener offers; `None` where TLS is disabled.
pub(super) fn listener(written: Option<&ListenerTls>) -> Option<ListenerTlsPlan> {
    let written = written.filter(|written| offers(written))?;
    let validation = written.validation.as_ref();
    Some(ListenerTlsPlan {
        permissive: written.mode == TlsMode::Permissive,
        certificate: match &written.certificate {
            ListenerCertificate::Acm(arn) => Certificate::Acm(arn.to_string()),
            ListenerCertificate::File(files) => in_files(files),
            ListenerCertificate::Sds(name) => Certificate::Sds(name.to_string()),
        },
        validation: validation.map(|validation| ClientValidation {
            trust: match &validation.trust {
                ListenerTrust::File(path) => Trust::File(path.to_string()),
                ListenerTrust::Sds(name) => Trust::Sds(name.to_string()),
            },
            names: validation.subject_alternative_names.as_ref().map(names),
        }),
    })
}

fn is_enforced(policy: &ClientPolicy, listener: &Listener) -> bool {
    policy.enforce && (policy.ports.is_empty() || policy.ports.contains(&listener.port))
}

fn offers(tls: &ListenerTls) -> bool {
    tls.mode != TlsMode::Disabled
}

fn server_validation(policy: &ClientPolicy, discovery: &ServiceDiscovery) -> ServerValidation {
    let validation = &policy.validation;
    let written = validation.subject_alternative_names.as_ref();
    ServerValidation {
        trust: match &validation.trust {
            ClientTrust::Acm(authorities) => {
                Trust::Acm(authorities.arns().iter().map(ToString::to_string).collect())
            }
            ClientTrust::File(path) => Trust::File(path.to_string()),
            ClientTrust::Sds(name) => Trust::Sds(name.to_string()),
        },
        names: written.map_or_else(|| vec![found_as(discovery)], names),
    }
}

/// The name that a certificate has to bear where the policy names none.
fn found_as(discovery: &ServiceDiscovery) -> String {
    match discovery {
        ServiceDiscovery::Dns { hostname, .. } => hostname.clone(),
        ServiceDiscovery::AwsCloudMap {
            namespace_name,
            service_name,
            ..
        } => format!("{service_name}.{namespace_name}"),
    }
}

fn names(written: &SubjectAlternativeNames) -> Vec<String> {
    written.as_slice().iter().map(ToString::to_string).collect()
}

fn client_certificate(written: &ClientCertificate) -> Certificate {
    match written {
        ClientCertificate::File(files) => in_files(files),
        ClientCertificate::Sds(name) => Certificate::Sds(name.to_string()),
    }
}

fn in_files(files: &CertificateFiles) -> Certificate {
    Certificate::File {
        chain: files.certificate_chain.to_string(),
        key: files.private_key.to_string(),
    }
}
