//! Names of virtual services that no caller can write as a host.

use crate::{
    config::draft::{Said, VirtualServiceDraft},
    error::{Problems, quoted},
};

pub(super) fn check(service: &VirtualServiceDraft, problems: &mut Problems) {
    let Said { value, place } = &service.name;
    let known = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let fits = value.len() <= LONGEST && value.split('.').all(|label| !label.is_empty());
    if value.is_empty() || fits && value.chars().all(known) {
        return;
    }
    let message = format!(
        "callers write a virtual service's name as the host, and {} is none: name it as `orders.shop.local`, without a scheme, \
         a port or a path",
        quoted(value)
    );
    problems.warn("service-name-not-a-host", place, message);
}

/// That of a host name.
const LONGEST: usize = 253;
