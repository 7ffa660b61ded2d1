//! TLS as it was written: what a listener offers, and what callers ask of their backends.

use std::collections::BTreeSet;

use super::{Arn, ClientValidation, FilePath, ListenerValidation, SecretName, Written};
use crate::unit::Port;

/// What a listener offers, and whom it lets in.
///
/// # Source
/// App Mesh API model, `ListenerTls`.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct ListenerTls {
    /// Whether TLS is asked for.
    pub mode: TlsMode,
    /// What the listener shows; App Mesh wanted one also where TLS is disabled.
    pub certificate: ListenerCertificate,
    /// What its callers have to show; `None`: nothing.
    pub validation: Option<ListenerValidation>,
    /// Where it was written.
    pub written: Written,
}

impl ListenerTls {
    /// Offers this certificate to everybody.
    #[must_use]
    pub fn new(mode: TlsMode, certificate: ListenerCertificate) -> Self {
        let validation = None;
        let written = Written::default();
        Self {
            mode,
            certificate,
            validation,
            written,
        }
    }

    /// Lets in only who shows a certificate that this trusts.
    #[must_use]
    pub fn validation(self, validation: ListenerValidation) -> Self {
        Self {
            validation: Some(validation),
            ..self
        }
    }
}

/// Whether a listener takes TLS, plain text, or both.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum TlsMode {
    /// TLS only.
    Strict,
    /// TLS and plain text on one port.
    Permissive,
    /// Plain text only.
    Disabled,
}

/// Where a listener's certificate comes from.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum ListenerCertificate {
    /// From AWS Certificate Manager.
    Acm(Arn),
    /// From files.
    File(CertificateFiles),
    /// From a secret discovery service, as SPIRE is one.
    Sds(SecretName),
}

/// A certificate in files.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct CertificateFiles {
    /// The certificate and those above it, as PEM.
    pub certificate_chain: FilePath,
    /// Its key, as PEM.
    pub private_key: FilePath,
}

impl CertificateFiles {
    /// A certificate and its key.
    #[must_use]
    pub const fn new(certificate_chain: FilePath, private_key: FilePath) -> Self {
        Self {
            certificate_chain,
            private_key,
        }
    }
}

/// What a caller asks of a backend's TLS.
///
/// # Source
/// App Mesh API model, `ClientPolicyTls`. That of a backend replaces the default as a whole.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct ClientPolicy {
    /// Whether a call goes out with TLS, or not at all.
    pub enforce: bool,
    /// The backends' ports that it is about; empty: all of them.
    pub ports: BTreeSet<Port>,
    /// What the caller shows if it is asked; `None`: nothing.
    pub certificate: Option<ClientCertificate>,
    /// What the backend has to show.
    pub validation: ClientValidation,
    /// Where it was written.
    pub written: Written,
}

impl ClientPolicy {
    /// Enforces TLS on every port.
    #[must_use]
    pub fn new(validation: ClientValidation) -> Self {
        Self {
            enforce: true,
            ports: BTreeSet::new(),
            certificate: None,
            validation,
            written: Written::default(),
        }
    }

    /// Says whether TLS is enforced.
    #[must_use]
    pub fn enforce(self, enforce: bool) -> Self {
        Self { enforce, ..self }
    }

    /// Is about these ports of the backends only.
    #[must_use]
    pub fn ports(self, ports: impl IntoIterator<Item = Port>) -> Self {
        let ports = ports.into_iter().collect();
        Self { ports, ..self }
    }

    /// Shows this certificate to backends that ask for one.
    #[must_use]
    pub fn certificate(self, certificate: ClientCertificate) -> Self {
        Self {
            certificate: Some(certificate),
            ..self
        }
    }
}

/// Where a caller's certificate comes from.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum ClientCertificate {
    /// From files.
    File(CertificateFiles),
    /// From a secret discovery service.
    Sds(SecretName),
}
