//! The task that follows a mesh's configuration: looks, checks, puts in force; what is not right changes nothing.

use std::{
    future::Future,
    sync::{Arc, Weak},
    time::Duration,
};

use mesh_core::{load::Reader, rng::Rng as _};
use tokio::{sync::watch, task, time};

use super::{
    configured::Configured,
    files,
    running::{Handle, Running, Stage},
    source::Followed,
};
use crate::{
    error::{Cause, Error},
    runtime::{
        rng::SharedRng,
        source::{Document, LastGood, Source, SourceError, Version},
    },
};

/// Follows the source until the mesh has stopped, or its last handle is gone. `rejected` is what is wrong with what the source
/// held when the mesh started, if that is not in force.
pub(super) fn follow(mesh: &Handle, followed: Followed, rejected: Option<String>, rng: SharedRng) {
    let follower = Follower {
        mesh: Arc::downgrade(mesh),
        over: mesh.stage.subscribe(),
        followed,
        rng,
        rejected,
    };
    tokio::spawn(follower.run());
}

struct Follower {
    /// Weak, or a mesh that nobody uses would follow its configuration for ever.
    mesh: Weak<Running>,
    over: watch::Receiver<Stage>,
    followed: Followed,
    rng: SharedRng,
    /// Why the texts that the source holds now are not in force, if they are not.
    rejected: Option<String>,
}

impl Follower {
    async fn run(mut self) {
        let mut failed = false;
        loop {
            let pause = self.pause(failed);
            let mut over = self.over.clone();
            let source = &mut self.followed.source;
            let look = async {
                time::sleep(pause).await;
                source.look().await
            };
            let Some(looked) = unless(&mut over, look).await else {
                return;
            };
            let Some(mesh) = self.mesh.upgrade() else {
                return;
            };
            failed = looked.is_err();
            self.looked(&mesh, looked).await;
        }
    }

    /// A tenth sooner or later each time, and sooner after a failure.
    fn pause(&self, failed: bool) -> Duration {
        let usual = self
            .followed
            .every
            .unwrap_or_else(|| self.followed.source.interval());
        let usual = if failed {
            usual.min(AFTER_FAILURE)
        } else {
            usual
        };
        let usual = usual.max(SHORTEST);
        // 21 steps of a hundredth.
        let hundredths = 90 + u32::try_from((&self.rng).next_u64() % 21).unwrap_or(0);
        usual.saturating_mul(hundredths) / 100
    }

    async fn looked(&mut self, mesh: &Handle, looked: Result<Option<Vec<Document>>, SourceError>) {
        match looked {
            Ok(None) => mesh.configured.unchanged(self.rejected.as_deref()),
            Ok(Some(documents)) => self.found(mesh, documents).await,
            Err(error) => unreachable(&mesh.configured, &*self.followed.source, error),
        }
    }

    async fn found(&mut self, mesh: &Handle, documents: Vec<Document>) {
        let (version, source) = (Version::of(&documents), self.followed.source.name());
        let documents = Arc::<[Document]>::from(documents);
        self.rejected = None;
        let reader = self.followed.reader.clone();
        match put_in_force(mesh, (&documents, version), reader).await {
            Ok(()) => {
                tracing::info!(%version, %source, "another configuration is in force");
                keep(self.followed.keep.as_ref(), documents).await;
            }
            // Nothing is wrong with it: the mesh stops, and so does this.
            Err(error) if matches!(error.cause(), Cause::Stopping) => {}
            Err(error) => {
                mesh.configured.rejected(&error);
                self.rejected = Some(format!("{error:?}"));
                tracing::error!(%version, %source, ?error, "a configuration was rejected; the last good one stays in force");
            }
        }
    }
}

/// What the future gives, unless the mesh is over before.
async fn unless<T>(
    over: &mut watch::Receiver<Stage>,
    future: impl Future<Output = T>,
) -> Option<T> {
    tokio::select! {
        // An error says that the last handle is gone.
        _ = over.wait_for(|stage| stage.is_over()) => None,
        done = future => Some(done),
    }
}

async fn put_in_force(
    mesh: &Handle,
    (documents, version): (&Arc<[Document]>, Version),
    reader: Reader,
) -> Result<(), Error> {
    let (compiling, documents) = (mesh.clone(), documents.clone());
    // Thousands of routes take a while, and requests run on the workers here.
    let compiled =
        task::spawn_blocking(move || compiling.read(&files::parsed(&documents, reader)?));
    let snapshot = compiled.await.map_err(|_| Error::new(Cause::Stopping))??;
    mesh.put_in_force(snapshot, Some(version)).await
}

fn unreachable(configured: &Configured, source: &dyn Source, error: SourceError) {
    let name = source.name();
    let error = Error::new(Cause::Source {
        name,
        source: Box::new(error),
    });
    match configured.unreachable(&error) {
        true => tracing::error!(?error, "the last good configuration stays in force"),
        false => tracing::debug!(?error, "the last good configuration stays in force"),
    }
}

/// Puts the one document of a URL where a later start finds it.
pub(super) async fn keep(place: Option<&LastGood>, documents: Arc<[Document]>) {
    let Some(place) = place.cloned() else { return };
    let written = task::spawn_blocking(move || {
        documents
            .iter()
            .try_for_each(|document| place.write(document))
    });
    match written.await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => {
            tracing::warn!(%error, "the configuration in force cannot be kept for a later start")
        }
        Err(error) => {
            tracing::warn!(%error, "the configuration in force cannot be kept for a later start")
        }
    }
}

/// A source that failed is looked at again no later than this.
const AFTER_FAILURE: Duration = Duration::from_secs(5);

/// Looking more often than this would be work for nobody.
const SHORTEST: Duration = Duration::from_millis(100);
