//! How a mesh ends: it says so, leaves where it was registered, lets that be heard, and drains.

use std::{
    convert::Infallible,
    future::{Future, pending},
    mem,
    pin::{Pin, pin},
    time::Duration,
};

use futures::{
    FutureExt as _, Stream, StreamExt as _,
    future::{BoxFuture, OptionFuture, Shared, join, join_all},
    stream,
};
use tokio::{sync::oneshot, time};

use super::{
    Mesh, Phase,
    running::{Running, Stage, stopped},
};
use crate::inbound;

impl Mesh {
    /// Has this done when the mesh begins to end, before it drains: to leave a registry, say. It may take 5 s.
    ///
    /// Everything that was given is done at once, and once, to its end: a second signal cuts short only the time to be heard that
    /// follows. It is not done where the future of [`serve`](Self::serve) is merely dropped; [`stop`](Self::stop) then does it. A mesh that has something to leave goes on serving for 5 s
    /// afterwards, whoever asks it to end, unless [`propagation`](crate::MeshBuilder::propagation) says otherwise; only `stop`
    /// does not wait.
    pub fn before_drain(&self, leave: impl Future<Output = ()> + Send + 'static) {
        self.handle.farewells.lock().add(leave);
    }

    /// Ends the serving of applications: no new connections, and what runs may take this long.
    ///
    /// Resolves when all connections are closed, by themselves or because the time was over; the future of
    /// [`serve`](Self::serve) has to go on being polled for that. Where another server runs the
    /// application, with [`inbound`](Self::inbound) around it, it resolves when all requests are answered; that server is to be
    /// told, too, for the inbound services can only ask its peers to close their connections. Where it serves on a
    /// [`listener`](Self::listener) of the node, its connections are waited for and cut as well. What is cut is counted by
    /// `mesh_inbound_connections_cut_total`; a WebSocket or another tunnel fails when it is read or written next.
    ///
    /// A node that serves nothing, such as a job, ends here as well: endpoints are looked for and configurations taken no
    /// more, and connections are closed. A call that is made even later goes to the addresses that were known last, over a
    /// connection of its own.
    pub async fn stop(&self, within: Duration) {
        self.handle.say_farewell().await;
        let Running { stage, inbound, .. } = &*self.handle;
        stage.send_modify(|stage| {
            *stage = match *stage {
                Stage::Serving => Stage::Stopping { within },
                // Nobody who waits for it to be served shall wait for ever.
                Stage::Idle => Stage::Forgone,
                other => other,
            };
        });
        if *stage.borrow() == Stage::Forgone {
            self.handle.listeners.close();
        }
        self.handle.lived.reach(Phase::Draining);
        inbound.drain().stop(within, inbound.open()).await;
        inbound.drain().gone().await;
        let mut stage = stage.subscribe();
        // The sender lives in the handle that is held here.
        let _ = stage
            .wait_for(|stage| !matches!(stage, Stage::Stopping { .. }))
            .await;
        self.handle.lived.reach(Phase::Stopped);
        self.handle.end();
        self.flush().await;
    }
}

impl Running {
    /// Waits for the first ask, or a stop, and says how long the drain that begins then may take. Each further ask cuts short
    /// what it finds: the time to be heard, or the drain. What is done before is not cut.
    ///
    /// An ask comes with the time that it leaves for being heard, unless the builder has said how long.
    pub(super) async fn end_when_asked(
        &self,
        asks: impl Stream<Item = Duration>,
        begin: oneshot::Sender<Duration>,
    ) -> Infallible {
        let mut asks = pin!(asks.chain(stream::pending()));
        let mut stage = self.stage.subscribe();
        let within = tokio::select! {
            Some(usual) = asks.next() => self.leave(usual, asks.as_mut()).await,
            within = stopped(&mut stage) => within,
        };
        self.lived.reach(Phase::Draining);
        // Nobody waits for it if the serving has ended by itself.
        let _ = begin.send(within);
        asks.next().await;
        tracing::warn!("asked to end once more: what still runs is cut");
        self.inbound.drain().reach(inbound::Phase::Stopped);
        pending().await
    }

    /// Lets it be heard that this process leaves; gives the time that the drain may take then.
    async fn leave(
        &self,
        usual: Duration,
        mut asks: Pin<&mut impl Stream<Item = Duration>>,
    ) -> Duration {
        self.lived.reach(Phase::Leaving);
        // To its end, whoever asks meanwhile: half of it would leave callers who come here for ever.
        let usual = match self.say_farewell().await {
            true => usual.max(HEARD),
            false => usual,
        };
        let mut stage = self.stage.subscribe();
        tokio::select! {
            () = time::sleep(self.life.propagation.unwrap_or(usual)) => self.life.drain,
            _ = asks.next() => self.life.drain,
            within = stopped(&mut stage) => within,
        }
    }

    /// Does what is to be done before the mesh drains, and says whether there was anything.
    ///
    /// Whoever asks meanwhile waits for the same, and goes on with it if the first one is dropped.
    async fn say_farewell(&self) -> bool {
        let Some(farewell) = self.farewells.lock().begin() else {
            return false;
        };
        self.lived.reach(Phase::Leaving);
        farewell.await;
        true
    }
}

/// What is to be done before the mesh drains.
#[derive(Default)]
pub(super) struct Farewells {
    given: Vec<BoxFuture<'static, ()>>,
    begun: Option<Shared<BoxFuture<'static, ()>>>,
}

impl Farewells {
    pub(super) fn add(&mut self, leave: impl Future<Output = ()> + Send + 'static) {
        self.given.push(leave.boxed());
    }

    /// All that was given, begun or not; `None` if nothing was.
    fn begin(&mut self) -> Option<Shared<BoxFuture<'static, ()>>> {
        let given = mem::take(&mut self.given);
        if !given.is_empty() {
            let begun = OptionFuture::from(self.begun.take());
            let all = join(begun, bounded(given)).map(drop);
            self.begun = Some(all.boxed().shared());
        }
        self.begun.clone()
    }
}

async fn bounded(given: Vec<BoxFuture<'static, ()>>) {
    if time::timeout(FAREWELL, join_all(given)).await.is_err() {
        tracing::warn!(limit = ?FAREWELL, "what is to be done before the drain takes too long; it is given up");
    }
}

/// How long a process goes on that others may have heard of: longer than a DNS record or a load balancer's health check
/// commonly takes, and with the drain below what a container has.
pub(super) const HEARD: Duration = Duration::from_secs(5);

/// How long leaving a registry may take.
const FAREWELL: Duration = Duration::from_secs(5);
