//! Addresses that somebody else finds: a stream of updates, for as many targets as ask for it.

use std::future::pending;

use futures::{Stream, StreamExt, stream, stream::BoxStream};
use tokio::sync::watch;

use super::{Answer, fixed::distinct};

/// What a stream said last. A node has one stream, but a target for each of its ports, and may be asked for again after a reload.
#[derive(Clone, Debug)]
pub(super) struct Latest(watch::Receiver<Option<Answer>>);

impl Latest {
    /// Follows a stream in a task, which ends with the stream or when nobody asks for what it says any more.
    pub(super) fn of(mut updates: BoxStream<'static, Answer>) -> Self {
        let (said, latest) = watch::channel(None);
        tokio::spawn(async move {
            loop {
                let update = tokio::select! {
                    update = updates.next() => update,
                    () = said.closed() => return,
                };
                match update {
                    Some(addrs) => said.send_replace(Some(distinct(addrs))),
                    None => return,
                };
            }
        });
        Self(latest)
    }

    /// What it says, now and whenever it says something else. When it has ended, the last word stands.
    pub(super) fn answers(&self) -> impl Stream<Item = Answer> + Send + 'static {
        let mut latest = self.0.clone();
        // What was said before this target came to be is news to it.
        latest.mark_changed();
        stream::unfold(latest, |mut latest| async move {
            loop {
                if latest.changed().await.is_err() {
                    pending::<()>().await;
                }
                let answer = latest.borrow_and_update().clone();
                if let Some(answer) = answer {
                    return Some((answer, latest));
                }
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use std::{net::SocketAddr, pin::pin};

    use futures::{FutureExt, channel::mpsc};
    use tokio::task;

    use super::*;

    fn addrs(hosts: impl IntoIterator<Item = u8>) -> Answer {
        let addr = |host| SocketAddr::from(([10, 0, 0, host], 80));
        hosts.into_iter().map(addr).collect()
    }

    #[tokio::test]
    async fn each_target_hears_the_last_word_and_what_comes_after_it() {
        let (say, updates) = mpsc::unbounded();
        let latest = Latest::of(updates.boxed());
        let mut early = pin!(latest.answers());
        say.unbounded_send(addrs([1, 2, 1])).expect("it is read");
        assert_eq!(early.next().await, Some(addrs([1, 2])));

        let mut late = pin!(latest.answers());
        assert_eq!(late.next().await, Some(addrs([1, 2])));
        say.unbounded_send(addrs([])).expect("it is read");
        assert_eq!(early.next().await, Some(addrs([])));
        assert_eq!(late.next().await, Some(addrs([])));
    }

    #[tokio::test]
    async fn the_last_word_stands_when_the_stream_has_ended() {
        let latest = Latest::of(stream::iter([addrs([1])]).boxed());
        task::yield_now().await;
        let mut answers = pin!(latest.answers());
        assert_eq!(answers.next().await, Some(addrs([1])));
        assert_eq!(
            answers.next().now_or_never(),
            None,
            "neither end nor answer"
        );
    }

    #[tokio::test]
    async fn a_stream_is_dropped_when_nobody_asks_for_it_any_more() {
        let (say, updates) = mpsc::unbounded();
        let latest = Latest::of(updates.boxed());
        let answers = latest.answers();
        drop((latest, answers));
        task::yield_now().await;
        task::yield_now().await;
        assert!(
            say.unbounded_send(addrs([1])).is_err(),
            "the stream is still read"
        );
    }
}
