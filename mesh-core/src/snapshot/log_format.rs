//! How a line of the access log is written.

/// How a line of the access log is written.
///
/// # Source
/// App Mesh API model, `LoggingFormat`: format strings of Envoy's.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum LogFormat {
    /// One format string.
    Text(Box<str>),
    /// An object with these keys, each with a format string for its value.
    Json(Box<[(Box<str>, Box<str>)]>),
}
