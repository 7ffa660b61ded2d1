//! TLS of listeners and of callers.

use super::value::Json;
use crate::config::{
    CertificateFiles, ClientCertificate, ClientPolicy, ClientTrust, ListenerCertificate,
    ListenerTls, ListenerTrust, ListenerValidation, SecretName, SubjectAlternativeNames, TlsMode,
};

pub(super) fn listener_tls(tls: &ListenerTls) -> Json {
    let mode = match tls.mode {
        TlsMode::Strict => "STRICT",
        TlsMode::Permissive => "PERMISSIVE",
        TlsMode::Disabled => "DISABLED",
    };
    let certificate = match &tls.certificate {
        ListenerCertificate::Acm(arn) => {
            Json::under("acm", Json::under("certificateArn", arn.as_str()))
        }
        ListenerCertificate::File(files) => file(files),
        ListenerCertificate::Sds(secret) => sds(secret),
    };
    Json::object([
        ("mode", Some(mode.into())),
        ("certificate", Some(certificate)),
        (
            "validation",
            tls.validation.as_ref().map(listener_validation),
        ),
    ])
}

fn listener_validation(validation: &ListenerValidation) -> Json {
    let trust = match &validation.trust {
        ListenerTrust::File(chain) => trust_file(chain.as_str()),
        ListenerTrust::Sds(secret) => sds(secret),
    };
    validated(trust, validation.subject_alternative_names.as_ref())
}

/// A caller's policy, as the member `clientPolicy` has it.
pub(super) fn client_policy(policy: &ClientPolicy) -> Json {
    let validation = &policy.validation;
    let trust = match &validation.trust {
        ClientTrust::Acm(authorities) => {
            let arns = authorities.arns().iter().map(|arn| arn.as_str().into());
            let arns = Json::List(arns.collect());
            Json::under("acm", Json::under("certificateAuthorityArns", arns))
        }
        ClientTrust::File(chain) => trust_file(chain.as_str()),
        ClientTrust::Sds(secret) => sds(secret),
    };
    let names = validation.subject_alternative_names.as_ref();
    let certificate = policy.certificate.as_ref();
    let ports = policy.ports.iter().map(|port| port.get().into());
    let tls = Json::object([
        ("enforce", Some(Json::Flag(policy.enforce))),
        ("ports", Json::list(ports)),
        ("certificate", certificate.map(client_certificate)),
        ("validation", Some(validated(trust, names))),
    ]);
    Json::under("tls", tls)
}

fn client_certificate(certificate: &ClientCertificate) -> Json {
    match certificate {
        ClientCertificate::File(files) => file(files),
        ClientCertificate::Sds(secret) => sds(secret),
    }
}

fn validated(trust: Json, names: Option<&SubjectAlternativeNames>) -> Json {
    let names = names.map(|names| {
        let names = names.as_slice().iter().map(|name| name.as_str().into());
        Json::under("match", Json::under("exact", Json::List(names.collect())))
    });
    Json::object([("trust", Some(trust)), ("subjectAlternativeNames", names)])
}

fn file(files: &CertificateFiles) -> Json {
    let files = Json::object([
        (
            "certificateChain",
            Some(files.certificate_chain.as_str().into()),
        ),
        ("privateKey", Some(files.private_key.as_str().into())),
    ]);
    Json::under("file", files)
}

fn trust_file(chain: &str) -> Json {
    Json::under("file", Json::under("certificateChain", chain))
}

fn sds(secret: &SecretName) -> Json {
    Json::under("sds", Json::under("secretName", secret.as_str()))
}
