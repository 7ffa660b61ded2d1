//! A script played over HTTP/1.1, byte by byte: no server library would do most of it.

use std::{future::pending, io, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time,
};

use super::script::{Ending, Script, Step, Turn};

/// Answers the requests of one connection until it ends.
pub(super) async fn play(mut stream: TcpStream, script: &Script) -> io::Result<()> {
    while let Some(head) = request(&mut stream).await? {
        let turn = script.turn().await;
        let bodiless = head.starts_with("HEAD ");
        if !answer(&mut stream, &turn, bodiless).await? || turn.last {
            break;
        }
    }
    Ok(())
}

/// The head of the next request, once the request is here whole; `None` at the connection's end.
async fn request(stream: &mut TcpStream) -> io::Result<Option<String>> {
    let mut read = Vec::new();
    let head = loop {
        if let Some(end) = find(&read, b"\r\n\r\n") {
            break end + 4;
        }
        if stream.read_buf(&mut read).await? == 0 {
            return Ok(None);
        }
    };
    let text = String::from_utf8_lossy(&read[..head]).to_lowercase();
    let length = text.split("content-length: ").nth(1);
    let length = length.and_then(|rest| rest.lines().next()?.parse::<usize>().ok());
    let chunked = text.contains("transfer-encoding: chunked");
    loop {
        let body = &read[head..];
        let whole = match length {
            Some(length) => body.len() >= length,
            None => !chunked || body.ends_with(b"0\r\n\r\n"),
        };
        if whole {
            return Ok(Some(String::from_utf8_lossy(&read[..head]).into_owned()));
        }
        if stream.read_buf(&mut read).await? == 0 {
            return Ok(None);
        }
    }
}

fn find(text: &[u8], what: &[u8]) -> Option<usize> {
    text.windows(what.len()).position(|window| window == what)
}

/// Whether the connection goes on.
async fn answer(stream: &mut TcpStream, turn: &Turn, bodiless: bool) -> io::Result<bool> {
    match turn.step {
        Step::Status(status) => whole(stream, turn, bodiless, status, "").await?,
        Step::Marked(status, name, value) => {
            let line = format!("{name}: {value}\r\n");
            whole(stream, turn, bodiless, status, &line).await?;
        }
        Step::Grpc(code) => {
            let line = format!("grpc-status: {code}\r\n");
            whole(stream, turn, bodiless, 200, &line).await?;
        }
        Step::Interim => {
            let hint = b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n";
            stream.write_all(hint).await?;
            whole(stream, turn, bodiless, 200, "").await?;
        }
        Step::Slow(wait) => {
            time::sleep(wait).await;
            whole(stream, turn, bodiless, 200, "").await?;
        }
        Step::Hang => pending().await,
        Step::HalfHead => {
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-le").await?;
            time::sleep(SOON).await;
            return Ok(false);
        }
        Step::Garbage => {
            stream.write_all(b"\x15\x03\x01 nonsense\r\n\r\n").await?;
            time::sleep(SOON).await;
            return Ok(false);
        }
        Step::Half(status, ending) => {
            half(stream, status).await?;
            return end(stream, ending).await;
        }
        Step::Abort => return end(stream, Ending::Abort).await,
        _ => return Ok(false),
    }
    Ok(true)
}

/// Enough that what was sent arrives by itself.
const SOON: Duration = Duration::from_millis(100);

async fn whole(
    stream: &mut TcpStream,
    turn: &Turn,
    bodiless: bool,
    status: u16,
    lines: &str,
) -> io::Result<()> {
    let (text, close) = (
        &turn.text,
        if turn.last {
            "connection: close\r\n"
        } else {
            ""
        },
    );
    let head = match status {
        204 | 304 => format!("HTTP/1.1 {status} Told\r\n{lines}{close}\r\n"),
        _ => format!(
            "HTTP/1.1 {status} Told\r\ncontent-length: {}\r\n{lines}{close}\r\n{}",
            text.len(),
            if bodiless { "" } else { text },
        ),
    };
    stream.write_all(head.as_bytes()).await
}

async fn half(stream: &mut TcpStream, status: u16) -> io::Result<()> {
    let head = format!("HTTP/1.1 {status} Told\r\ncontent-length: 8\r\n\r\nhalf");
    stream.write_all(head.as_bytes()).await?;
    time::sleep(SOON).await;
    Ok(())
}

async fn end(stream: &mut TcpStream, ending: Ending) -> io::Result<bool> {
    match ending {
        Ending::Hang => pending().await,
        Ending::Abort => stream.set_zero_linger()?,
        Ending::Close | Ending::Rst(_) => {}
    }
    Ok(false)
}
