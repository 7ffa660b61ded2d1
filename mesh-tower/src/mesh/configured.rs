//! Which configuration is in force, where it came from, and what was wrong with those that were not taken.

use std::time::{SystemTime, UNIX_EPOCH};

use mesh_core::metric::Number;
use parking_lot::Mutex;

use super::Mesh;
use crate::{
    error::{Cause, Error},
    runtime::{clock, source::Version},
};

/// What a mesh knows of its configuration; made by [`Mesh::configuration`].
///
/// Also `Display`, as a line for people.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct ConfigStatus {
    /// How many configurations were in force before this one.
    pub generation: u64,
    /// The files or the URL that are followed; `None` if there is nothing to follow.
    pub source: Option<String>,
    /// What tells the texts of the source that are in force from others: the same on all machines that have the same.
    /// `None` if the configuration was not read, but handed over.
    pub version: Option<String>,
    /// When a configuration was put in force last.
    pub since: Option<SystemTime>,
    /// How many texts of the source were not taken, for what was wrong with them.
    pub rejected: u64,
    /// How often the source could not be read.
    pub unreachable: u64,
    /// What was wrong when the source was looked at last; `None` if nothing was.
    pub last_error: Option<String>,
}

impl std::fmt::Display for ConfigStatus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let version = self.version.as_deref().unwrap_or("handed over");
        write!(f, "configuration {version}, generation {}", self.generation)?;
        if let Some(source) = &self.source {
            write!(f, ", from {source}")?;
        }
        match &self.last_error {
            Some(error) => write!(f, "; not taken since: {error}"),
            None => Ok(()),
        }
    }
}

/// Where that is kept.
#[derive(Debug, Default)]
pub(super) struct Configured(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    /// Of what is known here: requests may see a later one already.
    generation: u64,
    version: Option<Version>,
    status: ConfigStatus,
}

impl Configured {
    /// At the start.
    pub(super) fn new(source: Option<String>, version: Option<Version>) -> Self {
        let configured = Self::default();
        configured.0.lock().status.source = source;
        configured.taken(0, version);
        configured
    }

    /// A configuration was put in force. Where two were at once, it may be heard of the later one first.
    pub(super) fn taken(&self, generation: u64, version: Option<Version>) {
        let mut known = self.0.lock();
        if generation < known.generation {
            return;
        }
        known.generation = generation;
        known.version = version;
        known.status.version = version.map(|version| version.to_string());
        known.status.since = Some(clock::wall());
        known.status.last_error = None;
    }

    /// The mesh starts with what was kept of the source, because of this. Gives what is to be said for as long as the source holds
    /// the same: a source that could not be read has yet to say what it holds.
    pub(super) fn fell_back(&self, error: &Error) -> Option<String> {
        if matches!(error.cause(), Cause::Source { .. }) {
            self.unreachable(error);
            return None;
        }
        self.rejected(error);
        Some(format!("{error:?}"))
    }

    /// The source holds what was taken from it, unless there was this against it.
    pub(super) fn unchanged(&self, error: Option<&str>) {
        self.0.lock().status.last_error = error.map(str::to_owned);
    }

    /// The source's texts were not taken.
    pub(super) fn rejected(&self, error: &Error) {
        let status = &mut self.0.lock().status;
        status.rejected += 1;
        status.last_error = Some(format!("{error:?}"));
    }

    /// The source could not be read. Gives whether that is news.
    pub(super) fn unreachable(&self, error: &Error) -> bool {
        let status = &mut self.0.lock().status;
        status.unreachable += 1;
        let error = Some(format!("{error:?}"));
        let news = status.last_error != error;
        status.last_error = error;
        news
    }

    fn status(&self, generation: u64) -> ConfigStatus {
        let status = self.0.lock().status.clone();
        ConfigStatus {
            generation,
            ..status
        }
    }

    pub(super) fn numbers(&self, generation: u64) -> [Number; 5] {
        let known = self.0.lock();
        let since = known
            .status
            .since
            .and_then(|since| since.duration_since(UNIX_EPOCH).ok());
        [
            Number::gauge(
                "mesh_config_generation",
                "How many configurations were in force before this one.",
                generation,
            ),
            Number::gauge(
                "mesh_config_version",
                "What tells the texts in force from others, the same where the same was read; 0 if none were read.",
                known.version.map_or(0, Version::number),
            ),
            Number::gauge(
                "mesh_config_last_success_timestamp_seconds",
                "When a configuration was put in force last.",
                since.map_or(0, |since| since.as_secs()),
            ),
            Number::counter(
                "mesh_config_rejected_total",
                "Configurations that were not put in force for what was wrong with them.",
                known.status.rejected,
            ),
            Number::counter(
                "mesh_config_unreachable_total",
                "Looks at the configuration's source that gave nothing.",
                known.status.unreachable,
            ),
        ]
    }
}

impl Mesh {
    /// Which configuration is in force, and whether the files or the URL it came from hold another that was not taken.
    ///
    /// The same is in the metrics: `mesh_config_rejected_total`, `mesh_config_last_success_timestamp_seconds` and
    /// `mesh_config_version`.
    #[must_use]
    pub fn configuration(&self) -> ConfigStatus {
        let generation = self.handle.current.load().generation();
        self.handle.configured.status(generation)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_heard_late_does_not_stand_for_what_is_in_force() {
        let version = Some(Version::of(&[]));
        let configured = Configured::new(None, None);
        configured.taken(2, version);
        configured.taken(1, None);
        assert!(configured.status(2).version.is_some());
        configured.taken(3, None);
        assert_eq!(configured.status(3).version, None);
    }
}
