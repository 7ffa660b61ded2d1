//! What both nodes write of each ending.

use std::time::Duration;

use futures::future::BoxFuture;
use http::{Method, Request, Version, header, request::Builder};
use http_body_util::BodyExt;
use hyper::upgrade;
use hyper_util::rt::TokioIo;
use mesh_core::unit::Protocol::{self, Http, Http2};
use mesh_tower::Body;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time,
};

use super::{
    assert_lines, request_id,
    shop::{SECOND, Shop},
};

/// A way in which a request ends; the protocol is the one between the nodes.
struct Ending {
    what: &'static str,
    protocol: Protocol,
    end: fn(&Shop) -> BoxFuture<'_, ()>,
    sent: &'static [&'static str],
    answered: &'static [&'static str],
}

const ANSWERED: [Ending; 6] = [
    Ending {
        what: "answered",
        protocol: Http,
        end: |shop| Box::pin(shop.ask("/hello?id=7")),
        sent: &[
            r#""GET /hello?id=7 HTTP/1.1" 200 - 0 5 0 0 "-" "-" "ID" "orders.local" "10.0.0.1:8080""#,
        ],
        answered: &[r#""GET /hello?id=7 HTTP/1.1" 200 - 0 5 0 0 "-" "-" "ID" "orders.local" "-""#],
    },
    Ending {
        what: "answered over HTTP/2 to a caller of HTTP/1",
        protocol: Http2,
        end: |shop| Box::pin(shop.ask("/hello")),
        sent: &[
            r#""GET /hello HTTP/1.1" 200 - 0 5 0 0 "-" "-" "ID" "orders.local" "10.0.0.1:8080""#,
        ],
        answered: &[r#""GET /hello HTTP/2" 200 - 0 5 0 0 "-" "-" "ID" "orders.local" "-""#],
    },
    Ending {
        what: "answered with a failure that no policy covers",
        protocol: Http,
        end: |shop| Box::pin(shop.ask("/down")),
        sent: &[
            r#""GET /down HTTP/1.1" 503 - 0 0 0 0 "-" "-" "ID" "orders.local" "10.0.0.1:8080""#,
        ],
        answered: &[r#""GET /down HTTP/1.1" 503 - 0 0 0 0 "-" "-" "ID" "orders.local" "-""#],
    },
    Ending {
        what: "answered by the second attempt",
        protocol: Http,
        end: |shop| Box::pin(shop.ask("/again/flaky")),
        sent: &[
            r#""GET /again/flaky HTTP/1.1" 200 - 0 5 ~ 0 "-" "-" "ID" "orders.local" "10.0.0.1:8080""#,
        ],
        answered: &[
            r#""GET /again/flaky HTTP/1.1" 503 - 0 0 0 0 "-" "-" "ID" "orders.local" "-""#,
            r#""GET /again/flaky HTTP/1.1" 200 - 0 5 0 0 "-" "-" "ID" "orders.local" "-""#,
        ],
    },
    Ending {
        what: "answered with a failure until the retries were used up",
        protocol: Http,
        end: |shop| Box::pin(shop.ask("/again/down")),
        sent: &[
            r#""GET /again/down HTTP/1.1" 503 URX 0 0 ~ 0 "-" "-" "ID" "orders.local" "10.0.0.1:8080""#,
        ],
        answered: &[
            r#""GET /again/down HTTP/1.1" 503 - 0 0 0 0 "-" "-" "ID" "orders.local" "-""#,
            r#""GET /again/down HTTP/1.1" 503 - 0 0 0 0 "-" "-" "ID" "orders.local" "-""#,
            r#""GET /again/down HTTP/1.1" 503 - 0 0 0 0 "-" "-" "ID" "orders.local" "-""#,
        ],
    },
    Ending {
        what: "answered for an application that takes too long",
        protocol: Http,
        end: |shop| Box::pin(shop.ask("/never")),
        sent: &[
            r#""GET /never HTTP/1.1" 504 - 0 24 5000 5000 "-" "-" "ID" "orders.local" "10.0.0.1:8080""#,
        ],
        answered: &[
            r#""GET /never HTTP/1.1" 504 UT 0 24 5000 5000 "-" "-" "ID" "orders.local" "-""#,
        ],
    },
];

const REFUSED: [Ending; 8] = [
    Ending {
        what: "a tunnel, which is for no route to take",
        protocol: Http,
        end: |shop| {
            let ask = Request::builder().method(Method::CONNECT);
            Box::pin(shop.send(ask.uri("orders.local:8080")))
        },
        sent: &[r#""CONNECT - HTTP/1.1" 404 NR 0 0 0 - "-" "-" "ID" "orders.local:8080" "-""#],
        answered: &[],
    },
    Ending {
        what: "a host that is no backend",
        protocol: Http,
        end: |shop| Box::pin(shop.ask("http://nowhere.local/x")),
        sent: &[r#""GET /x HTTP/1.1" 404 NR 0 0 0 - "-" "-" "ID" "nowhere.local" "-""#],
        answered: &[],
    },
    Ending {
        what: "a port that no listener has",
        protocol: Http,
        end: |shop| Box::pin(shop.ask("http://orders.local:9/x")),
        sent: &[r#""GET /x HTTP/1.1" 404 NR 0 0 0 - "-" "-" "ID" "orders.local:9" "-""#],
        answered: &[],
    },
    Ending {
        what: "a gRPC call that no route takes",
        protocol: Http2,
        end: |shop| {
            let call = Request::post("http://nowhere.local/shop.Orders/List")
                .version(Version::HTTP_2)
                .header(header::CONTENT_TYPE, "application/grpc");
            Box::pin(shop.send(call))
        },
        sent: &[
            r#""POST /shop.Orders/List HTTP/2" 200 NR 0 0 0 - "-" "-" "ID" "nowhere.local" "-""#,
        ],
        answered: &[],
    },
    Ending {
        what: "a target without an endpoint",
        protocol: Http,
        end: |shop| Box::pin(shop.ask("http://none.local/x")),
        sent: &[r#""GET /x HTTP/1.1" 503 UH 0 19 0 - "-" "-" "ID" "none.local" "-""#],
        answered: &[],
    },
    Ending {
        what: "one more than may wait",
        protocol: Http,
        end: |shop| {
            Box::pin(async {
                let first = shop.ask("http://silent.local/first");
                let second = async {
                    time::sleep(Duration::from_millis(1)).await;
                    shop.ask("http://silent.local/second").await;
                };
                tokio::join!(first, second);
            })
        },
        sent: &[
            r#""GET /second HTTP/1.1" 503 UO 0 81 0 - "-" "-" "ID" "silent.local" "10.0.0.2:8080""#,
            r#""GET /first HTTP/1.1" 503 UF 0 91 ~ - "-" "-" "ID" "silent.local" "10.0.0.2:8080""#,
        ],
        answered: &[],
    },
    Ending {
        what: "an endpoint that does not listen",
        protocol: Http,
        end: |shop| Box::pin(shop.ask("http://gone.local/x")),
        sent: &[r#""GET /x HTTP/1.1" 503 UF 0 98 0 - "-" "-" "ID" "gone.local" "10.0.0.9:8080""#],
        answered: &[],
    },
    Ending {
        what: "an endpoint that does not listen, until the retries were used up",
        protocol: Http,
        end: |shop| Box::pin(shop.ask("http://gone.local/again")),
        sent: &[
            r#""GET /again HTTP/1.1" 503 URX,UF 0 121 ~ - "-" "-" "ID" "gone.local" "10.0.0.9:8080""#,
        ],
        answered: &[],
    },
];

const TOO_LATE: [Ending; 4] = [
    Ending {
        what: "no answer within the request's limit",
        protocol: Http,
        end: |shop| Box::pin(shop.ask("/limited/never")),
        sent: &[
            r#""GET /limited/never HTTP/1.1" 504 UT 0 24 1000 - "-" "-" "ID" "orders.local" "10.0.0.1:8080""#,
        ],
        answered: &[
            r#""GET /limited/never HTTP/1.1" 0 DC 0 0 1000 - "-" "-" "ID" "orders.local" "-""#,
        ],
    },
    Ending {
        what: "half an answer within the request's limit",
        protocol: Http,
        end: |shop| Box::pin(shop.ask("/limited/half")),
        sent: &[
            r#""GET /limited/half HTTP/1.1" 200 UT 0 4 1000 0 "-" "-" "ID" "orders.local" "10.0.0.1:8080""#,
        ],
        answered: &[
            r#""GET /limited/half HTTP/1.1" 200 DC 0 4 1000 0 "-" "-" "ID" "orders.local" "-""#,
        ],
    },
    Ending {
        what: "no answer within the limit of the only try",
        protocol: Http,
        end: |shop| Box::pin(shop.ask("/tried/never")),
        sent: &[
            r#""GET /tried/never HTTP/1.1" 504 UT 0 24 1000 - "-" "-" "ID" "orders.local" "10.0.0.1:8080""#,
        ],
        answered: &[
            r#""GET /tried/never HTTP/1.1" 0 DC 0 0 1000 - "-" "-" "ID" "orders.local" "-""#,
        ],
    },
    Ending {
        what: "no answer within the limit of each try",
        protocol: Http2,
        end: |shop| Box::pin(shop.ask("/again/never")),
        sent: &[
            r#""GET /again/never HTTP/1.1" 504 URX,UT 0 24 ~ - "-" "-" "ID" "orders.local" "10.0.0.1:8080""#,
        ],
        answered: &[
            r#""GET /again/never HTTP/2" 0 DR 0 0 1000 - "-" "-" "ID" "orders.local" "-""#,
            r#""GET /again/never HTTP/2" 0 DR 0 0 1000 - "-" "-" "ID" "orders.local" "-""#,
            r#""GET /again/never HTTP/2" 0 DR 0 0 1000 - "-" "-" "ID" "orders.local" "-""#,
        ],
    },
];

const BROKEN: [Ending; 4] = [
    Ending {
        what: "the connection closed before the head",
        protocol: Http,
        end: |shop| Box::pin(shop.ask("/error")),
        sent: &[
            r#""GET /error HTTP/1.1" 503 UC 0 95 0 - "-" "-" "ID" "orders.local" "10.0.0.1:8080""#,
        ],
        answered: &[r#""GET /error HTTP/1.1" 0 UC 0 0 0 - "-" "-" "ID" "orders.local" "-""#],
    },
    Ending {
        what: "the stream was reset before the head",
        protocol: Http2,
        end: |shop| Box::pin(shop.ask("/error")),
        sent: &[
            r#""GET /error HTTP/1.1" 503 UR 0 85 0 - "-" "-" "ID" "orders.local" "10.0.0.1:8080""#,
        ],
        answered: &[r#""GET /error HTTP/2" 0 UC 0 0 0 - "-" "-" "ID" "orders.local" "-""#],
    },
    Ending {
        what: "the connection closed after the head",
        protocol: Http,
        end: |shop| Box::pin(shop.ask("/broken")),
        sent: &[
            r#""GET /broken HTTP/1.1" 200 UPE 0 4 1 0 "-" "-" "ID" "orders.local" "10.0.0.1:8080""#,
        ],
        answered: &[r#""GET /broken HTTP/1.1" 200 UC 0 4 1 0 "-" "-" "ID" "orders.local" "-""#],
    },
    Ending {
        what: "the stream was reset after the head",
        protocol: Http2,
        end: |shop| Box::pin(shop.ask("/broken")),
        sent: &[
            r#""GET /broken HTTP/1.1" 200 UR 0 4 1 0 "-" "-" "ID" "orders.local" "10.0.0.1:8080""#,
        ],
        answered: &[r#""GET /broken HTTP/2" 200 UC 0 4 1 0 "-" "-" "ID" "orders.local" "-""#],
    },
];

const CALLER_GONE: [Ending; 4] = [
    Ending {
        what: "the caller went away before the head",
        protocol: Http,
        end: |shop| Box::pin(leave_after(SECOND, shop, "/never", Version::HTTP_11)),
        sent: &[
            r#""GET /never HTTP/1.1" 0 DC 0 0 1000 - "-" "-" "ID" "orders.local" "10.0.0.1:8080""#,
        ],
        answered: &[r#""GET /never HTTP/1.1" 0 DC 0 0 1000 - "-" "-" "ID" "orders.local" "-""#],
    },
    Ending {
        what: "the caller reset the stream before the head",
        protocol: Http2,
        end: |shop| Box::pin(leave_after(SECOND, shop, "/never", Version::HTTP_2)),
        sent: &[
            r#""GET /never HTTP/2" 0 DR 0 0 1000 - "-" "-" "ID" "orders.local" "10.0.0.1:8080""#,
        ],
        answered: &[r#""GET /never HTTP/2" 0 DR 0 0 1000 - "-" "-" "ID" "orders.local" "-""#],
    },
    Ending {
        what: "the caller went away after the head",
        protocol: Http,
        end: |shop| Box::pin(leave_after(SECOND, shop, "/half", Version::HTTP_11)),
        sent: &[
            r#""GET /half HTTP/1.1" 200 DC 0 4 1000 0 "-" "-" "ID" "orders.local" "10.0.0.1:8080""#,
        ],
        answered: &[r#""GET /half HTTP/1.1" 200 DC 0 4 1000 0 "-" "-" "ID" "orders.local" "-""#],
    },
    Ending {
        what: "the caller reset the stream after the head",
        protocol: Http2,
        end: |shop| Box::pin(leave_after(SECOND, shop, "/half", Version::HTTP_2)),
        sent: &[
            r#""GET /half HTTP/2" 200 DR 0 4 1000 0 "-" "-" "ID" "orders.local" "10.0.0.1:8080""#,
        ],
        answered: &[r#""GET /half HTTP/2" 200 DR 0 4 1000 0 "-" "-" "ID" "orders.local" "-""#],
    },
];

const CUT: [Ending; 2] = [
    Ending {
        what: "the callee stopped before the head",
        protocol: Http,
        end: |shop| Box::pin(stop_during(shop, "/never")),
        sent: &[
            r#""GET /never HTTP/1.1" 503 UC 0 95 1500 - "-" "-" "ID" "orders.local" "10.0.0.1:8080""#,
        ],
        answered: &[r#""GET /never HTTP/1.1" 0 LR 0 0 1500 - "-" "-" "ID" "orders.local" "-""#],
    },
    Ending {
        what: "the callee stopped after the head",
        protocol: Http,
        end: |shop| Box::pin(stop_during(shop, "/half")),
        sent: &[
            r#""GET /half HTTP/1.1" 200 UPE 0 4 1500 0 "-" "-" "ID" "orders.local" "10.0.0.1:8080""#,
        ],
        answered: &[r#""GET /half HTTP/1.1" 200 LR 0 4 1500 0 "-" "-" "ID" "orders.local" "-""#],
    },
];

const UPGRADED: [Ending; 1] = [Ending {
    what: "it became a connection of another protocol, which has closed",
    protocol: Http,
    end: |shop| {
        let ask = Request::get("/tunnel")
            .header(header::CONNECTION, "upgrade")
            .header(header::UPGRADE, "echo");
        Box::pin(talk_for(3 * SECOND, shop, ask))
    },
    sent: &[
        r#""GET /tunnel HTTP/1.1" 101 - 0 0 3000 0 "-" "-" "ID" "orders.local" "10.0.0.1:8080""#,
    ],
    answered: &[r#""GET /tunnel HTTP/1.1" 101 - 0 0 3000 0 "-" "-" "ID" "orders.local" "-""#],
}];

#[tokio::test(start_paused = true)]
async fn a_request_that_is_answered_leaves_a_line_at_both_nodes() {
    check(&ANSWERED).await;
}

#[tokio::test(start_paused = true)]
async fn a_request_that_is_refused_leaves_a_line_with_the_reason() {
    check(&REFUSED).await;
}

#[tokio::test(start_paused = true)]
async fn a_request_that_takes_too_long_leaves_a_line_with_the_status_it_had() {
    check(&TOO_LATE).await;
}

#[tokio::test(start_paused = true)]
async fn a_request_that_the_callee_breaks_off_leaves_a_line_that_says_how() {
    check(&BROKEN).await;
}

#[tokio::test(start_paused = true)]
async fn a_request_whose_caller_goes_away_leaves_a_line() {
    check(&CALLER_GONE).await;
}

#[tokio::test(start_paused = true)]
async fn a_request_that_a_stop_cuts_leaves_a_line() {
    check(&CUT).await;
}

#[tokio::test(start_paused = true)]
async fn a_request_that_becomes_a_connection_leaves_its_line_when_that_closes() {
    check(&UPGRADED).await;
}

async fn check(endings: &[Ending]) {
    for Ending {
        what,
        protocol,
        end,
        sent,
        answered,
    } in endings
    {
        let shop = Shop::open(*protocol).await;
        end(&shop).await;
        let lines = shop.lines().await;
        assert_lines(&format!("{what}, sent"), &lines.0, sent);
        assert_lines(&format!("{what}, answered"), &lines.1, answered);
        for line in &lines.1 {
            assert_eq!(request_id(line), request_id(&lines.0[0]), "{what}");
        }
        let again = shop.lines().await;
        assert_eq!(again, (vec![], vec![]), "{what}: nothing is written twice");
    }
}

async fn leave_after(patience: Duration, shop: &Shop, path: &str, version: Version) {
    let request = Request::get(path).version(version);
    // An error says that the time was over, and the call has been dropped.
    let _ = time::timeout(patience, shop.send(request)).await;
}

async fn stop_during(shop: &Shop, path: &str) {
    let stop = async {
        time::sleep(SECOND).await;
        shop.orders.stop(SECOND / 2).await;
    };
    tokio::join!(shop.ask(path), stop);
}

async fn talk_for(a_while: Duration, shop: &Shop, ask: Builder) {
    let request = ask.body(Body::empty()).expect("a request");
    let mut answer = shop.client().send(request).await.expect("an answer");
    let tunnel = upgrade::on(&mut answer).await.expect("an upgrade");
    let rest = answer.into_body().collect().await.expect("no body");
    assert!(rest.to_bytes().is_empty());
    let mut tunnel = TokioIo::new(tunnel);
    tunnel.write_all(b"ping").await.expect("written");
    let mut pong = [0; 4];
    tunnel.read_exact(&mut pong).await.expect("read");
    let start = time::Instant::now();
    assert_eq!(shop.lines().await, (vec![], vec![]), "it is still open");
    time::sleep_until(start + a_while).await;
}
