//! Texts that their types take or refuse.

use crate::{
    config::{InvalidAttribute, InvalidText, draft::Said},
    error::Problems,
    load::resolved::Resolved,
};

/// A text of a bounded length; another one is reported.
pub(super) fn text<T>(
    node: &Resolved,
    path: &[&str],
    new: impl FnOnce(String) -> Result<T, InvalidText>,
    problems: &mut Problems,
) -> Option<T> {
    let Said { value, place } = node.text(path)?;
    new(value)
        .map_err(|error| problems.error("out-of-range", &place, error.to_string()))
        .ok()
}

/// The key or the value of an attribute in AWS Cloud Map; one that no instance can bear is reported.
pub(super) fn attribute<T>(
    node: &Resolved,
    part: &str,
    new: impl FnOnce(String) -> Result<T, InvalidAttribute>,
    problems: &mut Problems,
) -> Option<T> {
    let Said { value, place } = node.text(&[part])?;
    let refused = |error: InvalidAttribute| {
        let code = match error {
            InvalidAttribute::Length(_) => "out-of-range",
            InvalidAttribute::Character { .. } => "bad-attribute",
        };
        let message = format!("{error}: write the {part} that the instances are registered with");
        problems.error(code, &place, message);
    };
    new(value).map_err(refused).ok()
}
