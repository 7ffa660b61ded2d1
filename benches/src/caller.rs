//! One call, whatever stands between the two services.

use std::net::SocketAddr;

use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode, Uri, Version, header::HOST};
use http_body::Body;
use http_body_util::{BodyExt, Empty};
use hyper::client::conn::{http1, http2};
use hyper_util::{
    client::legacy::{Client as Legacy, connect::HttpConnector},
    rt::TokioExecutor,
};

use tonic::transport::Channel;
use tower::{Service, ServiceExt};

use crate::{
    Error,
    bare::{self, ANSWER},
    composed::Composed,
};

/// A caller with its connection, or with the client that keeps one.
#[derive(Debug)]
pub enum Caller {
    /// hyper's `client::conn::http1`, kept open: the least that a call can cost.
    Bare(http1::SendRequest<Empty<Bytes>>),
    /// hyper's `client::conn::http2`, kept open.
    BareHttp2(http2::SendRequest<Empty<Bytes>>, Uri),
    /// hyper-util's `Client`: what a service without a mesh would use.
    Legacy(Box<Legacy<HttpConnector, Empty<Bytes>>>, Uri),
    /// The mesh's client.
    Mesh(mesh_tower::Client, Uri),
    /// reqwest's client.
    Reqwest(reqwest::Client, reqwest::Url),
    /// tonic's channel.
    Tonic(Channel, Uri),
    /// Layers of tower and tower-http around a connection.
    Composed(Composed),
}

impl Caller {
    /// hyper-util's `Client`, which calls the service at this address.
    ///
    /// # Errors
    /// The address makes no URI.
    pub fn legacy(addr: SocketAddr) -> Result<Self, Error> {
        Self::legacy_over(addr, Version::HTTP_11)
    }

    /// The same over this version.
    ///
    /// # Errors
    /// The address makes no URI.
    pub fn legacy_over(addr: SocketAddr, version: Version) -> Result<Self, Error> {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        let client = Legacy::builder(TokioExecutor::new())
            .http2_only(version == Version::HTTP_2)
            .build(connector);
        Ok(Self::Legacy(Box::new(client), at(addr).parse()?))
    }

    /// hyper's connection over HTTP/2.
    ///
    /// # Errors
    /// Nobody listens there.
    pub async fn bare_http2(addr: SocketAddr) -> Result<Self, Error> {
        let sender = bare::connect_http2(addr).await?;
        Ok(Self::BareHttp2(sender, at(addr).parse()?))
    }

    /// reqwest's client, over this version.
    ///
    /// # Errors
    /// The address makes no URL.
    pub fn reqwest(addr: SocketAddr, version: Version) -> Result<Self, Error> {
        let client = reqwest::Client::builder().no_proxy();
        let client = match version {
            Version::HTTP_2 => client.http2_prior_knowledge(),
            _ => client.http1_only(),
        };
        Ok(Self::Reqwest(client.build()?, at(addr).parse()?))
    }

    /// tonic's channel.
    ///
    /// # Errors
    /// The service's name makes no URI.
    pub fn tonic(channel: Channel) -> Result<Self, Error> {
        Ok(Self::Tonic(
            channel,
            format!("http://{SERVICE}{PATH}").parse()?,
        ))
    }

    /// A mesh's client, which calls the service by its name.
    ///
    /// # Errors
    /// The mesh does not know the service.
    pub fn mesh(mesh: &mesh_tower::Mesh) -> Result<Self, Error> {
        let uri = format!("http://{SERVICE}{PATH}").parse()?;
        Ok(Self::Mesh(mesh.client_for(SERVICE)?, uri))
    }

    /// Calls the service and reads its answer to the end.
    ///
    /// # Errors
    /// There was no answer, or another than the service gives.
    pub async fn call(&mut self) -> Result<(), Error> {
        match self {
            Self::Bare(sender) => {
                sender.ready().await?;
                read(sender.send_request(named()).await?).await
            }
            Self::BareHttp2(sender, uri) => {
                sender.ready().await?;
                read(sender.send_request(to(uri)).await?).await
            }
            Self::Legacy(client, uri) => read(client.request(to(uri)).await?).await,
            Self::Mesh(client, uri) => read(client.send(to(uri)).await?).await,
            Self::Reqwest(client, url) => {
                let response = client.get(url.clone()).send().await?;
                read(Response::<reqwest::Body>::from(response)).await
            }
            Self::Tonic(channel, uri) => {
                let request = to(uri).map(tonic::body::Body::new);
                read(channel.ready().await?.call(request).await?).await
            }
            Self::Composed(service) => read(service.ready().await?.call(named()).await?).await,
        }
    }
}

fn at(addr: SocketAddr) -> String {
    format!("http://{addr}{PATH}")
}

/// As HTTP/1.1 has it on the wire: the path, and whose it is beside it.
fn named() -> Request<Empty<Bytes>> {
    let mut request = Request::new(Empty::new());
    *request.uri_mut() = Uri::from_static(PATH);
    let host = HeaderValue::from_static(SERVICE);
    request.headers_mut().insert(HOST, host);
    request
}

fn to(uri: &Uri) -> Request<Empty<Bytes>> {
    let mut request = Request::new(Empty::new());
    uri.clone_into(request.uri_mut());
    request
}

async fn read<B>(response: Response<B>) -> Result<(), Error>
where
    B: Body<Data = Bytes>,
    B::Error: Into<Error>,
{
    let status = response.status();
    let body = response.into_body().collect().await.map_err(Into::into)?;
    match status == StatusCode::OK && body.to_bytes() == ANSWER {
        true => Ok(()),
        false => Err(format!("the called service answered otherwise, with {status}").into()),
    }
}

/// The called service's name and port in the mesh.
pub const SERVICE: &str = "called.bench.local:8080";
const PATH: &str = "/hello";
