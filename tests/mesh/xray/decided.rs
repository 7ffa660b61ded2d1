//! Whether a request is recorded, and what callers and callees are told about that.

use std::net::UdpSocket;

use http::{Request, StatusCode};
use mesh_tower::{Mesh, XRay, test_util::MemoryNetwork};
use tokio::time;

use super::shop::{SECOND, Shop, TRACE};
use crate::support::two_nodes;

const ROOT: &str = "Root=1-5759e988-bd862e3fe1be46a994272793";

/// A header that came in, and what becomes of it.
struct Row {
    came: Option<&'static str>,
    sampling: (u32, f64),
    recorded: bool,
    /// What the next hop is told after the root; `ATTEMPT` stands for the subsegment's id.
    sent_on: &'static str,
    answered: Option<&'static str>,
}

const ALL: (u32, f64) = (1_000_000, 1.0);
const NONE: (u32, f64) = (0, 0.0);

const ROWS: [Row; 9] = [
    Row {
        came: Some(";Parent=53995c3f42cd8ad8;Sampled=0"),
        sampling: ALL,
        recorded: false,
        sent_on: ";Parent=53995c3f42cd8ad8;Sampled=0",
        answered: None,
    },
    Row {
        came: Some(";Parent=53995c3f42cd8ad8;Sampled=1"),
        sampling: NONE,
        recorded: true,
        sent_on: ";Parent=ATTEMPT;Sampled=1",
        answered: None,
    },
    Row {
        came: Some(
            ";Parent=53995c3f42cd8ad8;Sampled=1;Lineage=a87bd80c:0|68fd508a:5|c512fbe3:2;own=field",
        ),
        sampling: NONE,
        recorded: true,
        sent_on: ";Parent=ATTEMPT;Sampled=1;Lineage=a87bd80c:0|68fd508a:5|c512fbe3:2;own=field",
        answered: None,
    },
    Row {
        came: Some(";Parent=53995c3f42cd8ad8;Sampled=?"),
        sampling: ALL,
        recorded: true,
        sent_on: ";Parent=ATTEMPT;Sampled=1",
        answered: Some(";Sampled=1"),
    },
    Row {
        came: Some(";Parent=53995c3f42cd8ad8;Sampled=?"),
        sampling: NONE,
        recorded: false,
        sent_on: ";Parent=53995c3f42cd8ad8;Sampled=0",
        answered: Some(";Sampled=0"),
    },
    Row {
        came: Some(";Parent=53995c3f42cd8ad8"),
        sampling: ALL,
        recorded: true,
        sent_on: ";Parent=ATTEMPT;Sampled=1",
        answered: None,
    },
    Row {
        came: Some(";Parent=53995c3f42cd8ad8"),
        sampling: NONE,
        recorded: false,
        sent_on: ";Parent=53995c3f42cd8ad8;Sampled=0",
        answered: None,
    },
    Row {
        came: None,
        sampling: ALL,
        recorded: true,
        sent_on: ";Parent=ATTEMPT;Sampled=1",
        answered: None,
    },
    Row {
        came: None,
        sampling: NONE,
        recorded: false,
        sent_on: ";Sampled=0",
        answered: None,
    },
];

#[tokio::test(start_paused = true)]
async fn who_came_decided_is_recorded_so_and_the_sampler_decides_about_the_rest() {
    for Row {
        came,
        sampling: (per_second, rate),
        recorded,
        sent_on,
        answered,
    } in ROWS
    {
        let shop = Shop::open(|xray| xray.sampling(per_second, rate)).await;
        let request = Request::get("/header");
        let request = match came {
            Some(rest) => request.header(TRACE, format!("{ROOT}{rest}")),
            None => request,
        };
        let (status, told, header) = shop.ask(request).await;
        assert_eq!(status, StatusCode::OK);
        let documents = shop.documents().await;
        let counts = (documents.web.len(), documents.orders.len());
        assert_eq!(counts, if recorded { (1, 1) } else { (0, 0) }, "{came:?}");
        assert_eq!(
            told,
            answered.map(|rest| format!("{ROOT}{rest}")),
            "{came:?}"
        );
        let (root, rest) = header.split_at(ROOT.len());
        let mut expected = sent_on.to_owned();
        if recorded {
            let (segment, attempt) = (&documents.web[0], &documents.web[0]["subsegments"][0]);
            expected = expected.replace("ATTEMPT", attempt["id"].as_str().expect("an id"));
            assert_eq!(
                root,
                format!("Root={}", segment["trace_id"].as_str().expect("an id"))
            );
            assert_eq!(
                segment["parent_id"].as_str(),
                came.map(|_| "53995c3f42cd8ad8")
            );
        }
        assert_eq!(rest, expected, "{came:?}");
        assert!(came.is_none() || root == ROOT, "{came:?}: {root}");
    }
}

#[tokio::test(start_paused = true)]
async fn so_many_requests_of_each_second_are_recorded() {
    let shop = Shop::open(|xray| xray.sampling(3, 0.0)).await;
    for second in 0..3 {
        for _ in 0..10 {
            shop.get("/alone").await;
        }
        let recorded = shop.documents().await.web.len();
        assert_eq!(recorded, 3, "second {second}");
        time::sleep(SECOND).await;
    }
}

#[tokio::test(start_paused = true)]
async fn by_default_one_request_of_each_second_is_recorded_and_a_twentieth_of_the_rest() {
    let shop = Shop::open(|xray| xray).await;
    const MANY: usize = 1000;
    for _ in 0..MANY {
        shop.get("/alone").await;
    }
    // Of 999 draws about 50: five standard deviations to either side.
    let recorded = shop.documents().await.web.len();
    assert!((1 + 16..=1 + 84).contains(&recorded), "{recorded}");
}

#[tokio::test(start_paused = true)]
async fn where_nobody_records_a_header_passes_through_as_it_came() {
    let shop = Shop::without_traces().await;
    for rest in [
        ";Parent=53995c3f42cd8ad8;Sampled=1",
        ";Parent=53995c3f42cd8ad8;Sampled=?",
        ";Sampled=0;own=field",
        "",
    ] {
        let came = format!("{ROOT}{rest}");
        let (_, told, header) = shop.ask(Request::get("/header").header(TRACE, &came)).await;
        assert_eq!((told, header), (None, came));
    }
    let (_, told, header) = shop.ask(Request::get("/header")).await;
    assert!(told.is_none() && header.starts_with("Root=1-") && header.len() == ROOT.len());
    let documents = shop.documents().await;
    assert!(documents.web.is_empty() && documents.orders.is_empty());
}

#[tokio::test]
async fn without_a_daemon_requests_go_on_and_the_metrics_say_what_was_lost() {
    // Bound and closed again: nobody listens there.
    let closed = UdpSocket::bind("127.0.0.1:0").and_then(|socket| socket.local_addr());
    let xray = XRay::daemon(closed.expect("loopback can be bound")).sampling(1_000_000, 1.0);
    let mesh = Mesh::builder()
        .config(two_nodes())
        .virtual_node("web")
        .xray(xray);
    let mesh = mesh
        .network(&MemoryNetwork::new())
        .start()
        .await
        .expect("the mesh starts");
    for _ in 0..4 {
        mesh.client()
            .get("http://nowhere.local/")
            .send()
            .await
            .expect_err("no route");
        mesh.flush().await;
    }
    let page = mesh.metrics();
    let value = |name: &str| -> u64 {
        let line = page
            .lines()
            .find_map(|line| line.strip_prefix(&format!("{name} ")));
        line.expect(name).parse().expect("a number")
    };
    let (sent, refused) = (
        value("mesh_xray_documents_sent_total"),
        value("mesh_xray_documents_refused_total"),
    );
    assert!(
        refused > 0 && sent > 0 && sent <= 4,
        "{sent} sent, {refused} refused"
    );
    assert_eq!(value("mesh_xray_documents_dropped_total"), 0);
}
