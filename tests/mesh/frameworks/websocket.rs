//! WebSockets: accepted by axum behind the mesh, opened by tungstenite through it, and passed on from one to the other.

use std::time::Duration;

use axum::{
    Router,
    extract::{
        State,
        ws::{Message as Served, WebSocket, WebSocketUpgrade},
    },
    response::IntoResponse,
    routing::get,
};
use futures::{SinkExt, StreamExt};
use http::{Request, StatusCode, header};
use hyper::upgrade::{self, Upgraded};
use hyper_util::rt::TokioIo;
use mesh_core::unit::Protocol;
use mesh_tower::{Body, Client};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Message,
        handshake::client::generate_key,
        handshake::derive_accept_key,
        protocol::{CloseFrame, Role, frame::coding::CloseCode},
    },
};

use super::{Pair, soon};

type Socket = WebSocketStream<TokioIo<Upgraded>>;

/// What tungstenite's own connector does, on a connection that the mesh chose.
async fn open(client: &Client) -> Socket {
    let key = generate_key();
    let request = Request::get("/chat")
        .header(header::CONNECTION, "Upgrade")
        .header(header::UPGRADE, "websocket")
        .header(header::SEC_WEBSOCKET_VERSION, "13")
        .header(header::SEC_WEBSOCKET_KEY, &key);
    let request = request.body(Body::empty()).expect("a request");
    let mut answer = client.send(request).await.expect("an answer");
    assert_eq!(answer.status(), StatusCode::SWITCHING_PROTOCOLS);
    let accepted = &answer.headers()[header::SEC_WEBSOCKET_ACCEPT];
    assert_eq!(accepted, derive_accept_key(key.as_bytes()).as_str());
    let upgraded = upgrade::on(&mut answer).await.expect("an upgrade");
    WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Client, None).await
}

/// Says everything again, until it is closed.
async fn echo(upgrade: WebSocketUpgrade) -> impl IntoResponse {
    upgrade.on_upgrade(|mut socket: WebSocket| async move {
        while let Some(Ok(message)) = socket.recv().await {
            let echoed = matches!(message, Served::Text(_) | Served::Binary(_));
            if echoed && socket.send(message).await.is_err() {
                return;
            }
        }
    })
}

/// Opens a socket of its own through the mesh for each that it accepts, and passes on what comes.
async fn relay(State(next): State<Client>, upgrade: WebSocketUpgrade) -> impl IntoResponse {
    upgrade.on_upgrade(async move |mut socket: WebSocket| {
        let mut next = open(&next).await;
        while let Some(Ok(Served::Text(text))) = socket.recv().await {
            let sent = Message::text(text.as_str());
            next.send(sent).await.expect("it is open");
            let back = next.next().await.expect("an echo").expect("no error");
            let back = back.into_text().expect("text");
            socket
                .send(Served::text(back.as_str()))
                .await
                .expect("it is open");
        }
    })
}

async fn says(socket: &mut Socket, message: Message) {
    socket.send(message.clone()).await.expect("it is open");
    let echoed = soon(socket.next()).await.expect("a message");
    assert_eq!(echoed.expect("no error"), message);
}

#[tokio::test]
async fn a_socket_carries_messages_both_ways_and_counts_until_it_closes() {
    let pair = Pair::start(Router::new().route("/chat", get(echo)), Protocol::Http).await;
    let mut socket = open(&pair.client).await;
    says(&mut socket, Message::text("größe")).await;
    says(&mut socket, Message::binary(vec![7; 1 << 20])).await;
    let ping = Message::Ping("p".into());
    socket.send(ping).await.expect("it is open");
    let pong = soon(socket.next()).await.expect("a message");
    assert_eq!(pong.expect("no error"), Message::Pong("p".into()));
    let open = (pair.web.in_flight().0, pair.orders.in_flight().1);
    assert_eq!(open, (1, 1), "it counts at both ends");

    let bye = CloseFrame {
        code: CloseCode::Away,
        reason: "bye".into(),
    };
    socket.close(Some(bye.clone())).await.expect("it is open");
    let closed = soon(socket.next()).await.expect("the answer to it");
    assert_eq!(closed.expect("no error"), Message::Close(Some(bye)));
    assert!(soon(socket.next()).await.is_none());
    drop(socket);
    pair.idle().await;
}

#[tokio::test]
async fn a_socket_that_is_open_when_the_time_to_drain_is_over_is_cut_and_counted() {
    let pair = Pair::start(Router::new().route("/chat", get(echo)), Protocol::Http).await;
    let mut socket = open(&pair.client).await;
    says(&mut socket, Message::text("a")).await;
    soon(pair.orders.stop(Duration::from_millis(300))).await;
    let ended = soon(socket.next()).await;
    assert!(ended.is_none_or(|end| end.is_err()), "it was cut");
    drop(socket);
    pair.idle().await;
    let metrics = pair.orders.metrics();
    assert!(metrics.contains("mesh_inbound_connections_cut_total 1"));
    assert!(metrics.contains("mesh_inbound_connections 0"), "{metrics}");
}

#[tokio::test]
async fn a_socket_may_be_passed_on_through_the_mesh() {
    let last = Pair::start(Router::new().route("/chat", get(echo)), Protocol::Http).await;
    let relay = Router::new().route("/chat", get(relay));
    let first = Pair::start(relay.with_state(last.client.clone()), Protocol::Http).await;
    let mut socket = open(&first.client).await;
    for text in ["one", "two"] {
        says(&mut socket, Message::text(text)).await;
    }
    assert_eq!(last.orders.in_flight().1, 1);
    drop(socket);
    first.idle().await;
    last.idle().await;
}
