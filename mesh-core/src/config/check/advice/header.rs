//! Inverted conditions on values, which absent headers do not meet.

use crate::{
    config::draft::{HeaderDraft, MatchDraft},
    error::{Problems, quoted},
};

pub(super) fn check(matches: &MatchDraft, problems: &mut Problems) {
    for header in &matches.headers {
        let name = &header.name;
        let always_there = name.value.starts_with(':') || name.value.eq_ignore_ascii_case("host");
        let about_value = header.invert && header.matcher.is_some();
        if about_value && !always_there && !asked_for(&name.value, matches) {
            let message = format!(
                "requests without the header {} are not taken, although the condition is inverted: add a condition that it is \
                 present if that is meant, or a second route for its absence",
                quoted(&name.value)
            );
            problems.warn("inverted-needs-header", &name.place, message);
        }
    }
}

/// Whether another condition says that the header is to be there.
fn asked_for(name: &str, matches: &MatchDraft) -> bool {
    let present =
        |header: &HeaderDraft| !header.invert && header.name.value.eq_ignore_ascii_case(name);
    matches.headers.iter().any(present)
}
