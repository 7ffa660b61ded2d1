//! A request body that can be sent again: recorded while it is sent the first time, or before, up to a cap.
//!
//! The attempts share the source. Only the newest one may read it: when a peer answers 503 in the middle of an upload, the
//! next attempt repeats what was recorded and goes on where the former stopped, and the former's body ends in an error
//! instead of taking bytes away from it.

use std::{
    mem,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker, ready},
};

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body as HttpBody, Frame, SizeHint};
use parking_lot::Mutex;

use super::{Body, BoxError};

/// What is kept of a body so that another attempt can send it.
#[derive(Debug)]
pub(crate) enum Replay {
    /// It was whole from the start.
    Whole(Body),
    /// It comes piece by piece.
    Recorded(Arc<Mutex<Recording>>),
}

impl Replay {
    /// Has a body recorded while it is sent; `None` if it is known to be too long for that.
    pub(crate) fn of(body: &mut Body) -> Option<Self> {
        let replay = match body.try_clone() {
            Some(whole) => Self::Whole(whole),
            None if body.size_hint().lower() > CAP as u64 => return None,
            None => {
                let recording = Recording::new(mem::take(body));
                Self::Recorded(Arc::new(Mutex::new(recording)))
            }
        };
        *body = replay.body()?;
        Some(replay)
    }

    /// The body from its beginning, for the next attempt; `None` once that is no longer possible.
    pub(crate) fn body(&self) -> Option<Body> {
        match self {
            Self::Whole(body) => body.try_clone(),
            Self::Recorded(recording) => {
                let turn = recording.lock().next_turn()?;
                Some(Replayed::new(recording.clone(), turn).into())
            }
        }
    }
}

#[derive(Debug)]
pub(crate) struct Recording {
    source: Body,
    announced: SizeHint,
    pieces: Vec<Bytes>,
    recorded: usize,
    trailers: Option<HeaderMap>,
    /// The source came to its end.
    ended: bool,
    /// Too much was sent to be kept, or the source failed: the running attempt is the last that has all of it.
    lost: bool,
    /// Why the source failed, until the attempt is told.
    failed: Option<BoxError>,
    /// Which attempt may read the source.
    turn: u32,
    reader: Option<Waker>,
}

impl Recording {
    fn new(source: Body) -> Self {
        Self {
            announced: source.size_hint(),
            source,
            pieces: Vec::new(),
            recorded: 0,
            trailers: None,
            ended: false,
            lost: false,
            failed: None,
            turn: 0,
            reader: None,
        }
    }

    fn next_turn(&mut self) -> Option<u32> {
        if self.lost {
            return None;
        }
        self.turn += 1;
        if let Some(former) = self.reader.take() {
            former.wake();
        }
        Some(self.turn)
    }

    /// Takes what is there of the source, up to the frame that passes the cap; that one is kept as long as nobody has it.
    fn read_ahead(&mut self, cx: &mut Context<'_>) {
        for _ in 0..AT_ONCE {
            let full = self.recorded > CAP || self.failed.is_some();
            if full || self.ended || self.lost {
                return;
            }
            match self.poll_source(cx) {
                Poll::Ready(Some(Err(error))) => self.failed = Some(error),
                Poll::Ready(_) => {}
                Poll::Pending => return,
            }
        }
    }

    /// The next frame for the attempt whose turn it is, which had all that was kept.
    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        if let Some(error) = self.failed.take() {
            self.ended = true;
            return Poll::Ready(Some(Err(error)));
        }
        // Woken when the turn passes on, so that a superseded attempt does not sit on its connection.
        self.reader = Some(cx.waker().clone());
        let frame = ready!(self.poll_source(cx));
        self.forget_what_is_too_much();
        Poll::Ready(frame)
    }

    fn poll_source(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let frame = ready!(Pin::new(&mut self.source).poll_frame(cx));
        match &frame {
            Some(Ok(frame)) => self.record(frame),
            Some(Err(_)) => self.lost = true,
            None => self.ended = true,
        }
        // Nothing comes after trailers, and not every sender asks.
        self.ended |= self.trailers.is_some() || self.source.is_end_stream();
        Poll::Ready(frame)
    }

    fn record(&mut self, frame: &Frame<Bytes>) {
        if let Some(trailers) = frame.trailers_ref() {
            self.trailers = Some(trailers.clone());
        }
        // Pieces of nothing would be kept without bound.
        let Some(data) = frame.data_ref().filter(|data| !data.is_empty()) else {
            return;
        };
        self.recorded += data.len();
        if !self.lost {
            self.pieces.push(data.clone());
        }
    }

    /// Once an attempt has all that was recorded.
    fn forget_what_is_too_much(&mut self) {
        if self.recorded > CAP {
            self.lost = true;
            self.pieces = Vec::new();
        }
    }
}

/// The body of one attempt.
#[derive(Debug)]
pub(super) struct Replayed {
    recording: Arc<Mutex<Recording>>,
    turn: u32,
    read: usize,
    /// Bytes, of pieces and of what came since.
    sent: u64,
    trailers_read: bool,
}

impl Replayed {
    fn new(recording: Arc<Mutex<Recording>>, turn: u32) -> Self {
        Self {
            recording,
            turn,
            read: 0,
            sent: 0,
            trailers_read: false,
        }
    }

    /// A body that is read once, and read ahead.
    pub(super) fn of(body: Body) -> Self {
        Self::new(Arc::new(Mutex::new(Recording::new(body))), 0)
    }

    pub(super) fn read_ahead(&self, cx: &mut Context<'_>) {
        let mut recording = self.recording.lock();
        if recording.turn == self.turn {
            recording.read_ahead(cx);
        }
    }
}

/// Another attempt has taken over; the peer of this one gets no more.
#[derive(Debug, thiserror::Error)]
#[error("a later attempt took the request body over")]
struct Superseded;

impl HttpBody for Replayed {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = &mut *self;
        let mut recording = this.recording.lock();
        if recording.turn != this.turn {
            return Poll::Ready(Some(Err(Superseded.into())));
        }
        if let Some(piece) = recording.pieces.get(this.read).cloned() {
            this.read += 1;
            this.sent += piece.len() as u64;
            if this.read == recording.pieces.len() {
                recording.forget_what_is_too_much();
            }
            return Poll::Ready(Some(Ok(Frame::data(piece))));
        }
        if recording.ended {
            let trailers = recording.trailers.clone().filter(|_| !this.trailers_read);
            this.trailers_read = true;
            return Poll::Ready(trailers.map(|trailers| Ok(Frame::trailers(trailers))));
        }
        let frame = ready!(recording.poll_next(cx));
        if let Some(Ok(frame)) = &frame {
            this.sent += frame.data_ref().map_or(0, |data| data.len() as u64);
            this.trailers_read |= frame.is_trailers();
            this.read = recording.pieces.len();
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        let recording = self.recording.lock();
        let trailers_left = recording.trailers.is_some() && !self.trailers_read;
        recording.ended && self.read >= recording.pieces.len() && !trailers_left
    }

    /// What was announced at first less what this attempt has read, whatever the source says of itself by now.
    fn size_hint(&self) -> SizeHint {
        let announced = self.recording.lock().announced;
        let mut left = SizeHint::new();
        left.set_lower(announced.lower().saturating_sub(self.sent));
        if let Some(upper) = announced.upper() {
            left.set_upper(upper.saturating_sub(self.sent));
        }
        left
    }
}

/// What is recorded of a body at most; beyond it the request streams on and is not tried again.
const CAP: usize = 64 * 1024;

/// How many frames are read ahead in one go: what is always ready must not hold the task for ever.
const AT_ONCE: usize = 64;

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use futures::{FutureExt, stream};
    use http::HeaderValue;
    use http_body_util::{BodyExt, StreamBody};

    use super::*;

    fn replay(frames: Vec<Frame<Bytes>>) -> Replay {
        let frames = stream::iter(frames.into_iter().map(Ok::<_, Infallible>));
        Replay::of(&mut Body::new(StreamBody::new(frames))).expect("no length is known")
    }

    async fn next(body: &mut Body) -> Option<Frame<Bytes>> {
        body.frame().await.transpose().expect("no error")
    }

    #[tokio::test]
    async fn trailers_are_sent_again_though_nobody_asked_what_comes_after_them() {
        let trailers = HeaderMap::from_iter([(http::header::ETAG, HeaderValue::from_static("x"))]);
        let replay = replay(vec![
            Frame::data("abc".into()),
            Frame::trailers(trailers.clone()),
        ]);
        for attempt in 1..=3 {
            let mut body = replay.body().expect("all is kept");
            let data = next(&mut body)
                .await
                .and_then(|frame| frame.into_data().ok());
            assert_eq!(data.as_deref(), Some(&b"abc"[..]), "attempt {attempt}");
            let last = next(&mut body)
                .await
                .and_then(|frame| frame.into_trailers().ok());
            assert_eq!(last, Some(trailers.clone()), "attempt {attempt}");
            assert!(body.is_end_stream(), "attempt {attempt}");
        }
    }

    #[tokio::test]
    async fn what_is_kept_is_bounded_and_exactly_so() {
        for (length, again) in [(CAP - 1, true), (CAP, true), (CAP + 1, false)] {
            let (first, second) = (vec![0; 1000], vec![0; length - 1000]);
            let replay = replay(vec![Frame::data(first.into()), Frame::data(second.into())]);
            let body = replay.body().expect("nothing was read");
            assert_eq!(body.collect().await.expect("read").to_bytes().len(), length);
            let body = replay.body();
            assert_eq!(body.is_some(), again, "{length}");
            if let Some(body) = body {
                assert_eq!(body.collect().await.expect("read").to_bytes().len(), length);
            }
        }
    }

    #[tokio::test]
    async fn pieces_of_nothing_are_not_kept() {
        let replay = replay((0..1000).map(|_| Frame::data(Bytes::new())).collect());
        let _ = replay.body().expect("nothing was read").collect().await;
        let Replay::Recorded(recording) = &replay else {
            panic!("it came piece by piece");
        };
        assert!(recording.lock().pieces.is_empty());
    }

    #[tokio::test]
    async fn a_later_attempt_goes_on_where_the_former_stopped_and_takes_the_body_over() {
        let replay = replay(vec![Frame::data("abc".into()), Frame::data("def".into())]);
        let mut former = replay.body().expect("nothing was read");
        next(&mut former).await;
        let later = replay.body().expect("all is kept");
        assert!(matches!(former.frame().now_or_never(), Some(Some(Err(_)))));
        assert_eq!(later.collect().await.expect("read").to_bytes(), "abcdef");
    }

    #[tokio::test]
    async fn what_is_read_ahead_is_lost_for_others_only_when_an_attempt_has_it() {
        for (length, again) in [(CAP, true), (CAP + 1, false)] {
            let replay = replay(vec![Frame::data(vec![0; length].into())]);
            let mut unsent = replay.body().expect("nothing was read");
            unsent.read_ahead_now().await;
            let sent = replay.body().expect("nobody has it");
            assert_eq!(sent.collect().await.expect("read").to_bytes().len(), length);
            assert_eq!(replay.body().is_some(), again, "{length}");
        }
    }

    #[tokio::test]
    async fn a_body_that_failed_while_it_was_read_ahead_fails_for_who_sends_it() {
        let frames = [Ok(Frame::data(Bytes::from("abc"))), Err("broken")];
        let mut body = Body::new(StreamBody::new(stream::iter(frames)));
        body.read_ahead_now().await;
        assert!(next(&mut body).await.is_some());
        assert!(!body.is_end_stream());
        let error = body
            .frame()
            .await
            .expect("an error")
            .expect_err("it failed");
        assert_eq!(error.to_string(), "broken");
        assert!(body.frame().await.is_none());
    }

    #[tokio::test]
    async fn a_body_that_always_has_nothing_is_not_read_ahead_for_ever() {
        let nothing = stream::repeat_with(|| Ok::<_, Infallible>(Frame::data(Bytes::new())));
        Body::new(StreamBody::new(nothing)).read_ahead_now().await;
    }
}
