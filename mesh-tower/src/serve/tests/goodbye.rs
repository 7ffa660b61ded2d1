//! The goodbye of an HTTP/2 connection, frame by frame.

use super::*;

/// The client's preface and its settings, which change nothing.
pub(super) const OPENING: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

/// A whole request on this stream: `GET http://a/`, of three fields of the static table and an authority.
pub(super) fn head(stream: u8) -> Vec<u8> {
    let head = [0x82, 0x86, 0x84, 0x41, 1, b'a'];
    [&[0, 0, 6, HEADERS, END, 0, 0, 0, stream][..], &head].concat()
}

/// A frame's kind, flags, stream and payload.
async fn next(io: &mut Connection) -> (u8, u8, u32, Vec<u8>) {
    let mut head = [0; 9];
    io.read_exact(&mut head).await.expect("a frame");
    let [a, b, c, kind, flags, s0, s1, s2, s3] = head;
    let mut payload = vec![0; u32::from_be_bytes([0, a, b, c]) as usize];
    io.read_exact(&mut payload).await.expect("its payload");
    (kind, flags, u32::from_be_bytes([s0, s1, s2, s3]), payload)
}

fn last_stream(goaway: &[u8]) -> u32 {
    let last = goaway.first_chunk().expect("a stream");
    u32::from_be_bytes(*last)
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_was_on_its_way_when_the_goodbye_came_is_answered() {
    let (asked, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let served = served(waiting(&asked, &go)).await;
    let mut io = served.connect().await;
    io.write_all(OPENING).await.expect("it is open");
    io.write_all(&head(1)).await.expect("it is open");
    asked.notified().await;
    served.drain.send(20 * SECOND).expect("it is served");

    let (mut goodbyes, mut answered) = (Vec::new(), Vec::new());
    while goodbyes.len() < 2 || answered.len() < 2 {
        match next(&mut io).await {
            (GOAWAY, _, _, payload) => {
                goodbyes.push(last_stream(&payload));
                if goodbyes.len() == 1 {
                    // It was written before the goodbye was read.
                    io.write_all(&head(3)).await.expect("it is open");
                    asked.notified().await;
                    go.notify_one();
                }
            }
            (PING, 0, _, payload) => {
                let pong = [&[0, 0, 8, PING, ACK, 0, 0, 0, 0][..], &payload].concat();
                io.write_all(&pong).await.expect("it is open");
            }
            (HEADERS, _, stream, _) => {
                answered.push(stream);
                go.notify_one();
            }
            (RST_STREAM, _, stream, _) => panic!("stream {stream} was reset"),
            _ => {}
        }
    }
    answered.sort_unstable();
    assert_eq!(answered, [1, 3]);
    assert_eq!(
        goodbyes,
        [u32::MAX >> 1, 3],
        "first to nobody, then beyond the last one"
    );
    served.task.await.expect("no panic").expect("drained");
}

const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const PING: u8 = 6;
const GOAWAY: u8 = 7;

const ACK: u8 = 1;

/// Of its headers, and of the stream.
const END: u8 = 4 | 1;
