//! A stub's own deadline: kept by the mesh in the place of tonic's channel, told to the server, and no longer than it was.

use std::time::Duration;

use tonic::{Code, Request};

use super::{
    echo::{Note, note},
    pair::Pair,
};

const SECOND: Duration = Duration::from_secs(1);

fn within(limit: Duration, note: Note) -> Request<Note> {
    let mut request = Request::new(note);
    request.set_timeout(limit);
    request
}

/// What a `grpc-timeout` says.
fn limit(text: &str) -> Duration {
    let (number, unit) = text.split_at(text.len() - 1);
    let number: u64 = number.parse().expect("a number");
    match unit {
        "S" => Duration::from_secs(number),
        "m" => Duration::from_millis(number),
        "u" => Duration::from_micros(number),
        "n" => Duration::from_nanos(number),
        other => panic!("no unit of seconds: {other}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_stubs_own_deadline_ends_its_call_and_that_of_the_server() {
    let pair = Pair::start().await;
    let asked = within(SECOND, note("hang", 1));
    let status = pair.stub().say(asked).await.expect_err("a second is over");
    assert_eq!(status.code(), Code::DeadlineExceeded, "{status:?}");
    pair.echo.abandoned.notified().await;
}

#[tokio::test(start_paused = true)]
async fn the_server_is_told_what_is_left_of_it() {
    let pair = Pair::start().await;
    let asked = within(SECOND, note("hello", 1));
    let answer = pair.stub().say(asked).await.expect("an answer");
    let told = answer.metadata().get("x-timeout").expect("it is told");
    let told = limit(told.to_str().expect("text"));
    assert!(told > Duration::ZERO && told <= SECOND, "{told:?}");
}

#[tokio::test(start_paused = true)]
async fn a_deadline_of_a_stream_ends_it_where_it_is() {
    let pair = Pair::start().await;
    let listed = pair.stub().list(within(SECOND, note("hang", 0))).await;
    let mut listed = listed.expect("a head").into_inner();
    for number in 0..3 {
        let message = listed.message().await.expect("no error");
        assert_eq!(message, Some(note("hang", number)));
    }
    let status = listed.message().await.expect_err("a second is over");
    assert_eq!(status.code(), Code::DeadlineExceeded, "{status:?}");
}
