//! What is on its way in one direction of a connection.

use std::{
    collections::VecDeque,
    io,
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use tokio::{io::ReadBuf, time::Instant};

/// Bytes that were sent and have not been read, and who waits at either end.
#[derive(Debug, Default)]
pub(super) struct ByteStream {
    /// With the time of its arrival.
    sent: VecDeque<(Instant, Bytes)>,
    size: usize,
    /// When the end arrives.
    end: Option<Instant>,
    /// Nobody reads any more.
    deaf: bool,
    reader: Option<Waker>,
    writer: Option<Waker>,
}

impl ByteStream {
    /// Both ends look again.
    pub(super) fn wake(&mut self) {
        let waiting = [self.reader.take(), self.writer.take()];
        waiting.into_iter().flatten().for_each(Waker::wake);
    }

    /// For how many bytes there is room.
    pub(super) fn poll_room(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        if self.deaf || self.end.is_some() {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        if self.size >= BUFFER {
            self.writer = Some(cx.waker().clone());
            return Poll::Pending;
        }
        Poll::Ready(Ok(BUFFER - self.size))
    }

    pub(super) fn send(&mut self, bytes: &[u8], arrival: Instant) {
        let arrival = self.no_earlier_than_the_last(arrival);
        let bytes = Bytes::copy_from_slice(bytes);
        self.size += bytes.len();
        self.sent.push_back((arrival, bytes));
        self.wake();
    }

    /// Nothing more is sent.
    pub(super) fn close(&mut self, arrival: Instant) {
        let arrival = self.no_earlier_than_the_last(arrival);
        self.end.get_or_insert(arrival);
        self.wake();
    }

    /// Nothing more is read.
    pub(super) fn leave(&mut self) {
        self.deaf = true;
        self.wake();
    }

    /// A latency that fell lets nothing overtake what was sent before.
    fn no_earlier_than_the_last(&self, arrival: Instant) -> Instant {
        let last = self.sent.back().map(|(last, _)| *last);
        last.map_or(arrival, |last| last.max(arrival))
    }

    /// What has arrived; or else when something will, if it is on its way.
    pub(super) fn receive(
        &mut self,
        cx: &Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Result<(), Option<Instant>> {
        let now = Instant::now();
        let next = self.sent.front().map(|(arrival, _)| *arrival).or(self.end);
        if next.is_none_or(|arrival| arrival > now) {
            self.reader = Some(cx.waker().clone());
            return Err(next);
        }
        let Some((_, bytes)) = self.sent.front_mut() else {
            return Ok(());
        };
        let count = bytes.len().min(buf.remaining());
        buf.put_slice(&bytes.split_to(count));
        if bytes.is_empty() {
            self.sent.pop_front();
        }
        self.size -= count;
        self.wake();
        Ok(())
    }

    /// Nothing arrives, whatever is on its way.
    pub(super) fn stall(&mut self, cx: &Context<'_>) -> Result<(), Option<Instant>> {
        self.reader = Some(cx.waker().clone());
        Err(None)
    }
}

/// About what a socket's buffers hold, so that back-pressure is felt as it would be there.
const BUFFER: usize = 64 * 1024;
