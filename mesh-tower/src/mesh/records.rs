//! Who reads the records of a mesh, and what its calls take along, from what its builder was told.

use std::{
    fmt,
    fs::OpenOptions,
    io::{self, Write},
    sync::Arc,
};

use http::HeaderName;
use mesh_core::snapshot::Snapshot;
use parking_lot::Mutex;

use super::builder::MeshBuilder;
use crate::{
    error::Error,
    record::{Readers, Recorder},
    runtime::{meters::Meters, rng::SharedRng},
};

/// A log, taken out of its builder once. The lock is never taken: it makes the builder `Sync`, or the future of its start
/// could not move between threads.
pub(super) struct AccessLog(pub(super) Mutex<Box<dyn Write + Send>>);

impl fmt::Debug for AccessLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessLog")
    }
}

/// What records the mesh's requests.
pub(super) fn recorder(
    builder: &mut MeshBuilder,
    snapshot: &Snapshot,
    meters: &Arc<Meters>,
    ids: Arc<SharedRng>,
) -> Result<Arc<Recorder>, Error> {
    let (carried, readers) = (carried(builder)?, readers(builder, snapshot)?);
    Recorder::new(ids, carried, meters.clone(), readers).map_err(|error| {
        Error::setup(format!(
            "no thread could be started to write records: {error}"
        ))
    })
}

/// The log of the builder, or else the file that the configuration names; the tracer of the builder, or else of the
/// environment.
fn readers(builder: &mut MeshBuilder, snapshot: &Snapshot) -> Result<Readers, Error> {
    #[cfg(any(test, feature = "test-util"))]
    if builder.witness.is_some() {
        return Ok(Readers {
            witness: builder.witness.take(),
            ..Readers::default()
        });
    }
    let access_log = match (builder.access_log.take(), snapshot.access_log()) {
        (Some(AccessLog(log)), _) => Some(log.into_inner()),
        (None, Some(path)) => Some(open(path)?),
        (None, None) => None,
    };
    Ok(Readers {
        access_log,
        tracer: tracer(builder, snapshot)?,
        #[cfg(any(test, feature = "test-util"))]
        witness: None,
    })
}

#[cfg(feature = "xray")]
fn tracer(
    builder: &MeshBuilder,
    snapshot: &Snapshot,
) -> Result<Option<(crate::trace::Tracer, crate::trace::Emitter)>, Error> {
    let xray = builder.xray.clone().or_else(crate::XRay::by_default);
    xray.map(|xray| xray.start(snapshot)).transpose()
}

#[cfg(not(feature = "xray"))]
fn tracer(
    _builder: &MeshBuilder,
    _snapshot: &Snapshot,
) -> Result<Option<(crate::trace::Tracer, crate::trace::Emitter)>, Error> {
    Ok(None)
}

/// The headers that a call's own calls take along, beside the request's name.
fn carried(builder: &MeshBuilder) -> Result<Vec<HeaderName>, Error> {
    let mut names = Vec::new();
    for name in &builder.carried {
        let name = HeaderName::try_from(name.as_str()).map_err(|_| {
            Error::setup(format!(
                "a header to carry has a name such as x-tenant, not {name:?}"
            ))
        })?;
        if is_of_one_message(&name) {
            return Err(Error::setup(format!(
                "the header {name} cannot be carried from one request into another: it says how this one is sent, or what its body is"
            )));
        }
        if !names.contains(&name) {
            names.push(name);
        }
    }
    Ok(names)
}

/// Whether a header means nothing, or something else, on another message than its own.
fn is_of_one_message(name: &HeaderName) -> bool {
    let name = name.as_str();
    name.starts_with("content-") || OF_ONE_MESSAGE.contains(&name)
}

const OF_ONE_MESSAGE: [&str; 9] = [
    "connection",
    "expect",
    "host",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// # Source
/// App Mesh virtual node, `logging.accessLog.file.path`: `/dev/stdout` for a container's log. Writing to that path opens
/// the stream anew, which a socket in its place refuses; so the two standard streams are taken as they are.
fn open(path: &str) -> Result<Box<dyn Write + Send>, Error> {
    match path {
        "/dev/stdout" => return Ok(Box::new(io::stdout())),
        "/dev/stderr" => return Ok(Box::new(io::stderr())),
        _ => {}
    }
    let file = OpenOptions::new().create(true).append(true).open(path);
    match file {
        Ok(file) => Ok(Box::new(file)),
        Err(error) => Err(Error::setup(format!(
            "the access log {path:?} that the configuration asks for cannot be opened: {error}; .access_log(…) writes it elsewhere"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_headers_that_mean_the_same_on_another_request_are_carried() {
        let carried = |name: &str| carried(&MeshBuilder::default().carry_header(name));
        assert_eq!(carried("X-Tenant").expect("a name"), ["x-tenant"]);
        for name in [
            "host",
            "Content-Length",
            "content-type",
            "te",
            "upgrade",
            "a b",
            "",
        ] {
            assert!(carried(name).is_err(), "{name:?}");
        }
    }
}
