//! A request body that can be sent again: recorded while it is sent the first time, up to a cap.
//!
//! The attempts share the source. Only the newest one may read it: when a peer answers 503 in the middle of an upload, the
//! next attempt repeats what was recorded and goes on where the former stopped, and the former's body ends in an error
//! instead of taking bytes away from it.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker, ready},
};

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body as HttpBody, Frame, SizeHint};
use parking_lot::Mutex;

use crate::body::{Body, BoxError};

/// What is kept of a body so that another attempt can send it.
#[derive(Debug)]
pub(super) enum Replay {
    /// It was whole from the start.
    Whole(Body),
    /// It comes piece by piece.
    Recorded(Arc<Mutex<Recording>>),
}

impl Replay {
    /// Starts recording; gives the body back if it is known to be too long for that.
    pub(super) fn new(body: Body) -> Result<Self, Body> {
        if let Some(whole) = body.try_clone() {
            return Ok(Self::Whole(whole));
        }
        if body.size_hint().lower() > CAP as u64 {
            return Err(body);
        }
        Ok(Self::Recorded(Arc::new(Mutex::new(Recording::new(body)))))
    }

    /// The body from its beginning, for the next attempt; `None` once that is no longer possible.
    pub(super) fn body(&self) -> Option<Body> {
        match self {
            Self::Whole(body) => body.try_clone(),
            Self::Recorded(recording) => {
                let turn = recording.lock().next_turn()?;
                Some(Body::new(Replayed {
                    recording: recording.clone(),
                    turn,
                    read: 0,
                    sent: 0,
                    trailers_read: false,
                }))
            }
        }
    }
}

#[derive(Debug)]
pub(super) struct Recording {
    source: Body,
    announced: SizeHint,
    pieces: Vec<Bytes>,
    recorded: usize,
    trailers: Option<HeaderMap>,
    state: State,
    /// Which attempt may read the source.
    turn: u32,
    reader: Option<Waker>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum State {
    /// Everything so far is kept.
    Keeping,
    /// The source came to its end, and all of it is kept.
    Ended,
    /// Too much came, or the source failed: the running attempt is the last that has all of it.
    Lost,
}

impl Recording {
    fn new(source: Body) -> Self {
        Self {
            announced: source.size_hint(),
            source,
            pieces: Vec::new(),
            recorded: 0,
            trailers: None,
            state: State::Keeping,
            turn: 0,
            reader: None,
        }
    }

    fn next_turn(&mut self) -> Option<u32> {
        if self.state == State::Lost {
            return None;
        }
        self.turn += 1;
        if let Some(former) = self.reader.take() {
            former.wake();
        }
        Some(self.turn)
    }

    fn poll_source(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        // Woken when the turn passes on, so that a superseded attempt does not sit on its connection.
        self.reader = Some(cx.waker().clone());
        let Some(frame) = ready!(Pin::new(&mut self.source).poll_frame(cx)) else {
            self.ended();
            return Poll::Ready(None);
        };
        match &frame {
            Ok(frame) => self.record(frame),
            Err(_) => self.state = State::Lost,
        }
        if self.source.is_end_stream() {
            self.ended();
        }
        Poll::Ready(Some(frame))
    }

    fn record(&mut self, frame: &Frame<Bytes>) {
        if let Some(trailers) = frame.trailers_ref() {
            self.trailers = Some(trailers.clone());
            // Nothing comes after them, and not every sender asks.
            self.ended();
        }
        // Pieces of nothing would be kept without bound.
        let Some(data) = frame.data_ref().filter(|data| !data.is_empty()) else {
            return;
        };
        self.recorded += data.len();
        if self.recorded > CAP {
            self.state = State::Lost;
            self.pieces = Vec::new();
        }
        if self.state == State::Keeping {
            self.pieces.push(data.clone());
        }
    }

    fn ended(&mut self) {
        if self.state == State::Keeping {
            self.state = State::Ended;
        }
    }
}

/// The body of one attempt.
#[derive(Debug)]
struct Replayed {
    recording: Arc<Mutex<Recording>>,
    turn: u32,
    read: usize,
    /// Bytes, of pieces and of what came since.
    sent: u64,
    trailers_read: bool,
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
        if let Some(piece) = recording.pieces.get(this.read) {
            this.read += 1;
            this.sent += piece.len() as u64;
            return Poll::Ready(Some(Ok(Frame::data(piece.clone()))));
        }
        if recording.state == State::Ended {
            let trailers = recording.trailers.clone().filter(|_| !this.trailers_read);
            this.trailers_read = true;
            return Poll::Ready(trailers.map(|trailers| Ok(Frame::trailers(trailers))));
        }
        let frame = ready!(recording.poll_source(cx));
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
        match recording.state {
            State::Ended => self.read >= recording.pieces.len() && !trailers_left,
            State::Keeping | State::Lost => false,
        }
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

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use futures::{FutureExt, stream};
    use http::HeaderValue;
    use http_body_util::{BodyExt, StreamBody};

    use super::*;

    fn replay(frames: Vec<Frame<Bytes>>) -> Replay {
        let frames = stream::iter(frames.into_iter().map(Ok::<_, Infallible>));
        Replay::new(Body::new(StreamBody::new(frames))).expect("no length is known")
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
}
