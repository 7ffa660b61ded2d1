//! What is told of a request that is recorded: one segment at each node that answers it, and in it each attempt.

use std::time::Duration;

use http::{Request, Response, StatusCode, header};
use http_body_util::Full;
use mesh_tower::{Body, XRay};
use serde_json::{Value, json};
use tokio::time;
use tower::{Layer, ServiceExt, service_fn};

use super::{
    daemon::{flags, subsegments},
    shop::{Documents, SECOND, Shop},
};

fn always(xray: XRay) -> XRay {
    xray.sampling(1_000_000, 1.0)
}

#[tokio::test(start_paused = true)]
async fn each_attempt_is_a_subsegment_and_the_parent_of_the_segment_that_answered_it() {
    let shop = Shop::open(always).await;
    assert_eq!(shop.get("/again/flaky?id=7").await, StatusCode::OK);
    let Documents { web, orders } = shop.documents().await;
    let [segment] = &*web else {
        panic!("one segment: {web:#?}")
    };
    let [first, second] = subsegments(segment) else {
        panic!("two attempts: {segment:#}")
    };
    assert_ne!(first["id"], second["id"]);
    assert_eq!(second["precursor_ids"], json!([first["id"]]));
    assert_eq!(
        (flags(first), flags(second)),
        ("fault".to_owned(), String::new())
    );
    for (number, (attempt, status)) in [(first, 503), (second, 200)].into_iter().enumerate() {
        assert_eq!(attempt["name"], "shop/orders");
        assert_eq!(attempt["namespace"], "remote");
        assert_eq!(attempt["http"]["response"]["status"], status);
        let annotations = json!({
            "virtual_service": "orders.local", "route": "again", "attempt": number + 1, "upstream_address": "10.0.0.2:8080",
        });
        assert_eq!(attempt["annotations"], annotations);
        let answered = &orders[number];
        assert_eq!(answered["parent_id"], attempt["id"]);
        assert_eq!(answered["trace_id"], segment["trace_id"]);
        assert_eq!(answered["name"], "shop/orders");
        assert_eq!(answered["http"]["response"]["status"], status);
        assert!(subsegments(answered).is_empty());
    }
    assert_eq!(orders.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_segment_tells_what_was_asked_and_answered_and_by_which_node() {
    let shop = Shop::open(always).await;
    let request = Request::get("/alone?card=4111")
        .header("user-agent", "curl/8.5.0")
        .header("x-forwarded-for", "203.0.113.7, 10.0.0.4");
    shop.ask(request).await;
    let Documents { web, orders } = shop.documents().await;
    let [segment] = &*web else {
        panic!("one segment: {web:#?}")
    };
    assert!(orders.is_empty());
    assert_eq!(segment["name"], "shop/web");
    assert_eq!(
        segment["parent_id"],
        Value::Null,
        "it is the first that records"
    );
    assert_eq!(
        segment["aws"]["app_mesh"],
        json!({"mesh_name": "shop", "virtual_node_name": "web"})
    );
    let http = json!({
        "request": {
            "method": "GET", "url": "http://web.local/alone", "user_agent": "curl/8.5.0",
            "client_ip": "203.0.113.7", "x_forwarded_for": true,
        },
        "response": {"status": 200, "content_length": 5},
    });
    assert_eq!(segment["http"], http);
    assert_eq!(flags(segment), "");
}

#[tokio::test(start_paused = true)]
async fn whose_fault_a_bad_end_was_is_said_by_both_nodes() {
    let shop = Shop::open(always).await;
    let rows = [
        ("/200", "", ""),
        ("/404", "error", "error"),
        ("/429", "error throttle", "error throttle"),
        ("/500", "fault", "fault"),
        ("/503", "fault", "fault"),
        ("/grpc-0", "", ""),
        ("/grpc-5", "error", "error"),
        ("/grpc-8", "error throttle", "error throttle"),
        ("/grpc-14", "fault", "fault"),
        ("/broken", "fault", "fault"),
        // Whoever waits no longer is to blame for that at the one that is left.
        ("/limited/never", "fault", "error"),
    ];
    for (path, attempt, answered) in rows {
        let request = Request::get(path);
        let request = match path.contains("grpc") {
            true => request.header(header::CONTENT_TYPE, "application/grpc"),
            false => request,
        };
        shop.ask(request).await;
        let Documents { web, orders } = shop.documents().await;
        let ([segment], [callee]) = (&*web, &*orders) else {
            panic!("{path}: {web:#?} {orders:#?}")
        };
        let [sent] = subsegments(segment) else {
            panic!("{path}: {segment:#}")
        };
        assert_eq!(
            (flags(sent), flags(callee)),
            (attempt.to_owned(), answered.to_owned()),
            "{path}"
        );
        assert_eq!(callee["parent_id"], sent["id"], "{path}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_attempt_without_an_answer_says_what_happened_to_it() {
    let shop = Shop::open(always).await;
    let rows = [
        ("http://gone.local/", "UF", "ConnectFailed"),
        ("http://orders.local/limited/never", "UT", "RequestTimeout"),
        ("http://orders.local/never", "UT", "PerTryTimeout"),
    ];
    for (uri, letters, kind) in rows {
        shop.web.client().get(uri).send().await.expect_err(uri);
        let web = shop.documents().await.web;
        let [segment] = &*web else {
            panic!("{uri}: {web:#?}")
        };
        let last = subsegments(segment).last().expect("an attempt");
        assert_eq!(flags(last), "fault", "{uri}");
        assert_eq!(
            last["cause"]["exceptions"][0]["type"], kind,
            "{uri}: {segment:#}"
        );
        assert_eq!(last["http"]["response"], Value::Null, "{uri}");
        let told = segment["annotations"]["response_flags"]
            .as_str()
            .expect("flags");
        assert!(told.split(',').any(|flag| flag == letters), "{uri}: {told}");
        assert_eq!(flags(segment), "fault", "{uri}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_goes_away_is_to_blame_at_every_node() {
    let shop = Shop::open(always).await;
    let left = time::timeout(SECOND, shop.get("/never")).await;
    left.expect_err("nobody answers");
    let Documents { web, orders } = shop.documents().await;
    let ([segment], [callee]) = (&*web, &*orders) else {
        panic!("{web:#?} {orders:#?}")
    };
    let [sent] = subsegments(segment) else {
        panic!("{segment:#}")
    };
    for part in [segment, sent, callee] {
        assert_eq!(flags(part), "error", "{part:#}");
        assert_eq!(part["http"]["response"], Value::Null, "{part:#}");
    }
    assert_eq!(segment["annotations"]["response_flags"], "DC");
}

#[tokio::test(start_paused = true)]
async fn a_request_that_is_refused_is_a_segment_with_the_reason_and_no_attempt() {
    let shop = Shop::open(always).await;
    for (uri, letters, blame) in [
        ("http://nowhere.local/", "NR", "error"),
        ("http://none.local/", "UH", "fault"),
    ] {
        shop.web.client().get(uri).send().await.expect_err(uri);
        let web = shop.documents().await.web;
        let [segment] = &*web else {
            panic!("{uri}: {web:#?}")
        };
        assert_eq!(segment["annotations"]["response_flags"], letters);
        assert_eq!(
            (flags(segment), subsegments(segment).len()),
            (blame.to_owned(), 0),
            "{uri}"
        );
    }
    let app = service_fn(async |_: Request<Body>| {
        Ok::<_, std::convert::Infallible>(Response::new(Full::new(bytes::Bytes::new())))
    });
    let app = shop.orders.inbound().layer(app);
    shop.orders.stop(Duration::ZERO).await;
    drop(app.oneshot(Request::new(Body::empty())).await);
    let orders = shop.documents().await.orders;
    let [segment] = &*orders else {
        panic!("{orders:#?}")
    };
    assert_eq!(segment["annotations"]["response_flags"], "LR");
    assert_eq!(
        (flags(segment), &segment["http"]["response"]["status"]),
        ("fault".to_owned(), &json!(503))
    );
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_outlives_its_request_is_a_document_of_its_own() {
    let shop = Shop::open(always).await;
    assert_eq!(shop.get("/later").await, StatusCode::ACCEPTED);
    let early = shop.documents().await;
    let [segment] = &*early.web else {
        panic!("{:#?}", early.web)
    };
    assert!(subsegments(segment).is_empty() && early.orders.is_empty());
    time::sleep(2 * SECOND).await;
    let Documents { web, orders } = shop.documents().await;
    let ([late], [callee]) = (&*web, &*orders) else {
        panic!("{web:#?} {orders:#?}")
    };
    assert_eq!(late["type"], "subsegment");
    assert_eq!(late["parent_id"], segment["id"]);
    assert_eq!(late["trace_id"], segment["trace_id"]);
    assert_eq!(callee["parent_id"], late["id"]);
    let time = |part: &Value, key: &str| part[key].as_f64().expect("a time");
    let lasted = time(late, "end_time") - time(late, "start_time");
    assert!((lasted - 1.0).abs() < 0.01, "{late:#}");
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_refused_is_a_fact_of_the_request_that_caused_it() {
    let shop = Shop::open(always).await;
    assert_eq!(shop.get("/nowhere").await, StatusCode::OK);
    let web = shop.documents().await.web;
    let [segment] = &*web else { panic!("{web:#?}") };
    let [refused] = subsegments(segment) else {
        panic!("{segment:#}")
    };
    assert_eq!(refused["name"], "none.local");
    assert_eq!(refused["namespace"], Value::Null, "nobody was called");
    assert_eq!(refused["cause"]["exceptions"][0]["type"], "NoEndpoint");
    assert_eq!(refused["annotations"]["response_flags"], "UH");
    assert_eq!(
        (flags(refused), flags(segment)),
        ("fault".to_owned(), String::new())
    );
}

#[tokio::test(start_paused = true)]
async fn calls_beyond_those_that_a_segment_embeds_are_documents_of_their_own() {
    let shop = Shop::open(always).await;
    assert_eq!(shop.get("/twelve").await, StatusCode::OK);
    let Documents { web, orders } = shop.documents().await;
    let (segments, alone): (Vec<_>, Vec<_>) =
        web.iter().partition(|document| document["type"].is_null());
    let [segment] = &*segments else {
        panic!("{web:#?}")
    };
    assert_eq!(
        (subsegments(segment).len(), alone.len(), orders.len()),
        (8, 4, 12)
    );
    assert!(alone.iter().all(|call| call["parent_id"] == segment["id"]));
}

#[tokio::test(start_paused = true)]
async fn a_node_may_have_a_name_of_its_own() {
    let shop = Shop::open(|xray| always(xray).segment_name("checkout")).await;
    shop.get("/alone").await;
    let web = shop.documents().await.web;
    assert_eq!(web[0]["name"], "checkout");
}
