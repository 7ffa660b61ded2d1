//! What tools ask of a gRPC server: its health, and what it can do.

use futures::{StreamExt, stream};
use tonic_health::pb::{
    FILE_DESCRIPTOR_SET, HealthCheckRequest, health_check_response::ServingStatus,
    health_client::HealthClient,
};
use tonic_reflection::pb::v1::{
    ServerReflectionRequest, server_reflection_client::ServerReflectionClient,
    server_reflection_request::MessageRequest, server_reflection_response::MessageResponse,
};

use super::{echo::note, fleet::Fleet};

#[tokio::test]
async fn reflection_and_health_stand_beside_a_service_and_answer_through_the_mesh() {
    let (reporter, _) = tonic_health::server::health_reporter();
    let status = tonic_health::ServingStatus::Serving;
    reporter.set_service_status("mesh.test.Echo", status).await;
    let fleet = Fleet::start(1, |routes| {
        let reflection = tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(FILE_DESCRIPTOR_SET)
            .build_v1()
            .expect("the descriptors are whole");
        let health = tonic_health::server::HealthService::from_health_reporter(reporter.clone());
        let health = tonic_health::pb::health_server::HealthServer::new(health);
        routes.add_service(reflection).add_service(health)
    })
    .await;

    let asked = HealthCheckRequest {
        service: "mesh.test.Echo".to_owned(),
    };
    let health = HealthClient::new(fleet.client()).check(asked).await;
    let health = health.expect("an answer").into_inner();
    assert_eq!(health.status(), ServingStatus::Serving);

    let asked = ServerReflectionRequest {
        message_request: Some(MessageRequest::ListServices(String::new())),
        ..Default::default()
    };
    let mut reflection = ServerReflectionClient::new(fleet.client());
    let told = reflection
        .server_reflection_info(stream::iter([asked]))
        .await;
    let mut told = told.expect("a head").into_inner();
    let told = told.next().await.expect("a message").expect("no error");
    let Some(MessageResponse::ListServicesResponse(listed)) = told.message_response else {
        panic!("{told:?}");
    };
    let names: Vec<_> = listed.service.iter().map(|service| &service.name).collect();
    assert!(
        names.contains(&&"grpc.health.v1.Health".to_owned()),
        "{names:?}"
    );

    fleet
        .stub()
        .say(note("hello", 1))
        .await
        .expect("the service is there, too");
}
