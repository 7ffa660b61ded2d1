//! One call, whatever stands between the two services.

use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode, Uri, header::HOST};
use http_body::Body;
use http_body_util::{BodyExt, Empty};
use hyper::client::conn::http1::SendRequest;
use hyper_util::{
    client::legacy::{Client as Legacy, connect::HttpConnector},
    rt::TokioExecutor,
};

use crate::{Error, bare::ANSWER};

/// A caller with its connection, or with the client that keeps one.
#[derive(Debug)]
pub enum Caller {
    /// hyper's `client::conn::http1`, kept open: the least that a call can cost.
    Bare(SendRequest<Empty<Bytes>>),
    /// hyper-util's `Client`: what a service without a mesh would use.
    Legacy(Box<Legacy<HttpConnector, Empty<Bytes>>>, Uri),
    /// The mesh's client.
    Mesh(mesh_tower::Client, Uri),
}

impl Caller {
    /// hyper-util's `Client`, which calls the service at this address.
    ///
    /// # Errors
    /// The address makes no URI.
    pub fn legacy(addr: std::net::SocketAddr) -> Result<Self, Error> {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        let client = Box::new(Legacy::builder(TokioExecutor::new()).build(connector));
        Ok(Self::Legacy(
            client,
            format!("http://{addr}{PATH}").parse()?,
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
                let mut request = Request::new(Empty::new());
                *request.uri_mut() = Uri::from_static(PATH);
                let host = HeaderValue::from_static(SERVICE);
                request.headers_mut().insert(HOST, host);
                read(sender.send_request(request).await?).await
            }
            Self::Legacy(client, uri) => read(client.request(to(uri)).await?).await,
            Self::Mesh(client, uri) => read(client.send(to(uri)).await?).await,
        }
    }
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
