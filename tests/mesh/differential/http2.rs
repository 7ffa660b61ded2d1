//! A script played over HTTP/2, frame by frame: no server library would do most of it.

use std::{io, sync::Arc, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::{Mutex, Notify},
    time,
};

use super::{
    frame::{
        ACK, DATA, END_HEADERS, END_STREAM, GOAWAY, GRPC, HEADERS, MESSAGE, PING, RST_STREAM,
        SETTINGS, STATUS, WINDOW_UPDATE, fields, frame, text,
    },
    script::{Ending, Script, Step, Turn},
};

/// Enough that what was sent arrives by itself.
const SOON: Duration = Duration::from_millis(100);
/// Enough that the retries of a status, which share its connection, are not met by its end.
const AFTER_RETRIES: Duration = Duration::from_millis(500);

/// Answers the requests of one connection until it ends.
pub(super) async fn play(stream: TcpStream, script: &Arc<Script>) -> io::Result<()> {
    let (mut read, write) = stream.into_split();
    read.read_exact(&mut [0; 24]).await?;
    let peer = Peer {
        write: Arc::new(Mutex::new(write)),
        over: Arc::new(Notify::new()),
    };
    peer.send(SETTINGS, 0, 0, &[]).await?;
    let over = peer.over.clone();
    tokio::select! {
        ended = frames(&mut read, &peer, script) => ended,
        () = over.notified() => Ok(()),
    }
}

async fn frames(read: &mut OwnedReadHalf, peer: &Peer, script: &Arc<Script>) -> io::Result<()> {
    loop {
        let mut head = [0; 9];
        read.read_exact(&mut head).await?;
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        let stream = u32::from_be_bytes([head[5] & 0x7f, head[6], head[7], head[8]]);
        let mut payload = vec![0; length as usize];
        read.read_exact(&mut payload).await?;
        let (kind, flags) = (head[3], head[4]);
        match kind {
            SETTINGS if flags & ACK == 0 => peer.send(SETTINGS, ACK, 0, &[]).await?,
            PING if flags & ACK == 0 => peer.send(PING, ACK, 0, &payload).await?,
            DATA if length > 0 => {
                let more = length.to_be_bytes();
                peer.send(WINDOW_UPDATE, 0, 0, &more).await?;
                if flags & END_STREAM == 0 {
                    peer.send(WINDOW_UPDATE, 0, stream, &more).await?;
                }
            }
            _ => {}
        }
        if matches!(kind, DATA | HEADERS) && flags & END_STREAM != 0 {
            let (peer, script) = (peer.clone(), script.clone());
            tokio::spawn(async move {
                let turn = script.turn().await;
                // A peer that hangs up has nothing to say about it.
                let goes_on = peer.answer(stream, &turn).await.unwrap_or(false);
                if !goes_on || turn.last {
                    peer.over.notify_one();
                }
            });
        }
    }
}

#[derive(Clone)]
struct Peer {
    write: Arc<Mutex<OwnedWriteHalf>>,
    over: Arc<Notify>,
}

impl Peer {
    /// Whether the connection goes on.
    async fn answer(&self, stream: u32, turn: &Turn) -> io::Result<bool> {
        if turn.last {
            self.go_away(stream, 0).await?;
        }
        match turn.step {
            Step::Status(status) => self.whole(stream, turn, status, &[]).await?,
            Step::Marked(status, name, value) => {
                self.whole(stream, turn, status, &[(name, value)]).await?;
            }
            Step::Interim => {
                self.head(stream, 0, 103, &[("link", "</a>")]).await?;
                self.whole(stream, turn, 200, &[]).await?;
            }
            Step::Slow(wait) => {
                time::sleep(wait).await;
                self.whole(stream, turn, 200, &[]).await?;
            }
            Step::LastAnswer(status) => {
                self.go_away(stream, 0).await?;
                self.whole(stream, turn, status, &[]).await?;
            }
            Step::GoAway(code) => self.go_away(stream.saturating_sub(2), code).await?,
            Step::Grpc(_) | Step::GrpcTrailers(_) | Step::GrpcBare(_) | Step::GrpcAtOnce(_) => {
                self.call(stream, turn.step).await?;
            }
            step => return self.break_off(stream, step).await,
        }
        Ok(true)
    }

    /// A gRPC call's end.
    async fn call(&self, stream: u32, step: Step) -> io::Result<()> {
        match step {
            Step::Grpc(code) => {
                let lines = [GRPC, ("grpc-status", &code.to_string())];
                self.head(stream, END_STREAM, 200, &lines).await
            }
            Step::GrpcTrailers(code) => {
                self.head(stream, 0, 200, &[GRPC]).await?;
                self.send(DATA, 0, stream, MESSAGE).await?;
                time::sleep(SOON).await;
                self.trailers(stream, code).await
            }
            Step::GrpcBare(code) => {
                self.head(stream, 0, 200, &[GRPC]).await?;
                time::sleep(SOON).await;
                self.trailers(stream, code).await
            }
            Step::GrpcAtOnce(code) => {
                let mut head = vec![STATUS];
                text(&mut head, "200");
                fields(&mut head, &[GRPC]);
                let mut trailers = Vec::new();
                fields(&mut trailers, &[("grpc-status", &code.to_string())]);
                let mut frames = frame(HEADERS, END_HEADERS, stream, &head);
                frames.extend(frame(HEADERS, END_STREAM | END_HEADERS, stream, &trailers));
                self.write.lock().await.write_all(&frames).await
            }
            _ => Ok(()),
        }
    }

    /// What is no answer, or only half of one. Whether the connection goes on.
    async fn break_off(&self, stream: u32, step: Step) -> io::Result<bool> {
        match step {
            Step::HalfHead => {
                let torn = [0, 0, 50, HEADERS, END_HEADERS, 0, 0];
                self.write.lock().await.write_all(&torn).await?;
                time::sleep(SOON).await;
                Ok(false)
            }
            Step::Garbage => {
                let garbage = b"HTTP/1.1 400 Bad Request\r\n\r\n";
                self.write.lock().await.write_all(garbage).await?;
                time::sleep(SOON).await;
                Ok(false)
            }
            Step::Half(status, ending) => {
                self.head(stream, 0, status, &[]).await?;
                self.send(DATA, 0, stream, b"half").await?;
                time::sleep(AFTER_RETRIES).await;
                self.end(stream, ending).await
            }
            Step::Rst(code) => self.end(stream, Ending::Rst(code)).await,
            Step::Abort => self.end(stream, Ending::Abort).await,
            step => Ok(step == Step::Hang),
        }
    }

    async fn whole(
        &self,
        stream: u32,
        turn: &Turn,
        status: u16,
        lines: &[(&str, &str)],
    ) -> io::Result<()> {
        if matches!(status, 204 | 304) {
            return self.head(stream, END_STREAM, status, lines).await;
        }
        self.head(stream, 0, status, lines).await?;
        self.send(DATA, END_STREAM, stream, turn.text.as_bytes())
            .await
    }

    async fn head(
        &self,
        stream: u32,
        flags: u8,
        status: u16,
        lines: &[(&str, &str)],
    ) -> io::Result<()> {
        let mut block = vec![STATUS];
        text(&mut block, &status.to_string());
        fields(&mut block, lines);
        self.send(HEADERS, flags | END_HEADERS, stream, &block)
            .await
    }

    async fn trailers(&self, stream: u32, code: u8) -> io::Result<()> {
        let mut block = Vec::new();
        fields(&mut block, &[("grpc-status", &code.to_string())]);
        self.send(HEADERS, END_STREAM | END_HEADERS, stream, &block)
            .await
    }

    async fn go_away(&self, last: u32, code: u32) -> io::Result<()> {
        let payload = [last.to_be_bytes(), code.to_be_bytes()].concat();
        self.send(GOAWAY, 0, 0, &payload).await
    }

    async fn end(&self, stream: u32, ending: Ending) -> io::Result<bool> {
        match ending {
            Ending::Rst(code) => {
                self.send(RST_STREAM, 0, stream, &code.to_be_bytes())
                    .await?;
            }
            Ending::Hang => {}
            Ending::Abort => {
                self.write.lock().await.as_ref().set_zero_linger()?;
                return Ok(false);
            }
            Ending::Close => return Ok(false),
        }
        Ok(true)
    }

    async fn send(&self, kind: u8, flags: u8, stream: u32, payload: &[u8]) -> io::Result<()> {
        let frame = frame(kind, flags, stream, payload);
        self.write.lock().await.write_all(&frame).await
    }
}
