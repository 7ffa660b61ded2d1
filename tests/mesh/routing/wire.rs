//! Requests on the connections to one filter chain of an Envoy.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use bytes::Bytes;
use http_body_util::Empty;
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time,
};

use super::{
    ask::{Ask, Wire},
    compare::Answer,
};

/// Where a sidecar's caller believed to connect to.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct Dialled {
    pub(super) address: Ipv4Addr,
    pub(super) port: u16,
}

/// Connections that are kept for the next request.
pub(super) struct Connections {
    envoy: SocketAddr,
    dialled: Dialled,
    http1: Option<Http1>,
    http2: Option<http2::SendRequest<Empty<Bytes>>>,
}

impl Connections {
    pub(super) fn new(envoy: SocketAddr, dialled: Dialled) -> Self {
        Self {
            envoy,
            dialled,
            http1: None,
            http2: None,
        }
    }

    /// What Envoy answers.
    pub(super) async fn ask(&mut self, ask: &Ask) -> Answer {
        let answer = async {
            match ask.wire {
                Wire::Http1 | Wire::Absolute => self.http1(ask).await,
                Wire::Http2 => self.http2(ask).await,
            }
        };
        let answer = time::timeout(PATIENCE, answer).await;
        answer.unwrap_or_else(|_| panic!("Envoy never answers {ask:?}"))
    }

    /// What closes a connection that was kept is not about the request: it is sent once more.
    async fn http1(&mut self, ask: &Ask) -> Answer {
        let bytes = ask.http1();
        if let Some(mut kept) = self.http1.take()
            && let Ok(head) = kept.exchange(&bytes, &ask.method).await
        {
            return self.keep(kept, &head);
        }
        let mut fresh = Http1 {
            stream: self.connect().await,
            read: Vec::new(),
        };
        match fresh.exchange(&bytes, &ask.method).await {
            Ok(head) => self.keep(fresh, &head),
            Err(_) => Answer::Refused(0),
        }
    }

    fn keep(&mut self, connection: Http1, head: &Response) -> Answer {
        if head.line("connection").is_none_or(|line| line != "close") {
            self.http1 = Some(connection);
        }
        head.answer()
    }

    async fn http2(&mut self, ask: &Ask) -> Answer {
        let Ok(request) = ask.http2() else {
            return Answer::NoRequest;
        };
        let mut send = match self.http2.take() {
            Some(kept) if kept.is_ready() => kept,
            _ => {
                let io = TokioIo::new(self.connect().await);
                let shaken = http2::handshake(TokioExecutor::new(), io).await;
                let (send, driver) = shaken.expect("a handshake");
                tokio::spawn(driver);
                send
            }
        };
        let answer = send.send_request(request.map(|()| Empty::new())).await;
        self.http2 = Some(send);
        let Ok(answer) = answer else {
            return Answer::Refused(0);
        };
        let line = |name: &str| {
            let value = answer.headers().get(name)?;
            Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
        };
        Answer::of(answer.status().as_u16(), line)
    }

    async fn connect(&self) -> TcpStream {
        let mut stream = TcpStream::connect(self.envoy).await.expect("envoy accepts");
        stream.set_nodelay(true).expect("a socket");
        let Dialled { address, port } = self.dialled;
        let line = format!("PROXY TCP4 127.0.0.1 {address} 50000 {port}\r\n");
        stream.write_all(line.as_bytes()).await.expect("written");
        stream
    }
}

/// By hand: no client library would send most of it.
struct Http1 {
    stream: TcpStream,
    read: Vec<u8>,
}

impl Http1 {
    async fn exchange(&mut self, request: &[u8], method: &str) -> io::Result<Response> {
        self.stream.write_all(request).await?;
        let end = loop {
            let end = self.read.windows(4).position(|four| four == b"\r\n\r\n");
            if let Some(end) = end {
                break end;
            }
            self.more().await?;
        };
        let head = String::from_utf8_lossy(&self.read[..end]).into_owned();
        self.read.drain(..end + 4);
        let head = Response(head);
        let length = head
            .line("content-length")
            .and_then(|line| line.parse().ok());
        let length: usize = length.filter(|_| method != "HEAD").unwrap_or(0);
        while self.read.len() < length {
            self.more().await?;
        }
        self.read.drain(..length);
        Ok(head)
    }

    async fn more(&mut self) -> io::Result<()> {
        match self.stream.read_buf(&mut self.read).await? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }
}

/// The head of an answer. Envoy writes its names in lower case, and no bodies without a length where it answers itself.
struct Response(String);

impl Response {
    fn line(&self, name: &str) -> Option<&str> {
        let mut lines = self
            .0
            .split("\r\n")
            .filter_map(|line| line.split_once(": "));
        lines.find_map(|(found, value)| (found == name).then_some(value))
    }

    fn answer(&self) -> Answer {
        let status = self
            .0
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok());
        let line = |name: &str| self.line(name).map(ToOwned::to_owned);
        Answer::of(status.unwrap_or_default(), line)
    }
}

const PATIENCE: Duration = Duration::from_secs(30);
