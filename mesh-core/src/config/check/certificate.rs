//! ARNs of certificates and of certificate authorities: whether they look like some.

use crate::{
    config::{Arn, ClientPolicy, ClientTrust, ListenerCertificate, ListenerTls, draft::Said},
    error::{Place, Problems, quoted},
};

pub(super) fn of_listener(tls: Option<&Said<ListenerTls>>, problems: &mut Problems) {
    if let Some(Said { value, place }) = tls
        && let ListenerCertificate::Acm(arn) = &value.certificate
    {
        arn_of("acm", arn, place, problems);
    }
}

pub(super) fn of_policy(policy: Option<&Said<ClientPolicy>>, problems: &mut Problems) {
    if let Some(Said { value, place }) = policy
        && let ClientTrust::Acm(authorities) = &value.validation.trust
    {
        for arn in authorities.arns() {
            arn_of("acm-pca", arn, place, problems);
        }
    }
}

/// Files have blanks where an ARN is to be filled in, which is no reason not to load them.
fn arn_of(service: &str, arn: &Arn, place: &Place, problems: &mut Problems) {
    // The readers tell of blanks in angle brackets.
    if arn.as_str().starts_with('<') {
        return;
    }
    let mut parts = arn.as_str().split(':');
    let is_arn = parts.next() == Some("arn");
    if !is_arn || parts.nth(1) != Some(service) {
        let message = format!(
            "{} is no ARN of AWS's {service}, which begins as `arn:aws:{service}:`: fill in the one that is meant",
            quoted(arn.as_str())
        );
        problems.warn("not-an-arn", place, message);
    }
}
