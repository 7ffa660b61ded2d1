//! From what a builder was given to the snapshot that is to be in force.

use std::{sync::Arc, time::Duration};

use mesh_core::{
    Config, Defaults, Snapshot, compile, compile::Target, error::Problem, load::Reader,
    name::VirtualNodeName, unit::Port,
};
use tokio::time;

use super::{
    builder::{MeshBuilder, Source},
    files, follow,
    identity::Identity,
};
use crate::{
    connect::Dial,
    error::{Cause, Error},
    runtime::source::{
        self as runtime, Document, Files, LastGood, Plain, SourceError, Url, Version,
    },
};

/// What a mesh starts with.
#[derive(Debug)]
pub(super) struct Sourced {
    pub(super) snapshot: Snapshot,
    /// The virtual nodes whose endpoints may be given.
    pub(super) nodes: Vec<VirtualNodeName>,
    pub(super) warnings: Vec<Problem>,
    /// Of the texts it was read from.
    pub(super) version: Option<Version>,
    /// Why it was not read from the source, but from what was kept of it.
    pub(super) failed: Option<Error>,
}

/// A source to follow from now on.
pub(super) struct Followed {
    pub(super) source: Box<dyn runtime::Source>,
    pub(super) every: Option<Duration>,
    pub(super) reader: Reader,
    /// Where what is put in force is kept for a later start.
    pub(super) keep: Option<LastGood>,
}

/// Reads what the builder names, and says what is to be followed.
pub(super) async fn open(
    builder: &MeshBuilder,
    dial: Arc<dyn Dial>,
) -> Result<(Sourced, Option<Followed>), Error> {
    let following = &builder.following;
    let source: Box<dyn runtime::Source> = match &builder.source {
        Source::Files(places) => Box::new(Files::new(places.clone())),
        Source::Url(text) => {
            let plain = match following.plain_http {
                true => Plain::Anywhere,
                false => Plain::ThisMachine,
            };
            Box::new(Url::new(text, plain, dial).map_err(Error::setup)?)
        }
        _ => return Ok((handed_over(builder)?, None)),
    };
    let keep = match (&following.last_good, &builder.source) {
        (Some(path), Source::Url(_)) => Some(LastGood::new(path.clone())),
        (Some(_), _) => {
            return Err(Error::setup(
                ".last_good(PATH) is for the document of a URL; files are there without it",
            ));
        }
        (None, _) => None,
    };
    let mut followed = Followed {
        source,
        every: following.every,
        reader: reader(builder),
        keep,
    };
    let sourced = followed.first(builder).await?;
    Ok((sourced, following.watch.then_some(followed)))
}

/// The reader of the builder, which knows the mesh that the environment names with the node.
fn reader(builder: &MeshBuilder) -> Reader {
    let reader = builder.reader.clone().unwrap_or_default();
    // Who does not say which node it is, is told so once the documents are read.
    match Identity::of(builder.virtual_node.clone()).map(|identity| identity.mesh) {
        Ok(Some(mesh)) => reader.or_mesh(mesh),
        Ok(None) | Err(_) => reader,
    }
}

impl Followed {
    /// What the source gives, or else what was kept of it.
    async fn first(&mut self, builder: &MeshBuilder) -> Result<Sourced, Error> {
        let failed = match self.given(builder).await {
            Ok((sourced, documents)) => {
                follow::keep(self.keep.as_ref(), documents).await;
                return Ok(sourced);
            }
            Err(failed) => failed,
        };
        let Some(kept) = self.keep.as_ref().and_then(|place| place.read().ok()) else {
            return Err(failed);
        };
        tracing::error!(error = ?failed, "the mesh starts with the last good configuration that it has kept");
        let mut sourced = self.sourced(builder, &[kept])?;
        sourced.failed = Some(failed);
        Ok(sourced)
    }

    async fn given(&mut self, builder: &MeshBuilder) -> Result<(Sourced, Arc<[Document]>), Error> {
        let name = self.source.name();
        let looked = match builder.source {
            Source::Url(_) => looked_within(builder.life.warm, &mut *self.source).await,
            _ => self.source.look().await,
        };
        let documents: Arc<[Document]> = match looked {
            Ok(documents) => documents.unwrap_or_default().into(),
            Err(error) => {
                return Err(Error::new(Cause::Source {
                    name,
                    source: Box::new(error),
                }));
            }
        };
        Ok((self.sourced(builder, &documents)?, documents))
    }

    fn sourced(&self, builder: &MeshBuilder, documents: &[Document]) -> Result<Sourced, Error> {
        let config = files::parsed(documents, self.reader.clone())?;
        let mut sourced = of_node(builder, &config)?;
        sourced.version = Some(Version::of(documents));
        Ok(sourced)
    }
}

/// Asks again until something comes or the time is over; then the last reason counts.
async fn looked_within(
    limit: Duration,
    source: &mut dyn runtime::Source,
) -> Result<Option<Vec<Document>>, SourceError> {
    let mut last = SourceError::Slow(limit);
    let asking = async {
        loop {
            match source.look().await {
                Err(error @ SourceError::Refused(_)) => return Err(error),
                Err(error) => last = error,
                given => return given,
            }
            time::sleep(AGAIN).await;
        }
    };
    match time::timeout(limit, asking).await {
        Ok(given) => given,
        Err(_) => Err(last),
    }
}

fn handed_over(builder: &MeshBuilder) -> Result<Sourced, Error> {
    match &builder.source {
        Source::Several => Err(Error::setup(
            "the configuration was given more than once: it is either files, or a URL, or a configuration, or services",
        )),
        Source::Config(_) | Source::Services(_) if builder.reader.is_some() => Err(Error::setup(
            "parameters and readers are for the files that .app_mesh_file(PATH) and its like read, and there is none",
        )),
        Source::Config(config) => of_node(builder, config),
        Source::Services(_) if builder.virtual_node.is_some() => Err(Error::setup(
            ".virtual_node(NAME) is for a mesh that has nodes; services of one's own have none",
        )),
        Source::Services(services) => {
            of_services(services, builder.defaults.unwrap_or(Defaults::Safe))
        }
        _ => Err(Error::setup(
            "no configuration was given: .app_mesh_file(PATH) reads one, .config(…) takes one, .service(…) needs none",
        )),
    }
}

fn of_node(builder: &MeshBuilder, config: &Config) -> Result<Sourced, Error> {
    let identity = Identity::of(builder.virtual_node.clone())?;
    let mut role = config.node(&identity.virtual_node)?;
    if let Some(defaults) = builder.defaults {
        role = role.defaults(defaults);
    }
    Ok(Sourced {
        snapshot: without_tls(role.compile()?)?,
        nodes: config
            .mesh()
            .virtual_nodes()
            .map(|node| node.name.clone())
            .collect(),
        warnings: config.warnings().to_vec(),
        version: None,
        failed: None,
    })
}

/// Fails closed: what has to speak TLS is not put in force by who cannot.
pub(super) fn without_tls(snapshot: Snapshot) -> Result<Snapshot, Error> {
    let needs = snapshot.needs_tls().map(|needs| needs.to_string());
    needs.map_or(Ok(snapshot), |needs| Err(Error::setup(needs)))
}

fn of_services(services: &[(String, Target)], defaults: Defaults) -> Result<Sourced, Error> {
    let named = services.iter().map(|(name, target)| {
        let (name, port) = name_and_port(name)?;
        Ok((name, port, target.clone()))
    });
    let snapshot = compile::services(named.collect::<Result<Vec<_>, Error>>()?, defaults)?;
    let nodes = snapshot
        .clusters()
        .iter()
        .map(|cluster| cluster.virtual_node.clone())
        .collect();
    Ok(Sourced {
        snapshot,
        nodes,
        warnings: Vec::new(),
        version: None,
        failed: None,
    })
}

fn name_and_port(text: &str) -> Result<(&str, Port), Error> {
    let parsed = text
        .rsplit_once(':')
        .and_then(|(name, port)| Some((name, Port::new(port.parse().ok()?).ok()?)));
    parsed.ok_or_else(|| {
        Error::setup(format!(
            "a service is NAME:PORT, such as orders:8080, not {text:?}"
        ))
    })
}

/// Between two tries of the start.
const AGAIN: Duration = Duration::from_millis(250);
