//! What a mesh is told about X-Ray.

use std::{env, ffi::OsString};

use mesh_core::snapshot::Snapshot;
use mesh_xray::{Sampler, emit::DaemonAddress};

use super::tracer::{Emitter, Tracer};
use crate::error::Error;

/// How a mesh records for X-Ray; given to [`MeshBuilder::xray`](crate::MeshBuilder::xray).
///
/// For each request that is recorded, the node sends one segment, which holds a subsegment for each attempt of the calls
/// that were made to answer it. The request whose caller has decided already is recorded as decided; of the others one each
/// second, and 5 % of the rest.
///
/// Documents are made and sent by a thread of their own. Where no daemon listens, they are lost and counted.
///
/// # Source
/// X-Ray developer guide, "Configuring sampling rules"; App Mesh named segments `MESH/NODE`.
///
/// # Examples
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use mesh_core::compile::Target;
/// use mesh_tower::{Mesh, XRay};
///
/// let mesh = Mesh::builder()
///     .service("orders:8080", Target::dns("localhost"))
///     .xray(XRay::daemon("127.0.0.1:2000").sampling(1, 0.05))
///     .start()
///     .await?;
/// # Ok::<(), mesh_tower::Error>(()) }).unwrap();
/// ```
#[derive(Clone, Debug)]
#[must_use = "it has no effect until a mesh is built with it"]
pub struct XRay {
    daemon: Option<String>,
    per_second: u32,
    rate: f64,
    name: Option<String>,
}

impl XRay {
    /// Sends to the daemon that `AWS_XRAY_DAEMON_ADDRESS` names, or else to 127.0.0.1:2000.
    pub fn from_env() -> Self {
        Self {
            daemon: None,
            per_second: 1,
            rate: 0.05,
            name: None,
        }
    }

    /// Sends to the daemon at this address: `HOST:PORT`, or as `AWS_XRAY_DAEMON_ADDRESS` may have it.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "an address is small, and reads better without a borrow"
    )]
    pub fn daemon(address: impl ToString) -> Self {
        Self {
            daemon: Some(address.to_string()),
            ..Self::from_env()
        }
    }

    /// Records so many requests each second, and this share of the rest, from 0 to 1.
    pub fn sampling(mut self, per_second: u32, rate: f64) -> Self {
        (self.per_second, self.rate) = (per_second, rate);
        self
    }

    /// Names this node's segments, in place of `MESH/NODE`. Callers that know the mesh's configuration name their calls
    /// `MESH/NODE`: a node with another name of its own shows twice on the service map until it has answered.
    pub fn segment_name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// What applies where nobody said anything: whatever the sidecar was told.
    ///
    /// # Source
    /// App Mesh agent: `ENABLE_ENVOY_XRAY_TRACING=1`. An address for the daemon alone says as much for a process that has
    /// no sidecar.
    pub(crate) fn by_default() -> Option<Self> {
        is_asked_for(|name| env::var_os(name)).then(Self::from_env)
    }

    pub(crate) fn start(&self, snapshot: &Snapshot) -> Result<(Tracer, Emitter), Error> {
        let address = match &self.daemon {
            Some(address) => address.parse(),
            None => DaemonAddress::from_env(),
        };
        let address = address.map_err(|error| Error::setup(error.to_string()))?;
        let sampler = Sampler::new(self.per_second, self.rate);
        let emitter = Emitter::connect(&address).map_err(|error| {
            Error::setup(format!("the X-Ray daemon cannot be sent to: {error}"))
        })?;
        Ok((
            Tracer::new(snapshot, sampler, self.name.as_deref()),
            emitter,
        ))
    }
}

fn is_asked_for(variable: impl Fn(&str) -> Option<OsString>) -> bool {
    variable("ENABLE_ENVOY_XRAY_TRACING").is_some_and(|value| value == "1")
        || variable("AWS_XRAY_DAEMON_ADDRESS").is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_recorded_unless_the_environment_asks_for_it() {
        let rows: [(&[(&str, &str)], bool); 6] = [
            (&[], false),
            (&[("AWS_REGION", "eu-west-1")], false),
            (&[("ENABLE_ENVOY_XRAY_TRACING", "0")], false),
            (&[("ENABLE_ENVOY_XRAY_TRACING", "")], false),
            (&[("ENABLE_ENVOY_XRAY_TRACING", "1")], true),
            (&[("AWS_XRAY_DAEMON_ADDRESS", "127.0.0.1:2000")], true),
        ];
        for (variables, asked) in rows {
            let value = |name: &str| {
                let found = variables.iter().find(|(variable, _)| *variable == name);
                found.map(|(_, value)| OsString::from(value))
            };
            assert_eq!(is_asked_for(value), asked, "{variables:?}");
        }
    }
}
