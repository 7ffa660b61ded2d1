//! Peers that are gone without a word: nothing that is sent comes to them, and nothing says so.

use std::time::Duration;

use bytes::Bytes;
use futures::{StreamExt, stream};
use http::Response;
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use mesh_core::unit::Protocol;
use mesh_tower::{Body, Error, test_util::Simulation};
use tokio::time::{self, Instant};

use super::{orders, shop};

const SILENCE: Duration = Duration::from_secs(10);
/// What a peer has to answer a ping.
const ANSWER: Duration = Duration::from_secs(20);

/// Begins to answer, and never ends.
async fn watched() -> Response<Body> {
    let first = stream::iter([Ok::<_, Error>(Frame::data(Bytes::from_static(b"first")))]);
    Response::new(Body::new(StreamBody::new(first.chain(stream::pending()))))
}

#[tokio::test(start_paused = true)]
async fn a_stream_whose_peer_vanished_fails_by_a_ping_and_the_next_call_goes_elsewhere()
-> Result<(), Error> {
    let sim = Simulation::builder(7)
        .config(shop(Protocol::Http2))
        .node("orders", |_| watched())
        .node("orders", |_| watched())
        .options(|mesh| mesh.keep_alive(SILENCE))
        .start()
        .await?;
    let web = sim.caller("web").await?;
    let client = web.client_for("orders.local:8080")?;
    let mut answer = client.send(orders(0)).await?.into_body();
    let first = answer.frame().await.expect("it has begun");
    assert!(first.is_ok());
    let in_flight = || web.endpoints("orders").into_iter().map(|one| one.in_flight);
    let gone = in_flight()
        .position(|open| open > 0)
        .expect("one has the stream");

    sim.partition("web", ("orders", gone));
    let begun = Instant::now();
    let next = time::timeout(2 * (SILENCE + ANSWER), answer.frame()).await;
    assert!(
        next.expect("a ping finds it").expect("a frame").is_err(),
        "nothing came"
    );
    assert!((SILENCE..=SILENCE + ANSWER + SILENCE).contains(&begun.elapsed()));
    drop(answer);
    assert_eq!(in_flight().sum::<usize>(), 0);

    let mut elsewhere = client.send(orders(0)).await?.into_body();
    assert!(elsewhere.frame().await.expect("it has begun").is_ok());
    Ok(())
}
