//! The ways in which one service can call the other.

use std::{fmt, net::SocketAddr, str::FromStr};

use mesh_tower::test_util::MemoryNetwork;

use crate::{
    Error, bare,
    caller::Caller,
    envoy::Envoys,
    mesh::{Features, Pair, Traces},
    process,
};

/// What stands between the two services.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// Nothing: hyper at both ends, connections kept open.
    Bare,
    /// hyper-util's `Client`, in front of the bare service.
    Legacy,
    /// mesh-tower at both ends, everything on: access log, metrics, X-Ray.
    Mesh,
    /// The same without access log.
    MeshNoLog,
    /// Two Envoys, configured alike, between the bare services.
    Envoy,
}

impl Subject {
    /// All of them, the one that the others are compared with first.
    pub const ALL: [Self; 5] = [
        Self::Bare,
        Self::Legacy,
        Self::Mesh,
        Self::MeshNoLog,
        Self::Envoy,
    ];

    /// Those that need nothing but this program.
    pub const OURS: [Self; 3] = [Self::Bare, Self::Mesh, Self::MeshNoLog];
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bare => "bare",
            Self::Legacy => "legacy",
            Self::Mesh => "mesh",
            Self::MeshNoLog => "mesh-no-log",
            Self::Envoy => "envoy",
        })
    }
}

impl FromStr for Subject {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        Self::ALL
            .into_iter()
            .find(|subject| subject.to_string() == name)
            .ok_or_else(|| format!("there is no arrangement {name:?}").into())
    }
}

/// Two services and what stands between them, for as long as it lives.
#[derive(Debug)]
pub struct Arrangement {
    subject: Subject,
    addr: SocketAddr,
    pair: Option<Pair>,
    envoys: Option<Envoys>,
}

impl Arrangement {
    /// Starts the services on loopback. Their traces go to this address, where somebody should read them.
    ///
    /// # Errors
    /// Something does not start.
    pub async fn start(subject: Subject, traces: SocketAddr) -> Result<Self, Error> {
        let traces = Traces {
            to: traces,
            sampled: None,
        };
        Self::tracing(subject, traces).await
    }

    /// The same, with these traces.
    ///
    /// # Errors
    /// Something does not start.
    pub async fn tracing(subject: Subject, traces: Traces) -> Result<Self, Error> {
        let mut this = Self {
            subject,
            addr: bare::serve().await?,
            pair: None,
            envoys: None,
        };
        match subject {
            Subject::Bare | Subject::Legacy => {}
            Subject::Mesh | Subject::MeshNoLog => {
                this.pair = Some(Pair::start(&features(subject, traces)).await?);
            }
            Subject::Envoy => {
                let envoys = Envoys::start(this.addr, traces.to).await?;
                this.addr = envoys.egress();
                this.envoys = Some(envoys);
            }
        }
        Ok(this)
    }

    /// One more caller: with a connection of its own, or with a share in the client.
    ///
    /// # Errors
    /// There is nobody to connect to.
    pub async fn caller(&self) -> Result<Caller, Error> {
        match (&self.pair, self.subject) {
            (Some(pair), _) => Caller::mesh(&pair.caller.mesh),
            (None, Subject::Legacy) => Caller::legacy(self.addr),
            (None, _) => Ok(Caller::Bare(bare::connect(self.addr).await?)),
        }
    }

    /// What stands between the services.
    #[must_use]
    pub fn subject(&self) -> Subject {
        self.subject
    }

    /// The processor time that this process, and the Envoys if there are any, have used so far.
    ///
    /// # Errors
    /// The kernel does not tell.
    pub fn cpu_seconds(&self) -> Result<f64, Error> {
        let mut sum = process::cpu_seconds(std::process::id())?;
        for process in self.envoys.iter().flat_map(Envoys::processes) {
            sum += process::cpu_seconds(process)?;
        }
        Ok(sum)
    }

    /// The resident memory, in MB, of this process and of the Envoys if there are any.
    ///
    /// # Errors
    /// The kernel does not tell.
    pub fn resident(&self) -> Result<f64, Error> {
        let mut sum = process::resident(std::process::id())?;
        for process in self.envoys.iter().flat_map(Envoys::processes) {
            sum += process::resident(process)?;
        }
        Ok(sum)
    }
}

/// A caller over a connection inside the process, and what must live as long as it.
///
/// # Errors
/// The services do not start, or the subject is one that needs sockets.
pub async fn in_memory(
    subject: Subject,
    traces: SocketAddr,
) -> Result<(Caller, Option<Pair>), Error> {
    match subject {
        Subject::Bare => Ok((Caller::Bare(bare::in_memory().await?), None)),
        Subject::Mesh | Subject::MeshNoLog => {
            let mut features = features(
                subject,
                Traces {
                    to: traces,
                    sampled: None,
                },
            );
            features.network = Some(MemoryNetwork::new());
            let pair = Pair::start(&features).await?;
            Ok((Caller::mesh(&pair.caller.mesh)?, Some(pair)))
        }
        Subject::Legacy | Subject::Envoy => Err(format!("{subject} needs sockets").into()),
    }
}

fn features(subject: Subject, traces: Traces) -> Features {
    Features {
        access_log: subject == Subject::Mesh,
        traces: Some(traces),
        retries: 2,
        network: None,
    }
}
