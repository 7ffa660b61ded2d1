//! One check of one endpoint, by protocol.

use std::{net::SocketAddr, sync::Arc};

use bytes::Bytes;
use http::{
    HeaderValue, Method, Request, Response, Uri, Version,
    header::{CONTENT_TYPE, HOST, TE, USER_AGENT},
};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use mesh_core::{
    health::{Answer, HealthCheck, grpc},
    snapshot::{ClusterSpec, Discovery},
    unit::Protocol,
};
use tokio::time;

use super::exchange::Kept;
use crate::{body::Body, connect::Dial};

/// How the endpoints of a target are asked.
#[derive(Debug)]
pub(super) struct Question {
    pub(super) check: HealthCheck,
    /// The name the endpoints go by, and the port they are asked on.
    authority: String,
}

impl Question {
    /// # Source
    /// App Mesh's own configuration of Envoy: the name by which endpoints are discovered, and the port.
    pub(super) fn new(check: HealthCheck, spec: &ClusterSpec) -> Self {
        let port = check.own_port().unwrap_or(spec.port);
        let authority = match &spec.discovery {
            Discovery::Dns { hostname, .. } => format!("{hostname}:{port}"),
            Discovery::CloudMap {
                namespace, service, ..
            } => format!("{service}.{namespace}:{port}"),
            _ => format!("{}:{port}", spec.virtual_node),
        };
        Self { check, authority }
    }

    /// Where an endpoint is asked.
    fn place(&self, endpoint: SocketAddr) -> SocketAddr {
        let port = self.check.own_port().map(|port| port.get());
        SocketAddr::new(endpoint.ip(), port.unwrap_or_else(|| endpoint.port()))
    }
}

/// What one endpoint's checks go through: a connection of their own, kept between them where the protocol allows.
#[derive(Debug)]
pub(super) struct Probe {
    endpoint: SocketAddr,
    dial: Arc<dyn Dial>,
    kept: Option<Kept>,
}

impl Probe {
    pub(super) fn new(endpoint: SocketAddr, dial: Arc<dyn Dial>) -> Self {
        Self {
            endpoint,
            dial,
            kept: None,
        }
    }

    /// Closes the connection that was kept: the next check is made otherwise.
    pub(super) fn hang_up(&mut self) {
        self.kept = None;
    }

    /// Asks once, and waits no longer than the check allows.
    pub(super) async fn ask(&mut self, question: &Question) -> Answer {
        let asked = time::timeout(question.check.timeout(), self.exchange(question)).await;
        // A connection on which an answer is still due cannot be asked again.
        let answer = asked.unwrap_or_else(|_| {
            self.kept = None;
            Ok(Answer::Timeout)
        });
        answer.unwrap_or_else(|broken| broken)
    }

    async fn exchange(&mut self, question: &Question) -> Result<Answer, Answer> {
        let place = question.place(self.endpoint);
        match question.check.protocol() {
            Protocol::Tcp => match self.dial.dial(place).await {
                Ok(_connected) => Ok(Answer::Good),
                Err(_) => Err(Answer::ConnectFailed),
            },
            Protocol::Grpc => {
                let request = || call(&question.authority);
                let response = self.send(place, Version::HTTP_2, request).await?;
                grpc_answer(response).await
            }
            Protocol::Http2 => self.get(place, Version::HTTP_2, question).await,
            _ => self.get(place, Version::HTTP_11, question).await,
        }
    }

    async fn get(
        &mut self,
        place: SocketAddr,
        version: Version,
        question: &Question,
    ) -> Result<Answer, Answer> {
        let request = || get(version, question);
        let response = self.send(place, version, request).await?;
        let answer = Answer::of_status(response.status());
        if !is_read_whole(response).await {
            self.kept = None;
        }
        Ok(answer)
    }

    /// Sends on the connection kept from the last check, or on a new one: also if the kept one turns out to be closed.
    async fn send(
        &mut self,
        place: SocketAddr,
        version: Version,
        request: impl Fn() -> Result<Request<Body>, Answer>,
    ) -> Result<Response<Incoming>, Answer> {
        if let Some(mut kept) = self.kept.take()
            && let Ok(response) = kept.send(request()?).await
        {
            self.kept = Some(kept);
            return Ok(response);
        }
        let connection = self.dial.dial(place).await;
        let connection = connection.map_err(|_| Answer::ConnectFailed)?;
        let mut fresh = Kept::handshake(connection, version).await?;
        let response = fresh.send(request()?).await?;
        self.kept = Some(fresh);
        Ok(response)
    }
}

fn get(version: Version, question: &Question) -> Result<Request<Body>, Answer> {
    let Question { check, authority } = question;
    let path = check.path_or_root();
    let request = Request::builder()
        .version(version)
        .header(USER_AGENT, CHECKER);
    let request = match version {
        Version::HTTP_2 => request.uri(uri(authority, path)?),
        _ => request.uri(path).header(HOST, authority),
    };
    request.body(Body::empty()).map_err(|_| Answer::Malformed)
}

fn call(authority: &str) -> Result<Request<Body>, Answer> {
    let request = Request::builder()
        .method(Method::POST)
        .version(Version::HTTP_2)
        .uri(uri(authority, grpc::PATH)?)
        .header(USER_AGENT, CHECKER)
        .header(CONTENT_TYPE, HeaderValue::from_static("application/grpc"))
        .header(TE, HeaderValue::from_static("trailers"));
    let message = Bytes::from_static(&grpc::REQUEST);
    request
        .body(Body::from(message))
        .map_err(|_| Answer::Malformed)
}

fn uri(authority: &str, path: &str) -> Result<Uri, Answer> {
    let uri = Uri::builder().scheme("http").authority(authority);
    uri.path_and_query(path)
        .build()
        .map_err(|_| Answer::Malformed)
}

async fn grpc_answer(response: Response<Incoming>) -> Result<Answer, Answer> {
    let answer = Answer::of_status(response.status());
    if !answer.is_good() {
        return Ok(answer);
    }
    let (head, body) = response.into_parts();
    let body = Limited::new(body, grpc::MAX_ANSWER).collect().await;
    let body = body.map_err(|_| Answer::Malformed)?;
    // Without a message, the status may stand in the head.
    let status = body
        .trailers()
        .and_then(status)
        .or_else(|| status(&head.headers));
    Ok(grpc::answer(status, &body.to_bytes()))
}

fn status(fields: &http::HeaderMap) -> Option<u32> {
    fields.get("grpc-status")?.to_str().ok()?.parse().ok()
}

/// Whether the body came to its end before it was too long to read only for the connection's sake.
async fn is_read_whole(response: Response<Incoming>) -> bool {
    let body = Limited::new(response.into_body(), MAX_BODY);
    body.collect().await.is_ok()
}

/// What Envoy's checks called themselves: access logs are filtered by it.
const CHECKER: &str = "Envoy/HC";

/// The longest page that is read whole.
const MAX_BODY: usize = 64 * 1024;
