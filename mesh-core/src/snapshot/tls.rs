//! TLS as it was decided: what a listener offers, and how endpoints are spoken to.

use std::fmt;

/// How a cluster's endpoints are spoken to. Part of what tells clusters apart: a connection that was made for one answer is no
/// good for another.
#[derive(Clone, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum UpstreamTls {
    /// In plain text.
    #[default]
    Plaintext,
    /// With TLS, as the caller's policy asks for.
    Enforced {
        /// Whom the caller trusts, and by which names.
        validation: ServerValidation,
        /// What it shows to an endpoint that asks; `None`: nothing.
        certificate: Option<Certificate>,
    },
    /// With TLS, because the other end offers it; its certificate has to come from the private authorities that issued this one.
    Offered {
        /// The ARN of the listener's certificate.
        certificate: String,
    },
    /// With TLS, because the other end offers it; whoever answers is believed.
    Unvalidated,
}

impl UpstreamTls {
    /// Whether it is TLS at all.
    #[must_use]
    pub const fn is_tls(&self) -> bool {
        !matches!(self, Self::Plaintext)
    }
}

impl fmt::Display for UpstreamTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plaintext => f.write_str("plain text"),
            Self::Enforced {
                validation,
                certificate,
            } => {
                write!(f, "TLS, enforced: {validation}")?;
                let shown = certificate.as_ref();
                shown.map_or(Ok(()), |shown| write!(f, ", showing {shown} if asked"))
            }
            Self::Offered { certificate } => {
                write!(f, "TLS, offered: trusting who issued {certificate}")
            }
            Self::Unvalidated => f.write_str("TLS, offered: whoever answers is believed"),
        }
    }
}

/// Whom a caller trusts, and by which names.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub struct ServerValidation {
    /// Whose certificates are taken.
    pub trust: Trust,
    /// The names of which a certificate has to bear one, compared exactly.
    pub names: Vec<String>,
}

impl fmt::Display for ServerValidation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "trusting {} for {}", self.trust, self.names.join(", "))
    }
}

/// Whose certificates are taken.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum Trust {
    /// Those of private certificate authorities of AWS, by their ARNs.
    Acm(Vec<String>),
    /// Those of the authorities in a file, as PEM.
    File(String),
    /// Those of the authorities that a secret discovery service has under this name.
    Sds(String),
}

impl fmt::Display for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Acm(arns) => f.write_str(&arns.join(", ")),
            Self::File(path) => write!(f, "file {path}"),
            Self::Sds(name) => write!(f, "secret {name}"),
        }
    }
}

/// Where a certificate comes from.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum Certificate {
    /// From AWS Certificate Manager, by its ARN.
    Acm(String),
    /// From files, as PEM.
    File {
        /// The certificate and those above it.
        chain: String,
        /// Its key.
        key: String,
    },
    /// From a secret discovery service, under this name.
    Sds(String),
}

impl fmt::Display for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Acm(arn) => f.write_str(arn),
            Self::File { chain, .. } => write!(f, "file {chain}"),
            Self::Sds(name) => write!(f, "secret {name}"),
        }
    }
}

/// What TLS a listener offers.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct ListenerTlsPlan {
    /// Whether plain text is taken too, on the same port.
    pub permissive: bool,
    /// What it shows.
    pub certificate: Certificate,
    /// What callers that speak TLS have to show; `None`: nothing.
    pub validation: Option<ClientValidation>,
}

impl ListenerTlsPlan {
    /// The mode in App Mesh's word.
    #[must_use]
    pub const fn mode(&self) -> &'static str {
        match self.permissive {
            true => "PERMISSIVE",
            false => "STRICT",
        }
    }
}

impl fmt::Display for ListenerTlsPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} with {}", self.mode(), self.certificate)?;
        let asked = self.validation.as_ref();
        asked.map_or(Ok(()), |asked| {
            write!(f, ", asking for a certificate of {}", asked.trust)?;
            let names = asked.names.as_deref();
            names.map_or(Ok(()), |names| write!(f, " for {}", names.join(", ")))
        })
    }
}

/// What a listener asks of its callers' certificates.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct ClientValidation {
    /// Whose certificates are taken.
    pub trust: Trust,
    /// The names of which a certificate has to bear one; `None`: any will do.
    pub names: Option<Vec<String>>,
}
