//! What a listener lets into its application: Envoy as the sidecar of the node that is called, and `mesh.serve`.

use std::{
    future::{Future, pending},
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use mesh_core::{
    Config,
    unit::Protocol::{self, Grpc, Http, Http2},
};
use mesh_tower::Mesh;
use tokio::{sync::Semaphore, time};

use super::{
    asked::{Told, through_envoy},
    case::{Case, Pool, Retry},
    config,
    run::start_envoy,
    template,
};
use crate::{
    envoy,
    support::{Peer, PeerBody},
};

/// An application that answers nobody until it is told to, and knows who came in which order.
#[derive(Clone)]
struct App {
    ends: Arc<Semaphore>,
    came: Arc<Mutex<Vec<String>>>,
}

impl App {
    fn new() -> Self {
        Self {
            ends: Arc::new(Semaphore::new(0)),
            came: Arc::default(),
        }
    }

    fn answer<B>(
        &self,
        request: &Request<B>,
    ) -> impl Future<Output = Response<PeerBody>> + Send + use<B> {
        let number = &request.headers()["x-number"];
        let number = number.to_str().expect("text").to_owned();
        self.came.lock().expect("no panic held it").push(number);
        let ends = self.ends.clone();
        async move {
            ends.acquire().await.expect("never closed").forget();
            let text = Full::new(Bytes::from_static(b"done"));
            let response = Response::builder().header("grpc-status", "0");
            let body = text.map_err(|never| match never {}).boxed_unsync();
            response.body(body).expect("a response")
        }
    }

    fn came(&self) -> Vec<String> {
        self.came.lock().expect("no panic held it").clone()
    }
}

const NUMBERS: [&str; 10] = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];
/// Enough that each request has come to where it waits or is answered.
const APART: Duration = Duration::from_millis(60);

#[tokio::test]
async fn a_listener_lets_in_as_many_keeps_as_many_waiting_and_sheds_the_others_in_the_same_words() {
    if !envoy::is_here() {
        return;
    }
    let rows: [(Protocol, Pool); 7] = [
        (Http, Pool::Http(2, Some(2))),
        (Http, Pool::Http(1, Some(1))),
        (Http, Pool::Http(3, Some(1))),
        (Http, Pool::Http(1, None)),
        (Http2, Pool::Requests(2)),
        (Http2, Pool::Requests(1)),
        (Grpc, Pool::Requests(3)),
    ];
    for (row, (protocol, pool)) in rows.into_iter().enumerate() {
        let case = Case::new(protocol, &[]).pool(pool);
        let case = case.retry(Retry::on(&["client-error"], 0));
        let (theirs, ours) = tokio::join!(there(row, &case), here(&case));
        assert_eq!(theirs, ours, "{protocol} {pool:?}");
    }
}

/// What ten callers were told, and the order in which the application saw those that it did.
type Found = (Vec<(u16, Vec<String>, String)>, Vec<String>);

async fn there(row: usize, case: &Case) -> Found {
    let app = App::new();
    let answering = app.clone();
    let peer = Peer::start(move |request| answering.answer(&request)).await;
    let (name, cases) = (format!("limits-{row}"), std::slice::from_ref(case));
    let envoy = start_envoy(&name, cases, &[vec![peer.addr]], envoy::unused()).await;
    ask(envoy.addr, case, &app).await
}

async fn here(case: &Case) -> Found {
    let template = template::template(std::slice::from_ref(case));
    let config = Config::parse("cases.json", &template);
    let builder = Mesh::builder()
        .config(config.unwrap_or_else(|errors| panic!("{errors}")))
        .virtual_node(config::node(0));
    let builder = builder.bind(8080, "127.0.0.1:0");
    let mesh = builder.start().await.expect("the mesh starts");
    let app = App::new();
    let (server, answering) = (mesh.clone(), app.clone());
    let service = tower::service_fn(move |request: Request<mesh_tower::Body>| {
        let answer = answering.answer(&request);
        async { Ok::<_, std::convert::Infallible>(answer.await) }
    });
    let serving = tokio::spawn(async move { server.serve_until(service, pending()).await });
    mesh.ready().await;
    let found = ask(mesh.addrs()[&8080], case, &app).await;
    serving.abort();
    found
}

/// Ten callers, one after the other; then the application answers one after the other.
async fn ask(addr: std::net::SocketAddr, case: &Case, app: &App) -> Found {
    let mut asked = Vec::new();
    for number in NUMBERS {
        let case = case.clone().header("x-number", number);
        asked.push(tokio::spawn(
            async move { through_envoy(addr, &case, 0).await },
        ));
        time::sleep(APART).await;
    }
    for _ in NUMBERS {
        app.ends.add_permits(1);
        time::sleep(APART).await;
    }
    let mut told = Vec::new();
    for asked in asked {
        let Told {
            status,
            headers,
            body,
        } = asked.await.expect("no panic");
        let (text, _) = body.expect("it is whole");
        told.push((status, headers, text));
    }
    (told, app.came())
}
