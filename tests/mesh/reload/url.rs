//! A URL that is followed, and all that it may answer.

use std::sync::{Arc, Mutex};

use axum::{Router, body::Body, extract::State, response::IntoResponse, routing::get};
use http::{HeaderMap, Response, StatusCode, header};

use super::*;
use crate::support::{served, two_nodes};

/// What the source is to answer, and what it was asked.
#[derive(Clone, Default)]
struct Script(Arc<Mutex<Said>>);

#[derive(Default)]
struct Said {
    answer: Answer,
    tags: Vec<Option<String>>,
}

#[derive(Clone, Default)]
enum Answer {
    Text(String),
    Status(u16),
    Endless,
    #[default]
    Never,
}

impl Script {
    fn answer(&self, answer: Answer) {
        self.0.lock().expect("no panic held it").answer = answer;
    }

    /// The tags that came with the questions since they were asked for.
    fn tags(&self) -> Vec<Option<String>> {
        std::mem::take(&mut self.0.lock().expect("no panic held it").tags)
    }
}

async fn answer(State(script): State<Script>, headers: HeaderMap) -> Response<Body> {
    let tag = headers.get(header::IF_NONE_MATCH);
    let tag = tag.map(|tag| tag.to_str().expect("it is ours").to_owned());
    let answer = {
        let mut said = script.0.lock().expect("no panic held it");
        said.tags.push(tag.clone());
        said.answer.clone()
    };
    match answer {
        Answer::Text(text) => {
            let current = format!("\"{}\"", text.len());
            match tag.as_ref() == Some(&current) {
                true => StatusCode::NOT_MODIFIED.into_response(),
                false => ([(header::ETAG, current)], text).into_response(),
            }
        }
        Answer::Status(status) => {
            let status = StatusCode::from_u16(status).expect("a status");
            (status, [(header::LOCATION, "http://127.0.0.1:2772/other")]).into_response()
        }
        Answer::Endless => {
            let chunk = || Ok::<_, std::io::Error>(vec![b'#'; 64 * 1024]);
            let chunks = futures::stream::repeat_with(chunk);
            Body::from_stream(chunks).into_response()
        }
        Answer::Never => std::future::pending().await,
    }
}

/// A source on the loopback of an in-memory network, and a mesh to be that follows it.
async fn source() -> (Script, Mesh, MeshBuilder) {
    let (network, script) = (MemoryNetwork::new(), Script::default());
    let app = Router::new()
        .route("/mesh", get(answer))
        .with_state(script.clone());
    let agent = served(&network, &two_nodes(), "orders", "127.0.0.1:2772", app).await;
    let web = web()
        .network(&network)
        .app_mesh_url("http://127.0.0.1:2772/mesh");
    (script, agent, web)
}

fn text(backends: &[&str]) -> Answer {
    Answer::Text(template(8080, backends))
}

/// Long enough for every look that is due.
async fn some_looks() {
    time::sleep(Duration::from_secs(50)).await;
}

#[tokio::test(start_paused = true)]
async fn a_url_is_asked_again_with_its_tag_and_a_new_document_put_in_force() {
    let (script, _agent, web) = source().await;
    script.answer(text(&["orders"]));
    let mesh = web.start().await.expect("it starts");
    assert_eq!(called(&mesh), ["orders"]);
    some_looks().await;
    let tags = script.tags();
    assert_eq!(tags.len(), 2, "at the start, and after some 30 s: {tags:?}");
    assert!(tags[0].is_none() && tags[1].is_some(), "{tags:?}");
    assert_eq!(mesh.configuration().generation, 0, "not modified");

    script.answer(text(&["orders", "stock"]));
    some_looks().await;
    assert_eq!(called(&mesh), ["orders", "stock"]);
    assert_eq!(
        mesh.configuration().source.as_deref(),
        Some("http://127.0.0.1:2772/mesh")
    );
}

#[tokio::test(start_paused = true)]
async fn whatever_else_a_url_answers_leaves_the_last_good_one_in_force() {
    for (wrong, reason) in [
        (Answer::Status(500), "500"),
        (Answer::Status(404), "404"),
        (Answer::Status(410), "410"),
        (Answer::Status(204), "204"),
        (Answer::Status(302), "not followed"),
        (Answer::Endless, "longer than"),
        (Answer::Never, "no whole answer within 10s"),
        (Answer::Text("{".to_owned()), "127.0.0.1:2772"),
    ] {
        let (script, _agent, web) = source().await;
        script.answer(text(&["orders"]));
        let mesh = web.start().await.expect("it starts");
        script.answer(wrong);
        some_looks().await;
        assert_eq!(called(&mesh), ["orders"], "{reason}");
        let told = last_error(&mesh);
        assert!(told.contains(reason), "{reason}: {told}");
        let status = mesh.configuration();
        assert!(status.rejected + status.unreachable > 0, "{status:?}");

        script.answer(text(&["orders", "stock"]));
        some_looks().await;
        assert_eq!(called(&mesh), ["orders", "stock"], "{reason} is over");
        assert_eq!(mesh.configuration().last_error, None);
    }
}

#[tokio::test(start_paused = true)]
async fn a_source_that_is_down_is_tried_for_a_bounded_time_at_the_start() {
    let (_silent, _agent, web) = source().await;
    let begun = time::Instant::now();
    let refused = web.start().await.expect_err("it never answers");
    assert_eq!(begun.elapsed().as_secs(), 5);
    assert!(
        format!("{refused:?}").contains("http://127.0.0.1:2772/mesh"),
        "{refused:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_source_that_is_late_is_waited_for_at_the_start() {
    let (script, _agent, web) = source().await;
    script.answer(Answer::Status(503));
    let starting = tokio::spawn(web.start());
    time::sleep(Duration::from_secs(2)).await;
    script.answer(text(&["orders"]));
    let mesh = starting.await.expect("no panic").expect("it starts");
    assert_eq!(called(&mesh), ["orders"]);
}

#[tokio::test(start_paused = true)]
async fn a_mesh_starts_with_the_last_good_document_while_the_source_is_down() {
    let folder = Folder::new();
    let kept = folder.path("last-good.yaml");
    let (script, _agent, web) = source().await;
    script.answer(text(&["orders"]));
    let first = web.last_good(&kept).start().await.expect("it starts");
    script.answer(text(&["orders", "stock"]));
    some_looks().await;
    script.answer(Answer::Text("{".to_owned()));
    some_looks().await;
    assert_eq!(called(&first), ["orders", "stock"], "a mistake is not kept");
    drop(first);

    for down in [
        Answer::Status(500),
        Answer::Never,
        Answer::Text("{".to_owned()),
    ] {
        let (script, _agent, web) = source().await;
        script.answer(down);
        let mesh = web
            .last_good(&kept)
            .start()
            .await
            .expect("it starts all the same");
        assert_eq!(called(&mesh), ["orders", "stock"]);
        script.answer(text(&["stock"]));
        some_looks().await;
        assert_eq!(called(&mesh), ["stock"], "the source is back");
        script.answer(text(&["orders", "stock"]));
        some_looks().await;
    }
    let files = fs::read_dir(&folder.0).expect("it is there").count();
    assert_eq!(files, 1, "no half is left beside it");
}

#[tokio::test(start_paused = true)]
async fn a_mesh_that_starts_from_what_was_kept_says_so_until_the_source_is_right() {
    let folder = Folder::new();
    let kept = folder.path("last-good.yaml");
    let (script, _agent, web) = source().await;
    script.answer(text(&["orders"]));
    drop(web.last_good(&kept).start().await.expect("it starts"));

    for (wrong, reason, rejected) in [
        (Answer::Text("{".to_owned()), "127.0.0.1:2772", 1),
        (Answer::Status(500), "500", 0),
    ] {
        let (script, _agent, web) = source().await;
        script.answer(wrong);
        let mesh = web.last_good(&kept).start().await.expect("it starts");
        for looks in [0, 1, 2] {
            let status = mesh.configuration();
            assert_eq!(status.rejected, rejected, "after {looks}: {status:?}");
            assert_eq!(
                status.unreachable == 0,
                rejected > 0,
                "after {looks}: {status:?}"
            );
            let told = last_error(&mesh);
            assert!(told.contains(reason), "{reason} after {looks}: {told}");
            some_looks().await;
        }
        script.answer(text(&["stock"]));
        some_looks().await;
        assert_eq!(mesh.configuration().last_error, None);
        script.answer(text(&["orders"]));
        some_looks().await;
    }
}

#[tokio::test(start_paused = true)]
async fn plain_http_to_another_machine_is_refused_at_once_unless_it_is_allowed() {
    let network = MemoryNetwork::new();
    let (script, at) = (Script::default(), "10.0.0.9:80");
    script.answer(text(&["orders"]));
    let app = Router::new().route("/mesh", get(answer)).with_state(script);
    let _there = served(&network, &two_nodes(), "orders", at, app).await;
    let web = || web().network(&network).app_mesh_url("http://10.0.0.9/mesh");
    let begun = time::Instant::now();
    let refused = web().start().await.expect_err("another machine");
    assert!(
        format!("{refused:?}").contains(".allow_plain_http()"),
        "{refused:?}"
    );
    assert!(
        begun.elapsed().is_zero(),
        "asking again would change nothing"
    );
    let mesh = web().allow_plain_http().start().await.expect("it starts");
    assert_eq!(called(&mesh), ["orders"]);
}
