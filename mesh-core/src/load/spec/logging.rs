//! Access logs.

use super::text::text;
use crate::{
    config::{AccessLog, FilePath, JsonText, LoggingFormat, TextFormat},
    error::Problems,
    load::resolved::Resolved,
};

/// The access log of a node or a gateway.
pub(super) fn access_log(properties: &Resolved, problems: &mut Problems) -> Option<AccessLog> {
    let file = properties.at(&["spec", "logging", "accessLog", "file"])?;
    let path = text(file, &["path"], FilePath::new, problems);
    let format = file.at(&["format"]);
    if let Some(format) = format {
        let message = "this version does not act on `format` yet: the access log is written in Envoy's default text format";
        problems.warn("not-supported-yet", &format.place, message);
    }
    let format = format.and_then(|node| format_of(node, problems));
    let log = AccessLog::new(path?);
    Some(match format {
        Some(format) => log.format(format),
        None => log,
    })
}

fn format_of(node: &Resolved, problems: &mut Problems) -> Option<LoggingFormat> {
    if node.at(&["text"]).is_some() {
        return text(node, &["text"], TextFormat::new, problems).map(LoggingFormat::Text);
    }
    let pairs = node.items(&["json"]).iter().filter_map(|pair| {
        let key = text(pair, &["key"], JsonText::new, problems);
        let value = text(pair, &["value"], JsonText::new, problems);
        key.zip(value)
    });
    Some(LoggingFormat::Json(pairs.collect()))
}
