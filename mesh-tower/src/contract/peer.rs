//! The peer of an outbound subject: HTTP/1.1 in raw bytes, as its script says.

use std::net::SocketAddr;

use tokio::io::{self, AsyncReadExt as _, AsyncWriteExt as _};

use super::script::{FRAME, Part, Script, Step};
use crate::connect::{Connection, MemoryNetwork, Transport};

/// Where it listens.
pub(super) fn address() -> SocketAddr {
    SocketAddr::from(([10, 0, 0, 1], 80))
}

/// Takes connections until the test ends.
pub(super) async fn listen(network: &MemoryNetwork, script: &Script) {
    let bound = (network as &dyn Transport).bind(address()).await;
    let (mut accept, script) = (bound.expect("nobody listens there yet"), script.clone());
    tokio::spawn(async move {
        while let Ok((connection, _)) = accept.accept().await {
            tokio::spawn(speak(connection, script.clone()));
        }
    });
}

/// One connection, one exchange after the other.
async fn speak(mut connection: Connection, script: Script) -> io::Result<()> {
    while let Some(head) = head(&mut connection).await? {
        let Some(part) = script.arrive() else {
            return Ok(());
        };
        play(&mut connection, part, head.starts_with(b"CONNECT ")).await?;
    }
    Ok(())
}

/// The next request's head; none has a body. `None` when the caller has closed.
async fn head(connection: &mut Connection) -> io::Result<Option<Vec<u8>>> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        if connection.read_buf(&mut head).await? == 0 {
            return Ok(None);
        }
    }
    Ok(Some(head))
}

async fn play(connection: &mut Connection, mut part: Part, connect: bool) -> io::Result<()> {
    loop {
        let mut said = [0; 64];
        let step = tokio::select! {
            step = part.next() => step.unwrap_or(Step::Break),
            read = connection.read(&mut said) => match read? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                _ => continue,
            },
        };
        match step {
            Step::Head => connection.write_all(HEAD).await?,
            Step::Switch if connect => connection.write_all(CONNECTED).await?,
            Step::Switch => connection.write_all(SWITCHED).await?,
            Step::Frame => {
                let size = format!("{:x}\r\n", FRAME.len());
                connection.write_all(size.as_bytes()).await?;
                connection.write_all(FRAME).await?;
                connection.write_all(b"\r\n").await?;
            }
            Step::End => return connection.write_all(b"0\r\n\r\n").await,
            Step::Break => return Err(io::ErrorKind::ConnectionReset.into()),
        }
    }
}

const HEAD: &[u8] = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
const CONNECTED: &[u8] = b"HTTP/1.1 200 OK\r\n\r\n";
const SWITCHED: &[u8] =
    b"HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n";
