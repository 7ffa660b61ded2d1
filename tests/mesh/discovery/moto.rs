//! AWS Cloud Map, as moto plays it: a server of its own on loopback, and the SDK's client for it.

use std::{
    env, io,
    net::SocketAddr,
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use aws_sdk_servicediscovery::{
    Client,
    config::{
        BehaviorVersion, Credentials, HttpClient, IdentityCache, Region, RuntimeComponents,
        StalledStreamProtectionConfig,
        http::{HttpRequest, HttpResponse},
    },
};
use aws_smithy_runtime_api::client::{
    http::{HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector},
    result::ConnectorError,
};
use aws_smithy_types::{body::SdkBody, retry::RetryConfig, timeout::TimeoutConfig};
use http_body_util::BodyExt;
use hyper_util::rt::TokioIo;
use tokio::{
    net::{TcpListener, TcpStream},
    time,
};

use crate::support::BoxError;

/// A server that is killed when this is dropped.
pub(super) struct Moto {
    addr: SocketAddr,
    process: Child,
}

impl Moto {
    /// `None`, said aloud, if it is not here and need not be.
    pub(super) async fn start() -> Option<Self> {
        if !Path::new(MOTO).join("moto").exists() {
            let required = env::var("MESH_REQUIRE")
                .is_ok_and(|what| what.split(',').any(|peer| peer == "moto"));
            assert!(
                !required,
                "moto is not here: benches/install-moto.sh installs it"
            );
            println!("skipped: moto is not here (benches/install-moto.sh installs it)");
            return None;
        }
        let addr = free_addr().await.expect("loopback can be bound");
        let process = Command::new("python3")
            .args([
                "-m",
                "moto.server",
                "-H",
                "127.0.0.1",
                "-p",
                &addr.port().to_string(),
            ])
            .env("PYTHONPATH", MOTO)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("python runs");
        let moto = Self { addr, process };
        while TcpStream::connect(addr).await.is_err() {
            time::sleep(Duration::from_millis(50)).await;
        }
        Some(moto)
    }

    pub(super) fn client(&self) -> Client {
        client(self.addr)
    }

    /// A service in a namespace of its own; its id.
    pub(super) async fn service(&self, namespace: &str, service: &str) -> String {
        let client = self.client();
        let made = client.create_http_namespace().name(namespace).send().await;
        made.expect("a namespace is made");
        let namespaces = client
            .list_namespaces()
            .send()
            .await
            .expect("they are listed");
        let namespaces = namespaces.namespaces().iter();
        let id = namespaces
            .filter(|it| it.name() == Some(namespace))
            .find_map(|it| it.id());
        let made = client
            .create_service()
            .name(service)
            .namespace_id(id.expect("it is there"));
        let made = made.send().await.expect("a service is made");
        made.service()
            .and_then(|it| it.id())
            .expect("it has an id")
            .to_owned()
    }

    pub(super) async fn register(&self, service_id: &str, id: &str, attributes: &[(&str, &str)]) {
        let client = self.client();
        let asked = client
            .register_instance()
            .service_id(service_id)
            .instance_id(id);
        let asked = attributes.iter().fold(asked, |asked, (name, value)| {
            asked.attributes(*name, *value)
        });
        asked.send().await.expect("an instance is registered");
    }

    pub(super) async fn deregister(&self, service_id: &str, id: &str) {
        let client = self.client();
        let asked = client
            .deregister_instance()
            .service_id(service_id)
            .instance_id(id);
        asked.send().await.expect("an instance is deregistered");
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        // It may have ended by itself, which is what is wanted.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

async fn free_addr() -> io::Result<SocketAddr> {
    TcpListener::bind("127.0.0.1:0").await?.local_addr()
}

/// The SDK's client, for whatever answers there.
pub(super) fn client(addr: SocketAddr) -> Client {
    let config = aws_sdk_servicediscovery::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-central-1"))
        .credentials_provider(Credentials::new("id", "secret", None, None, "the test"))
        .http_client(To(addr))
        // Whatever needs a timer of the SDK's own is off.
        .identity_cache(IdentityCache::no_cache())
        .retry_config(RetryConfig::disabled())
        .timeout_config(TimeoutConfig::disabled())
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .build();
    Client::from_conf(config)
}

/// Every request goes to this address, whatever host the SDK makes up for it (`data-…`).
#[derive(Clone, Debug)]
struct To(SocketAddr);

impl HttpClient for To {
    fn http_connector(
        &self,
        _: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for To {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let addr = self.0;
        let answer = async move {
            send(addr, request)
                .await
                .map_err(|error| ConnectorError::other(error, None))
        };
        HttpConnectorFuture::new(answer)
    }
}

async fn send(addr: SocketAddr, request: HttpRequest) -> Result<HttpResponse, BoxError> {
    let mut request = request.try_into_http1x()?;
    let host = request.uri().host().unwrap_or_default().parse()?;
    request.headers_mut().insert(http::header::HOST, host);
    *request.uri_mut() = request.uri().path().parse()?;
    let io = TokioIo::new(TcpStream::connect(addr).await?);
    let (mut sender, connection) = hyper::client::conn::http1::handshake::<_, SdkBody>(io).await?;
    // It ends with the sender, and what went wrong is in the answer.
    tokio::spawn(connection);
    let (head, body) = sender.send_request(request).await?.into_parts();
    let body = SdkBody::from(body.collect().await?.to_bytes());
    Ok(http::Response::from_parts(head, body).try_into()?)
}

const MOTO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/moto");
