//! The revision of a Cloud Map service, asked for once for all targets that are instances of it.
//!
//! Each version of a service may be a target, with attributes of its own, and all processes of an account share one quota.

use std::{
    collections::BTreeMap,
    future::Future,
    sync::{Arc, Weak},
    time::Instant,
};

use tokio::sync::Mutex;

use super::{cloud_map::INTERVAL, follow::Failure};
use crate::runtime::clock;

/// Those of the services that are followed, by namespace and name.
#[derive(Debug, Default)]
pub(super) struct Revisions(BTreeMap<(String, String), Weak<Revision>>);

impl Revisions {
    pub(super) fn of(&mut self, namespace: &str, service: &str) -> Arc<Revision> {
        self.0.retain(|_, revision| revision.strong_count() > 0);
        let of = (namespace.to_owned(), service.to_owned());
        let known = self.0.get(&of).and_then(Weak::upgrade);
        known.unwrap_or_else(|| {
            let new = Arc::<Revision>::default();
            self.0.insert(of, Arc::downgrade(&new));
            new
        })
    }
}

/// What was said last, and when. The lock is held while it is asked for, so that those who come meanwhile wait for the answer and do
/// not ask themselves; each waits no longer than its own question may take.
#[derive(Debug, Default)]
pub(super) struct Revision(Mutex<Option<(Instant, Option<i64>)>>);

impl Revision {
    /// What was said not long ago, or else what is said now.
    pub(super) async fn latest(
        &self,
        ask: impl Future<Output = Result<Option<i64>, Failure>>,
    ) -> Result<Option<i64>, Failure> {
        let mut last = self.0.lock().await;
        let now = clock::now();
        if let Some((at, revision)) = *last
            && now.saturating_duration_since(at) < INTERVAL / 2
        {
            return Ok(revision);
        }
        let revision = ask.await?;
        *last = Some((now, revision));
        Ok(revision)
    }

    /// Takes what came with the instances themselves.
    pub(super) async fn is(&self, revision: Option<i64>) {
        *self.0.lock().await = Some((clock::now(), revision));
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use tokio::{join, time};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_service_is_asked_once_for_all_who_ask_at_a_time() {
        let (mut revisions, asked) = (Revisions::default(), Cell::new(0));
        let [one, other] = [(); 2].map(|()| revisions.of("shop.local", "orders"));
        let stock = revisions.of("shop.local", "stock");
        let ask = async || {
            time::sleep(INTERVAL / 10).await;
            asked.set(asked.get() + 1);
            Ok(Some(asked.get()))
        };
        let (first, second) = join!(one.latest(ask()), other.latest(ask()));
        assert_eq!((first.ok(), second.ok()), (Some(Some(1)), Some(Some(1))));
        assert_eq!(stock.latest(ask()).await.ok(), Some(Some(2)));
        other.is(Some(7)).await;
        assert_eq!(one.latest(ask()).await.ok(), Some(Some(7)));
        time::sleep(INTERVAL).await;
        assert_eq!(one.latest(ask()).await.ok(), Some(Some(3)));
    }

    #[tokio::test]
    async fn a_question_that_fails_is_asked_again_by_the_next() {
        let revision = Revision::default();
        let failed = revision.latest(async { Err("throttled".into()) }).await;
        assert!(failed.is_err());
        assert_eq!(
            revision.latest(async { Ok(Some(1)) }).await.ok(),
            Some(Some(1))
        );
    }
}
