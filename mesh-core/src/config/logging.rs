//! Access logs as they were written.

use super::{FilePath, JsonText, TextFormat};

/// Where a node writes a line for each request, and how.
///
/// # Source
/// App Mesh API model, `AccessLog`.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct AccessLog {
    /// The file; `/dev/stdout` is the process's own output.
    pub path: FilePath,
    /// How a line is written; `None`: as Envoy does where nothing is said.
    pub format: Option<LoggingFormat>,
}

impl AccessLog {
    /// Writes lines as Envoy does where nothing is said.
    #[must_use]
    pub const fn new(path: FilePath) -> Self {
        let format = None;
        Self { path, format }
    }

    /// Writes lines so.
    #[must_use]
    pub fn format(self, format: LoggingFormat) -> Self {
        let format = Some(format);
        Self { format, ..self }
    }
}

/// How a line of an access log is written.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum LoggingFormat {
    /// A format string of Envoy's.
    Text(TextFormat),
    /// An object with these keys, each with a format string for its value.
    Json(Vec<(JsonText, JsonText)>),
}
