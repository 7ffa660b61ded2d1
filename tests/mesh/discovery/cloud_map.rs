//! AWS Cloud Map, asked of a moto server: its instances are found, followed and kept, and this node is one of them while it is served.

use std::time::Duration;

use axum::Router;
use mesh_core::{
    config::{AttributeKey, AttributeValue, Mesh as Model, VirtualNode, VirtualService},
    unit::{IpPreference, Protocol},
};
use mesh_tower::{Mesh, MeshBuilder, Registration};

use super::{called, called_until, endpoints, moto::Moto, number, peers, until};
use crate::support::serving;

/// A mesh whose node `web` calls `orders`, the instances of `shop.local/orders` that have these attributes.
fn calling(
    port: u16,
    attributes: &[(&str, &str)],
    preference: Option<IpPreference>,
) -> MeshBuilder {
    let attributes = attributes.iter().map(|(key, value)| {
        let key = AttributeKey::new(*key).expect("a key");
        (key, AttributeValue::new(*value).expect("a value"))
    });
    let orders = VirtualNode::builder("orders")
        .listener(port, Protocol::Http)
        .aws_cloud_map("shop.local", "orders", attributes);
    let orders = match preference {
        Some(preference) => orders.ip_preference(preference),
        None => orders,
    };
    let model = Model::builder("shop")
        .virtual_node(VirtualNode::builder("web").backend("orders"))
        .virtual_node(orders)
        .virtual_service(VirtualService::builder("orders").virtual_node("orders"))
        .build()
        .expect("the model is valid");
    Mesh::builder().config(model).virtual_node("web")
}

#[tokio::test]
async fn instances_are_found_by_attribute_and_followed_and_kept_when_cloud_map_is_gone() {
    let Some(moto) = Moto::start().await else {
        return;
    };
    let [one, other] = peers(["127.0.0.2", "127.0.0.3"]).await;
    let service = moto.service("shop.local", "orders").await;
    // Its port is not asked for: the listener's counts.
    let v1 = [
        ("AWS_INSTANCE_IPV4", "127.0.0.2"),
        ("AWS_INSTANCE_PORT", "1"),
        ("version", "v1"),
    ];
    let v2 = [
        ("AWS_INSTANCE_IPV4", "127.0.0.3"),
        ("AWS_INSTANCE_PORT", "1"),
        ("version", "v2"),
    ];
    moto.register(&service, "one", &v1).await;
    moto.register(&service, "other", &v2).await;

    let builder = calling(one.addr.port(), &[("version", "v2")], None);
    let mesh = builder
        .cloud_map(moto.client())
        .start()
        .await
        .expect("the mesh starts");
    assert_eq!(endpoints(&mesh, "orders"), [other.addr]);
    let client = mesh
        .client_for(&format!("orders:{}", one.addr.port()))
        .expect("a backend");
    assert_eq!(called(&client).await, "127.0.0.3");

    moto.register(&service, "new", &[v1[0], ("version", "v2")])
        .await;
    moto.deregister(&service, "other").await;
    called_until(&client, "127.0.0.2").await;
    until(|| endpoints(&mesh, "orders") == [one.addr]).await;

    drop(moto);
    until(|| number(&mesh, "mesh_discovery_stale_targets") == 1).await;
    assert_eq!(called(&client).await, "127.0.0.2");
}

#[tokio::test]
async fn each_preference_uses_the_addresses_of_the_table() {
    let Some(moto) = Moto::start().await else {
        return;
    };
    let service = moto.service("shop.local", "orders").await;
    let (v4, v6) = (
        ("AWS_INSTANCE_IPV4", "10.0.0.1"),
        ("AWS_INSTANCE_IPV6", "fd00::1"),
    );
    moto.register(&service, "both", &[v4, v6, ("has", "both")])
        .await;
    moto.register(&service, "v4", &[v4, ("has", "v4")]).await;
    moto.register(&service, "v6", &[v6, ("has", "v6")]).await;
    moto.register(
        &service,
        "none",
        &[("AWS_INSTANCE_IPV4", "no address"), ("has", "none")],
    )
    .await;
    let (v4, v6) = ("10.0.0.1:80", "[fd00::1]:80");
    for (preference, both, only_v4, only_v6) in [
        (None, v4, v4, v6),
        (Some(IpPreference::Ipv4Preferred), v4, v4, v6),
        (Some(IpPreference::Ipv6Preferred), v6, v4, v6),
        (Some(IpPreference::Ipv4Only), v4, v4, ""),
        (Some(IpPreference::Ipv6Only), v6, "", v6),
    ] {
        for (has, addr) in [
            ("both", both),
            ("v4", only_v4),
            ("v6", only_v6),
            ("none", ""),
        ] {
            let builder = calling(80, &[("has", has)], preference).cloud_map(moto.client());
            let mesh = builder.start().await.expect("the mesh starts");
            let found = endpoints(&mesh, "orders")
                .into_iter()
                .map(|addr| addr.to_string());
            let wanted = Some(addr.to_owned()).filter(|addr| !addr.is_empty());
            assert!(
                found.eq(wanted),
                "{preference:?} of {has}: {:?}",
                endpoints(&mesh, "orders")
            );
        }
    }
}

#[tokio::test]
async fn a_node_is_registered_while_it_is_served_and_no_longer() {
    let Some(moto) = Moto::start().await else {
        return;
    };
    let service = moto.service("shop.local", "web").await;
    let model = Model::builder("shop")
        .virtual_node(
            VirtualNode::builder("web")
                .listener(8080, Protocol::Http)
                .dns("web"),
        )
        .build()
        .expect("the model is valid");
    let registration = Registration::new(service, [10, 0, 0, 9].into())
        .attribute("version", "v2")
        .custom_health_check();
    let mesh = Mesh::builder()
        .config(model)
        .virtual_node("web")
        .bind(8080, "127.0.0.1:0")
        .cloud_map(moto.client())
        .register(registration)
        .start()
        .await
        .expect("the mesh starts");
    assert_eq!(registered(&moto).await, None);

    let _serving = serving(&mesh, Router::new());
    until(|| number(&mesh, REGISTRATIONS) == 1).await;
    let wanted = [
        "10.0.0.9 AWS_INIT_HEALTH_STATUS=HEALTHY",
        "AWS_INSTANCE_IPV4=10.0.0.9",
        "AWS_INSTANCE_PORT=8080",
        "appmesh.k8s.aws/mesh=shop",
        "appmesh.k8s.aws/virtualNode=web",
        "version=v2",
    ];
    assert_eq!(registered(&moto).await, Some(wanted.join(" ")));

    mesh.stop(Duration::from_secs(5)).await;
    assert_eq!(registered(&moto).await, None);
    assert_eq!(number(&mesh, REGISTRATIONS), 0);
}

/// The id and the attributes of the only instance of `shop.local/web`.
async fn registered(moto: &Moto) -> Option<String> {
    let client = moto.client();
    let asked = client
        .discover_instances()
        .namespace_name("shop.local")
        .service_name("web");
    let found = asked.send().await.expect("the service is there");
    let instance = found.instances().first()?;
    let attributes = instance.attributes().expect("it has some");
    let mut attributes: Vec<_> = attributes
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    attributes.sort();
    Some(format!(
        "{} {}",
        instance.instance_id()?,
        attributes.join(" ")
    ))
}

#[tokio::test]
async fn a_node_in_cloud_map_needs_a_client_and_the_error_says_how_to_give_it() {
    let error = calling(80, &[], None)
        .start()
        .await
        .expect_err("nobody to ask");
    let report = format!("{error:?}");
    assert!(
        report.contains(".cloud_map(") && report.contains(".endpoint("),
        "{report}"
    );

    let registration = Registration::new("srv-1", [10, 0, 0, 9].into());
    let builder = calling(80, &[], None).endpoint("orders", "127.0.0.1:1");
    let error = builder
        .register(registration)
        .start()
        .await
        .expect_err("nobody to register with");
    assert!(format!("{error:?}").contains(".cloud_map("), "{error:?}");
}

const REGISTRATIONS: &str = "mesh_discovery_registrations";
