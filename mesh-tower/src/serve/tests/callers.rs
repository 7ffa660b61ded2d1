//! Callers that are slow, gone, or too many.

use super::*;

/// The answer's head and body, for an answer of this length.
async fn answer(io: &mut Connection, body: &str) {
    let mut read = Vec::new();
    while !read.ends_with(body.as_bytes()) {
        read.push(io.read_u8().await.expect("an answer"));
    }
    assert!(read.starts_with(b"HTTP/1.1 200 "), "{read:?}");
}

fn hello() -> Router {
    Router::new().route("/", routing::get(async || "hello"))
}

#[tokio::test(start_paused = true)]
async fn a_later_head_that_trickles_ends_its_connection() {
    let served = served(hello()).await;
    let mut io = served.connect().await;
    for pause in [0, 100] {
        time::sleep(pause * SECOND).await;
        io.write_all(b"GET / HTTP/1.1\r\nhost: b\r\n\r\n")
            .await
            .expect("it is open");
        answer(&mut io, "hello").await;
    }
    time::sleep(100 * SECOND).await;
    let begun = Instant::now();
    let (mut read, mut write) = tokio::io::split(io);
    let trickling = tokio::spawn(async move {
        for byte in b"GET / HTTP/1.1\r\nx-slow: a".iter().cycle() {
            if write.write_all(&[*byte]).await.is_err() {
                break;
            }
            time::sleep(SECOND).await;
        }
    });
    let ended = time::timeout(120 * SECOND, read.read_to_end(&mut Vec::new())).await;
    ended.expect("it is not for ever").expect("closed in order");
    let after = begun.elapsed().as_secs();
    assert!((30..=31).contains(&after), "after {after} s");
    trickling.abort();
}

#[tokio::test(start_paused = true)]
async fn a_head_that_is_slow_but_comes_is_answered_and_so_is_the_next() {
    let served = served(hello()).await;
    let mut io = served.connect().await;
    for _ in 0..3 {
        for part in ["GET / HT", "TP/1.1\r\nho", "st: b\r\n\r\n"] {
            io.write_all(part.as_bytes()).await.expect("it is open");
            time::sleep(9 * SECOND).await;
        }
        answer(&mut io, "hello").await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_slow_upload_is_no_slow_head_and_leaves_the_connection_open() {
    let app = Router::new().route("/", routing::post(async |body: String| body));
    let served = served(app).await;
    let mut io = served.connect().await;
    for _ in 0..2 {
        io.write_all(b"POST / HTTP/1.1\r\nhost: b\r\ncontent-length: 20\r\n\r\n")
            .await
            .expect("it is open");
        for _ in 0..20 {
            time::sleep(7 * SECOND).await;
            io.write_all(b"a").await.expect("it is open");
        }
        answer(&mut io, &"a".repeat(20)).await;
        time::sleep(600 * SECOND).await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_http2_peer_that_has_vanished_is_found_by_a_ping_and_one_that_is_idle_stays() {
    let (asked, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let served = served(waiting(&asked, &go).route("/hello", routing::get(async || "hello"))).await;
    let mut idle = served.http2().await;
    idle.send_request(get("/hello")).await.expect("an answer");
    for with_request in [false, true] {
        let mut io = served.connect().await;
        let begun = Instant::now();
        io.write_all(goodbye::OPENING).await.expect("it is open");
        if with_request {
            io.write_all(&goodbye::head(1)).await.expect("it is open");
            asked.notified().await;
        }
        let ended = time::timeout(200 * SECOND, io.read_to_end(&mut Vec::new())).await;
        // However it is closed.
        let _ = ended.expect("it is not for ever");
        let after = begun.elapsed().as_secs();
        let bound = if with_request { 80..=81 } else { 30..=31 };
        assert!(bound.contains(&after), "after {after} s");
    }
    time::sleep(600 * SECOND).await;
    let response = idle.send_request(get("/hello")).await.expect("an answer");
    assert_eq!(text(response).await, "hello");
    assert_eq!(served.state.open().count(), 0);
}

#[tokio::test(start_paused = true)]
async fn no_more_connections_are_taken_than_there_is_room_for() {
    let served = served(hello()).await;
    let mut open = Vec::new();
    for _ in 0..ROOM {
        let mut http1 = served.http1().await;
        http1.send_request(get("/")).await.expect("an answer");
        open.push(http1);
    }
    let mut late = served.http1().await;
    let asking = late.send_request(get("/"));
    let mut asking = std::pin::pin!(asking);
    let early = time::timeout(60 * SECOND, asking.as_mut()).await;
    assert!(early.is_err(), "it waits");
    drop(open.pop());
    let response = time::timeout(SECOND, asking).await.expect("there is room");
    assert_eq!(text(response.expect("an answer")).await, "hello");
}
