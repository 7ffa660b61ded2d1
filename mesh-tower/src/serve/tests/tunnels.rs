//! Connections that became something else than HTTP.

use hyper::upgrade::{self, Upgraded};

use super::*;

/// Turns each connection into a tunnel, and does this with it.
async fn tunnelling<F>(with: impl Fn(TokioIo<Upgraded>) -> F + Clone + Send + 'static) -> Served
where
    F: Future<Output = ()> + Send + 'static,
{
    let app = service_fn(move |mut request: Request<Body>| {
        let (upgrade, with) = (upgrade::on(&mut request), with.clone());
        tokio::spawn(async move {
            let io = upgrade.await.expect("an upgrade");
            with(TokioIo::new(io)).await;
        });
        let head = Response::builder()
            .status(StatusCode::SWITCHING_PROTOCOLS)
            .header(header::CONNECTION, "upgrade");
        let response = head
            .header(header::UPGRADE, "echo")
            .body(Empty::<Bytes>::new())
            .expect("a response");
        async { Ok::<_, Infallible>(response) }
    });
    served(app).await
}

/// The other end of a tunnel.
async fn open(served: &Served) -> TokioIo<Upgraded> {
    let mut request = get("/");
    for (name, value) in [(header::CONNECTION, "upgrade"), (header::UPGRADE, "echo")] {
        let value = value.parse().expect("a value");
        request.headers_mut().insert(name, value);
    }
    let answer = served.http1().await.send_request(request).await;
    let answer = answer.expect("an answer");
    assert_eq!(answer.status(), StatusCode::SWITCHING_PROTOCOLS);
    TokioIo::new(upgrade::on(answer).await.expect("an upgrade"))
}

#[tokio::test]
async fn an_upgrade_is_open_until_its_bytes_are_closed() {
    let close = Arc::new(Notify::new());
    let closing = close.clone();
    let served = tunnelling(move |io| {
        let closing = closing.clone();
        async move {
            closing.notified().await;
            drop(io);
        }
    });
    let served = served.await;
    let mut io = open(&served).await;
    assert_eq!(served.state.open().count(), 1, "the tunnel is the request");

    served.drain.send(20 * SECOND).expect("it is served");
    time::sleep(Duration::from_millis(20)).await;
    assert!(!served.task.is_finished(), "the tunnel is open");
    close.notify_one();
    served.task.await.expect("no panic").expect("drained");
    assert_eq!(served.state.open().count(), 0);
    assert_eq!(io.read(&mut [0]).await.expect("closed in order"), 0);
    assert_eq!(served.state.drain().cuts(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_tunnel_that_is_open_at_the_deadline_is_cut_and_counted() {
    let (told, mut ends) = mpsc::unbounded_channel();
    let served = tunnelling(move |mut io| {
        let told = told.clone();
        async move {
            io.write_all(b"hello").await.expect("it is open");
            let ended = io.read_u8().await;
            told.send(ended.map_err(|error| error.kind()))
                .expect("it listens");
        }
    });
    let served = served.await;
    let mut io = open(&served).await;
    let mut greeting = [0; 5];
    io.read_exact(&mut greeting).await.expect("it is open");
    let begun = Instant::now();
    served.drain.send(20 * SECOND).expect("it is served");
    served.task.await.expect("no panic").expect("drained");
    assert_eq!(begun.elapsed().as_secs(), 20);
    let end = ends.recv().await.expect("the application is told");
    assert_eq!(end, Err(std::io::ErrorKind::ConnectionAborted));
    assert_eq!(io.read(&mut [0]).await.expect("closed in order"), 0);
    assert_eq!(served.state.open().count(), 0);
    assert_eq!(served.state.drain().cuts(), 1);
}
