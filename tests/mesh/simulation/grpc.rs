//! How gRPC calls of a simulation ended, in its tally and its events.

use std::future::ready;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response};
use http_body_util::{BodyExt, Full};
use mesh_core::unit::Protocol;
use mesh_tower::{
    Error,
    test_util::{EventKind, Simulation},
};

use super::{count, ms, shop};

/// A request as a stub sends it.
fn called(_number: u64) -> Request<String> {
    Request::post("http://orders.local:8080/shop.Orders/List")
        .header("content-type", "application/grpc")
        .body(String::new())
        .expect("a request")
}

#[tokio::test(start_paused = true)]
async fn a_grpc_call_that_fails_is_a_failure_wherever_its_status_is_told() -> Result<(), Error> {
    let told = |status: &'static str, late: bool| {
        let status = HeaderMap::from_iter([(
            HeaderName::from_static("grpc-status"),
            HeaderValue::from_static(status),
        )]);
        let (head, trailers) = if late {
            (None, Some(Ok(status)))
        } else {
            (Some(status), None)
        };
        let body = Full::new(Bytes::from_static(b"")).with_trailers(ready(trailers));
        let mut response = Response::new(body);
        response.headers_mut().extend(head.unwrap_or_default());
        response
    };
    // (status, in trailers, failures)
    let rows = [
        ("0", false, 0),
        ("0", true, 0),
        ("14", false, 10),
        ("5", true, 10),
        ("", true, 10),
    ];
    for (status, late, failures) in rows {
        let sim = Simulation::builder(7)
            .config(shop(Protocol::Grpc))
            .node("orders", move |_| ready(told(status, late)))
            .start()
            .await?;
        let tally = sim.traffic("web", 10, ms(1_000), called).await?;
        let number = status.parse().unwrap_or(2);
        assert_eq!(
            (tally.failures(), tally.grpc(number)),
            (failures, 10),
            "{tally}"
        );
        assert_eq!(tally.node("orders"), 10, "{tally}");
        let ended = |kind: &EventKind| matches!(kind, EventKind::Call { grpc, .. } if *grpc == status.parse().ok());
        assert_eq!(count(&sim, ended), 10, "{status}");
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_grpc_call_that_the_mesh_refuses_is_a_failure_and_tells_its_attempts() -> Result<(), Error>
{
    // Nobody is there.
    let sim = Simulation::builder(7)
        .config(shop(Protocol::Grpc))
        .start()
        .await?;
    let tally = sim.traffic("web", 10, ms(1_000), called).await?;
    assert_eq!((tally.failures(), tally.grpc(14)), (10, 10), "{tally}");
    assert_eq!(tally.node("orders"), 10, "{tally}");
    assert!(tally.attempts() >= 10, "{tally}");
    let refused = |kind: &EventKind| matches!(kind, EventKind::Call { grpc: Some(14), .. });
    assert_eq!(count(&sim, refused), 10);
    Ok(())
}
