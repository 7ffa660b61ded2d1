//! Calls to hosts of which the mesh knows nothing, where the egress filter lets them out.
//!
//! A sidecar finds such a host by the address that the kernel took the connection from. Here Envoy reads it from a header, which
//! is the only other way that its `ORIGINAL_DST` cluster has.

use mesh_core::unit::Protocol::Http;

use super::{
    asked::{Told, through_envoy, through_mesh},
    case::Case,
    run::{start_envoy, start_mesh},
    script::{Ending, Step, Upstream},
};
use crate::envoy;

#[tokio::test]
async fn a_host_outside_of_the_mesh_gets_one_attempt_and_its_answer_is_passed_on() {
    if !envoy::is_here() {
        return;
    }
    let scripts: [&[Step]; 9] = [
        &[Step::Status(200)],
        &[Step::Status(404)],
        &[Step::Status(503), Step::Status(200)],
        &[Step::Marked(200, "x-envoy-overloaded", "true")],
        &[Step::Close, Step::Status(200)],
        &[Step::Abort, Step::Status(200)],
        &[Step::Garbage, Step::Status(200)],
        &[Step::Half(200, Ending::Close)],
        &[Step::Refused],
    ];
    let cases: Vec<_> = scripts
        .iter()
        .map(|script| Case::new(Http, script).outside())
        .collect();
    let none = vec![Vec::new(); cases.len()];
    let envoy = start_envoy("outside", &cases, &none, envoy::unused()).await;
    let (mesh, _log) = start_mesh(&cases, &none).await;
    for (number, case) in cases.iter().enumerate() {
        let theirs = Upstream::start(Http, &case.script).await;
        let ours = Upstream::start(Http, &case.script).await;
        let to = |peer: &Upstream| {
            let (case, addr) = (
                case.clone().host(peer.addr.to_string()),
                peer.addr.to_string(),
            );
            case.header("x-envoy-original-dst-host", addr)
        };
        let there = through_envoy(envoy.addr, &to(&theirs), number).await;
        let here = through_mesh(&mesh, &to(&ours), number).await;
        let told =
            |told: Told, peer: &Upstream| (told.status, told.headers, told.body, peer.played());
        assert_eq!(told(there, &theirs), told(here, &ours), "{case:?}");
    }
}
