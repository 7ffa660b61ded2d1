//! A directory that is asked again and again, as often as the core says.

use std::{error::Error as StdError, future::Future, sync::Arc, time::Duration};

use futures::{Stream, stream};
use mesh_core::{
    discovery::{Finding, Known, News, Step},
    name::VirtualNodeName,
    snapshot::ClusterSpec,
    unit::Port,
};
use tokio::time;

use super::{Answer, watched::Watched};
use crate::runtime::{clock, rng::SharedRng};

/// Why a directory did not answer.
pub(super) type Failure = Box<dyn StdError + Send + Sync>;

/// A directory, asked for one target.
pub(super) trait Ask: Send + 'static {
    /// Asks it once. Ends within a bounded time, whatever the directory does.
    fn ask(&mut self) -> impl Future<Output = Result<Finding, Failure>> + Send;
}

/// One target, and what is known of it.
pub(super) struct Following<A> {
    ask: A,
    all: bool,
    known: Known,
    ask_after: Duration,
    watched: Watched,
    rng: Arc<SharedRng>,
    virtual_node: VirtualNodeName,
    port: Port,
}

impl<A: Ask> Following<A> {
    /// `all`: every address is an endpoint, else one.
    pub(super) fn new(
        ask: A,
        spec: &ClusterSpec,
        all: bool,
        watched: Watched,
        rng: Arc<SharedRng>,
    ) -> Self {
        Self {
            ask,
            all,
            known: Known::default(),
            ask_after: Duration::ZERO,
            watched,
            rng,
            virtual_node: spec.virtual_node.clone(),
            port: spec.port,
        }
    }

    /// The target's endpoints, now and whenever they change.
    pub(super) fn answers(self) -> impl Stream<Item = Answer> + Send + 'static {
        stream::unfold(self, |mut following| async move {
            let answer = following.next().await;
            Some((answer, following))
        })
    }

    async fn next(&mut self) -> Answer {
        loop {
            time::sleep(self.ask_after).await;
            let asked = self.ask.ask().await;
            if let Some(endpoints) = self.learn(asked) {
                return endpoints;
            }
        }
    }

    fn learn(&mut self, asked: Result<Finding, Failure>) -> Option<Answer> {
        let (finding, failure) = match asked {
            Ok(finding) => (finding, None),
            Err(failure) => (Finding::Failed, Some(failure)),
        };
        if failure.is_some() {
            self.watched.failed();
        }
        let step = self
            .known
            .learn(finding, self.all, clock::now(), &mut &*self.rng);
        self.watched.set_stale(self.known.is_stale());
        self.tell(&step, failure.as_ref());
        self.ask_after = step.ask_after;
        step.endpoints
    }

    /// Loud, but not once for each time that it is asked.
    fn tell(&self, step: &Step, failure: Option<&Failure>) {
        let (virtual_node, port) = (&self.virtual_node, &self.port);
        match step.news {
            Some(News::Stale) => tracing::warn!(
                %virtual_node, %port,
                failures = self.known.failures(),
                error = failure.map(ToString::to_string),
                "discovery fails; what is known of the endpoints stays in force"
            ),
            Some(News::Held) => tracing::warn!(
                %virtual_node, %port,
                "discovery says that there are no endpoints; those that are known are held for a while"
            ),
            Some(News::Emptied) => tracing::warn!(
                %virtual_node, %port,
                "discovery still says that there are no endpoints; requests fail now"
            ),
            Some(News::Fresh) => tracing::info!(%virtual_node, %port, "discovery answers again"),
            _ => {}
        }
        if step.left_out > 0 && step.endpoints.is_some() {
            tracing::warn!(
                %virtual_node, %port,
                left_out = step.left_out,
                "discovery gave more endpoints than are used"
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{pin::pin, sync::Mutex};

    use futures::StreamExt;
    use mesh_core::{
        Defaults,
        compile::{self, Target},
    };

    use super::*;
    use crate::discovery::Freshness;

    /// Says what it was told to, one after the other, and then fails for good; notes when it was asked.
    struct Scripted {
        says: std::vec::IntoIter<Finding>,
        asked: Arc<Mutex<Vec<time::Instant>>>,
    }

    impl Ask for Scripted {
        async fn ask(&mut self) -> Result<Finding, Failure> {
            self.asked
                .lock()
                .expect("no panic held it")
                .push(time::Instant::now());
            self.says.next().ok_or_else(|| "SERVFAIL".into())
        }
    }

    fn found(host: u8, ttl: u64) -> Finding {
        Finding::Addresses {
            addrs: vec![([10, 0, 0, host], 80).into()],
            ttl: Duration::from_secs(ttl),
        }
    }

    fn spec() -> ClusterSpec {
        let port = Port::new(80).expect("a port");
        let target = [("orders", port, Target::dns("orders"))];
        let snapshot = compile::services(target, Defaults::Safe).expect("a service");
        snapshot.clusters()[0].clone()
    }

    #[tokio::test(start_paused = true)]
    async fn a_directory_is_asked_when_its_answer_has_aged_and_with_backoff_when_it_fails() {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let ask = Scripted {
            says: vec![found(1, 10), found(2, 1)].into_iter(),
            asked: asked.clone(),
        };
        let freshness = Arc::new(Freshness::default());
        let rng = Arc::new(SharedRng::new(7));
        let following = Following::new(ask, &spec(), true, Watched::new(&freshness), rng);
        let mut answers = pin!(following.answers());

        assert_eq!(answers.next().await, Some(vec![([10, 0, 0, 1], 80).into()]));
        assert_eq!(answers.next().await, Some(vec![([10, 0, 0, 2], 80).into()]));
        let silence = time::timeout(Duration::from_secs(60), answers.next()).await;
        assert!(silence.is_err(), "failures change no endpoints");
        let [failures, stale] = freshness.numbers().map(|number| number.value);
        assert_eq!(stale, 1);

        let asked = asked.lock().expect("no panic held it");
        let waits: Vec<_> = asked
            .windows(2)
            .map(|two| (two[1] - two[0]).as_secs_f64())
            .collect();
        let bounds = [
            9.0..=10.0,
            1.0..=1.0,
            0.5..=1.0,
            1.0..=2.0,
            2.0..=4.0,
            4.0..=8.0,
        ];
        for (wait, bounds) in waits.iter().zip(&bounds) {
            // Tokio's timers have a resolution of a millisecond.
            assert!(
                bounds.contains(&(wait - 0.001)) || bounds.contains(wait),
                "{waits:?}"
            );
        }
        assert_eq!(failures as usize, asked.len() - 2);
    }
}
