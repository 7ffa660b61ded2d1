//! How a node becomes an instance in AWS Cloud Map and ceases to be one, as a script plays it: moto does at once what the service
//! only begins.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::Router;
use http::{Response, StatusCode};
use mesh_core::{
    config::{Mesh as Model, VirtualNode},
    unit::Protocol,
};
use mesh_tower::{Mesh, Registration};

use super::{moto::client, number, until};
use crate::support::{Peer, PeerBody, serving, text};

/// What the service answers to each kind of question, in this order; the last answer stands. And what it was asked.
#[derive(Clone, Default)]
struct Script(Arc<Mutex<Said>>);

#[derive(Default)]
struct Said {
    operations: Vec<&'static str>,
    deregistered: Vec<&'static str>,
    asked: Vec<String>,
}

impl Script {
    /// What operations are when they are looked at, and what deregistering is answered with: nothing bad, or an error's name.
    fn new(operations: &[&'static str], deregistered: &[&'static str]) -> Self {
        Self(Arc::new(Mutex::new(Said {
            operations: operations.to_vec(),
            deregistered: deregistered.to_vec(),
            asked: Vec::new(),
        })))
    }

    fn answer(&self, asked: &str) -> Response<PeerBody> {
        let mut said = self.0.lock().expect("no panic held it");
        said.asked.push(asked.to_owned());
        match asked {
            "GetOperation" => {
                let status = next(&mut said.operations);
                text(format!(
                    r#"{{"Operation": {{"Id": "op", "Status": "{status}"}}}}"#
                ))
            }
            "DeregisterInstance" => match next(&mut said.deregistered) {
                "" => text(r#"{"OperationId": "op"}"#),
                error => {
                    let mut refused = text(format!(r#"{{"__type": "{error}", "Message": "no"}}"#));
                    *refused.status_mut() = StatusCode::BAD_REQUEST;
                    refused
                }
            },
            _ => text(r#"{"OperationId": "op"}"#),
        }
    }

    fn asked(&self, what: &str) -> usize {
        let said = self.0.lock().expect("no panic held it");
        said.asked.iter().filter(|asked| *asked == what).count()
    }
}

fn next(answers: &mut Vec<&'static str>) -> &'static str {
    match answers.len() {
        1 => answers[0],
        _ => answers.remove(0),
    }
}

/// A mesh whose node registers with this script.
async fn registering(script: &Script) -> (Mesh, Peer) {
    let script = script.clone();
    let service = Peer::start(move |request| {
        let target = request.headers().get("x-amz-target");
        let target = target.and_then(|target| target.to_str().ok());
        let asked = target.and_then(|target| target.rsplit('.').next());
        let answer = script.answer(asked.expect("the SDK says what it asks"));
        async { answer }
    })
    .await;
    let web = VirtualNode::builder("web").listener(8080, Protocol::Http);
    let model = Model::builder("shop").virtual_node(web.dns("web")).build();
    let mesh = Mesh::builder()
        .config(model.expect("the model is valid"))
        .virtual_node("web")
        .bind(8080, "127.0.0.1:0")
        .cloud_map(client(service.addr))
        .register(Registration::new("srv-1", [10, 0, 0, 9].into()))
        .start();
    (mesh.await.expect("the mesh starts"), service)
}

#[tokio::test]
async fn a_registration_counts_when_its_operation_has_succeeded_and_is_tried_again_when_it_failed()
{
    let script = Script::new(&["PENDING", "FAIL", "SUBMITTED", "SUCCESS"], &[""]);
    let (mesh, _service) = registering(&script).await;
    let _serving = serving(&mesh, Router::new());
    until(|| script.asked("GetOperation") >= 2).await;
    assert_eq!(number(&mesh, REGISTRATIONS), 0);
    until(|| number(&mesh, REGISTRATIONS) == 1).await;
    assert_eq!(script.asked("RegisterInstance"), 2);
    assert_eq!(script.asked("GetOperation"), 4);
    mesh.stop(SECOND).await;
    assert_eq!(script.asked("DeregisterInstance"), 1);
    assert_eq!(number(&mesh, REGISTRATIONS), 0);
}

#[tokio::test]
async fn a_registration_that_is_under_way_when_the_mesh_leaves_is_undone_when_it_is_there() {
    let script = Script::new(&["PENDING"], &["InstanceNotFound", "DuplicateRequest", ""]);
    let (mesh, _service) = registering(&script).await;
    let _serving = serving(&mesh, Router::new());
    until(|| script.asked("GetOperation") >= 1).await;
    mesh.stop(SECOND).await;
    assert_eq!(script.asked("DeregisterInstance"), 3);
    assert_eq!(number(&mesh, REGISTRATIONS), 0);
}

#[tokio::test]
async fn what_cannot_be_deregistered_goes_on_being_counted_and_what_is_gone_does_not() {
    for (answer, counted) in [("InvalidInput", 1), ("InstanceNotFound", 0)] {
        let script = Script::new(&["SUCCESS"], &[answer]);
        let (mesh, _service) = registering(&script).await;
        let _serving = serving(&mesh, Router::new());
        until(|| number(&mesh, REGISTRATIONS) == 1).await;
        mesh.stop(SECOND).await;
        assert_eq!(script.asked("DeregisterInstance"), 1, "{answer}");
        assert_eq!(number(&mesh, REGISTRATIONS), counted, "{answer}");
    }
}

const REGISTRATIONS: &str = "mesh_discovery_registrations";
const SECOND: Duration = Duration::from_secs(1);
