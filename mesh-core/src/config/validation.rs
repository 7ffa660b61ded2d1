//! What is asked of certificates: whom to trust, and the names that they have to bear.

use super::{Arn, FilePath, SecretName, SubjectAlternativeName};
use crate::unit::OutOfRange;

/// What a listener asks of its callers' certificates.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct ListenerValidation {
    /// Whose certificates are taken.
    pub trust: ListenerTrust,
    /// The names of which a certificate has to bear one; `None`: any will do.
    pub subject_alternative_names: Option<SubjectAlternativeNames>,
}

impl ListenerValidation {
    /// Takes every certificate that this trusts.
    #[must_use]
    pub const fn new(trust: ListenerTrust) -> Self {
        let subject_alternative_names = None;
        Self {
            trust,
            subject_alternative_names,
        }
    }

    /// Takes only those that bear one of these names.
    #[must_use]
    pub fn names(self, names: SubjectAlternativeNames) -> Self {
        Self {
            subject_alternative_names: Some(names),
            ..self
        }
    }
}

/// Whom a listener trusts.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum ListenerTrust {
    /// The authorities in a file, as PEM.
    File(FilePath),
    /// Those that a secret discovery service names.
    Sds(SecretName),
}

/// What a caller asks of its backends' certificates.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct ClientValidation {
    /// Whose certificates are taken.
    pub trust: ClientTrust,
    /// The names of which a certificate has to bear one; `None`: the name by which the backend is found.
    pub subject_alternative_names: Option<SubjectAlternativeNames>,
}

impl ClientValidation {
    /// Takes certificates that this trusts and that bear the name by which the backend is found.
    #[must_use]
    pub const fn new(trust: ClientTrust) -> Self {
        let subject_alternative_names = None;
        Self {
            trust,
            subject_alternative_names,
        }
    }

    /// Takes those that bear one of these names instead.
    #[must_use]
    pub fn names(self, names: SubjectAlternativeNames) -> Self {
        Self {
            subject_alternative_names: Some(names),
            ..self
        }
    }
}

/// Whom a caller trusts.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum ClientTrust {
    /// Private certificate authorities of AWS.
    Acm(CertificateAuthorities),
    /// The authorities in a file, as PEM.
    File(FilePath),
    /// Those that a secret discovery service names.
    Sds(SecretName),
}

/// One to three certificate authorities.
///
/// # Source
/// App Mesh API model, `CertificateAuthorityArns`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CertificateAuthorities(Vec<Arn>);

impl CertificateAuthorities {
    /// Takes the authorities' ARNs.
    ///
    /// # Errors
    /// [`OutOfRange`] if there is none, or more than three.
    pub fn new(arns: impl IntoIterator<Item = Arn>) -> Result<Self, OutOfRange> {
        let arns: Vec<Arn> = arns.into_iter().collect();
        match arns.len() {
            1..=3 => Ok(Self(arns)),
            found => Err(OutOfRange {
                what: "number of certificate authorities",
                min: 1,
                max: 3,
                found: i64::try_from(found).unwrap_or(i64::MAX),
            }),
        }
    }

    /// Their ARNs.
    #[must_use]
    pub fn arns(&self) -> &[Arn] {
        &self.0
    }
}

/// The names of which a certificate has to bear one; there is one at least, since none would let in nobody or everybody.
///
/// # Source
/// App Mesh API model, `SubjectAlternativeNameList`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SubjectAlternativeNames(Vec<SubjectAlternativeName>);

impl SubjectAlternativeNames {
    /// Takes one name and any others.
    #[must_use]
    pub fn new(
        first: SubjectAlternativeName,
        others: impl IntoIterator<Item = SubjectAlternativeName>,
    ) -> Self {
        Self(std::iter::once(first).chain(others).collect())
    }

    /// The names, in the order in which they were written.
    #[must_use]
    pub fn as_slice(&self) -> &[SubjectAlternativeName] {
        &self.0
    }
}
