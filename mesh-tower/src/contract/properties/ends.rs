//! Each way a request can end releases what it held, once. Another request stays open meanwhile: what is released twice is
//! missed there.

use http_body_util::BodyExt as _;
use tower::ServiceExt as _;
use tower_service::Service as _;

use crate::contract::{
    case::{Answer, Asking, Case, get},
    script::{Exchange, FRAME, Step, settle},
};

/// Answers the request, and reads the answer to its end.
pub(super) async fn finish(asking: Asking, exchange: Exchange) {
    exchange.say(Step::Head);
    let answer = asking.await.expect("an answer");
    exchange.say(Step::End);
    answer.into_body().collect().await.expect("a whole body");
}

/// The other request, which nothing that happens to the first one may touch.
struct Witness(Asking, Exchange);

impl Witness {
    async fn begin(case: &Case) -> Self {
        let (asking, exchange) = case.begin().await;
        Self(asking, exchange)
    }

    /// One request is left, which is this one; it ends well, and so does one that comes after it.
    async fn remains(self, case: &Case) {
        case.keeps(1, "the other request is still open").await;
        finish(self.0, self.1).await;
        case.keeps(0, "all have ended").await;
        let (asking, exchange) = case.begin().await;
        case.keeps(1, "a later request is open").await;
        finish(asking, exchange).await;
        case.keeps(0, "the later one has ended, too").await;
    }
}

async fn head(asking: Asking, exchange: &Exchange) -> Answer {
    exchange.say(Step::Head);
    asking.await.expect("an answer")
}

async fn frame(answer: &mut Answer, exchange: &Exchange) {
    exchange.say(Step::Frame);
    let frame = answer.body_mut().frame().await.expect("a frame");
    let data = frame.expect("no error").into_data();
    assert_eq!(data.ok().as_deref(), Some(FRAME));
}

/// Reads what is left, which is nothing; HTTP/2 may say so with a frame.
async fn rest(answer: &mut Answer) {
    while let Some(frame) = answer.body_mut().frame().await {
        let data = frame.expect("no error").into_data();
        assert!(data.is_ok_and(|data| data.is_empty()));
    }
}

pub(in crate::contract) async fn dropped_before_its_first_poll_releases_once(case: Case) {
    let witness = Witness::begin(&case).await;
    let mut service = case.service.clone();
    service.ready().await.expect("it is ready");
    drop(service.call(get()));
    witness.remains(&case).await;
}

pub(in crate::contract) async fn cancelled_before_the_head_releases_once(case: Case) {
    let witness = Witness::begin(&case).await;
    let (asking, exchange) = case.begin().await;
    case.keeps(2, "both are open").await;
    drop(asking);
    settle().await;
    case.says_that_the_caller_left(&exchange);
    witness.remains(&case).await;
}

pub(in crate::contract) async fn cancelled_after_the_head_releases_once(case: Case) {
    let witness = Witness::begin(&case).await;
    let (asking, exchange) = case.begin().await;
    let answer = head(asking, &exchange).await;
    case.keeps(2, "an answer's head is not its end").await;
    drop(answer);
    settle().await;
    case.says_that_the_caller_left(&exchange);
    witness.remains(&case).await;
}

pub(in crate::contract) async fn cancelled_mid_body_releases_once(case: Case) {
    let witness = Witness::begin(&case).await;
    let (asking, exchange) = case.begin().await;
    let mut answer = head(asking, &exchange).await;
    frame(&mut answer, &exchange).await;
    case.keeps(2, "a frame is not the end").await;
    drop(answer);
    settle().await;
    case.says_that_the_caller_left(&exchange);
    witness.remains(&case).await;
}

pub(in crate::contract) async fn read_to_its_end_releases_once_before_it_is_dropped(case: Case) {
    let witness = Witness::begin(&case).await;
    let (asking, exchange) = case.begin().await;
    let mut answer = head(asking, &exchange).await;
    frame(&mut answer, &exchange).await;
    case.keeps(2, "a frame is not the end").await;
    exchange.say(Step::End);
    rest(&mut answer).await;
    case.holds(1, "the end was read").await;
    if let Some((complete, flags)) = case.record(&exchange) {
        assert!(complete && flags.is_empty(), "{flags}");
    }
    drop(answer);
    settle().await;
    if let Some((complete, flags)) = case.record(&exchange) {
        assert!(complete && flags.is_empty(), "{flags}, after the drop");
    }
    witness.remains(&case).await;
}

pub(in crate::contract) async fn failed_before_the_head_releases_once(case: Case) {
    let witness = Witness::begin(&case).await;
    let (asking, exchange) = case.begin().await;
    case.script.fail_all();
    exchange.say(Step::Break);
    assert!(asking.await.is_err());
    case.script.fail_none();
    case.says_that_what_is_inside_failed(&exchange);
    witness.remains(&case).await;
}

/// For those that make an answer of every error.
pub(in crate::contract) async fn answered_for_what_failed_releases_once(case: Case) {
    let witness = Witness::begin(&case).await;
    let (asking, exchange) = case.begin().await;
    case.script.fail_all();
    exchange.say(Step::Break);
    let answer = asking.await.expect("an answer for it");
    assert!(answer.status().is_server_error(), "{}", answer.status());
    case.script.fail_none();
    let collected = answer.into_body().collect().await;
    collected.expect("the answer's own body");
    witness.remains(&case).await;
}

pub(in crate::contract) async fn failed_mid_body_releases_once_before_it_is_dropped(case: Case) {
    let witness = Witness::begin(&case).await;
    let (asking, exchange) = case.begin().await;
    let mut answer = head(asking, &exchange).await;
    frame(&mut answer, &exchange).await;
    exchange.say(Step::Break);
    let broken = answer.body_mut().frame().await.expect("not the end");
    assert!(broken.is_err());
    case.holds(1, "the error was read").await;
    case.says_that_what_is_inside_failed(&exchange);
    drop(answer);
    settle().await;
    case.says_that_what_is_inside_failed(&exchange);
    witness.remains(&case).await;
}
