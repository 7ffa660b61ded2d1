//! What becomes a tunnel is counted until its bytes are closed, whatever happens to the answer before.

use http::Request;
use hyper::upgrade;
use tower::ServiceExt as _;
use tower_service::Service as _;

use crate::body::Body;
use crate::contract::{
    case::{Case, connect, websocket},
    script::{Step, settle},
};

pub(in crate::contract) async fn a_websocket_counts_until_its_io_closes(case: Case) {
    counts_until_its_io_closes(case, websocket()).await;
}

pub(in crate::contract) async fn a_connect_counts_until_its_io_closes(case: Case) {
    counts_until_its_io_closes(case, connect()).await;
}

async fn counts_until_its_io_closes(case: Case, request: Request<Body>) {
    let mut service = case.service.clone();
    service.ready().await.expect("it is ready");
    let (asking, exchange) = case.arrival(service.call(request)).await;
    exchange.say(Step::Switch);
    let mut answer = asking.await.expect("an answer");
    // Behind no client of hyper's there is nothing to take over: the connection is the test's.
    let tunnel = upgrade::on(&mut answer).await.ok();
    case.holds(1, "the connection is a tunnel now").await;
    drop(answer);
    case.holds(1, "its answer was dropped").await;
    drop(tunnel);
    case.close_connection();
    case.keeps(0, "its bytes are closed").await;
    settle().await;
    if let Some((complete, flags)) = case.record(&exchange) {
        assert!(complete && flags.is_empty(), "{flags}");
    }
}
