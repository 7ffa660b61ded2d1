//! For axum: errors as responses, and what handlers may ask of their call.

use std::{future::pending, io, net::SocketAddr};

use axum::{
    body::Body,
    extract::{ConnectInfo, FromRequestParts, connect_info::Connected},
    response::{IntoResponse, Response},
    serve::{self, IncomingStream},
};
use http::{Extensions, StatusCode, request::Parts};

use crate::{
    conn_info::{ConnInfo, PeerIdentity},
    context::CallContext,
    error::Error,
    respond,
    serve::{Accepted, Listener},
};

/// A handler that returns the error answers as a sidecar would have: Envoy's status and text.
#[cfg_attr(docsrs, doc(cfg(feature = "axum")))]
impl IntoResponse for Error {
    fn into_response(self) -> Response {
        respond::http(&self).map(Body::from)
    }
}

/// The call that the handler answers; refused with 500 where no inbound services stand around the router.
#[cfg_attr(docsrs, doc(cfg(feature = "axum")))]
impl<S: Sync> FromRequestParts<S> for CallContext {
    type Rejection = Missing;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Missing> {
        let context = parts.extensions.get::<Self>().cloned();
        context.ok_or((
            StatusCode::INTERNAL_SERVER_ERROR,
            "the router is not served by the mesh and has no inbound layer",
        ))
    }
}

/// Who the peer of the handler's call proved to be; refused with 500 where its connection is not known, because a handler
/// that asks for an identity must not run without one.
#[cfg_attr(docsrs, doc(cfg(feature = "axum")))]
impl<S: Sync> FromRequestParts<S> for PeerIdentity {
    type Rejection = Missing;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Missing> {
        let context = CallContext::from_request_parts(parts, state).await?;
        let conn = context.call().conn_info();
        let identity = conn.map(|conn| conn.peer_identity().clone());
        identity.ok_or((
            StatusCode::INTERNAL_SERVER_ERROR,
            "the connection is not known: the mesh did not accept it",
        ))
    }
}

/// What a handler lacks, for whoever set it up.
type Missing = (StatusCode, &'static str);

pub(super) fn tell_connection(info: &ConnInfo, extensions: &mut Extensions) {
    extensions.insert(ConnectInfo(info.peer_addr()));
}

pub(super) fn connection(extensions: &Extensions) -> Option<ConnInfo> {
    let told = extensions.get::<ConnectInfo<ConnInfo>>();
    told.map(|ConnectInfo(info)| info.clone())
}

/// For `axum::serve`. When the mesh drains it closes its socket, and nobody comes any more; that the server ends then is up to
/// its `with_graceful_shutdown`.
#[cfg_attr(docsrs, doc(cfg(feature = "axum")))]
impl serve::Listener for Listener {
    type Io = Accepted;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Accepted, SocketAddr) {
        match Self::accept(self).await {
            Some(accepted) => {
                let peer = accepted.conn_info().peer_addr();
                (accepted, peer)
            }
            None => pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(Self::local_addr(self))
    }
}

/// For `into_make_service_with_connect_info`, by which the inbound services get to know the connection.
#[cfg_attr(docsrs, doc(cfg(feature = "axum")))]
impl Connected<IncomingStream<'_, Listener>> for ConnInfo {
    fn connect_info(stream: IncomingStream<'_, Listener>) -> Self {
        stream.io().conn_info().clone()
    }
}

#[cfg(test)]
mod tests {
    use axum::{Router, routing};
    use http::Request;
    use tower::ServiceExt as _;

    use super::*;
    use crate::error::Cause;

    #[tokio::test]
    async fn a_handlers_error_is_the_sidecars_answer() {
        let router = Router::new().route(
            "/",
            routing::get(async || Err::<(), _>(Error::new(Cause::NoEndpoint))),
        );
        let response = router
            .oneshot(Request::new(Body::empty()))
            .await
            .expect("infallible");
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        let text = axum::body::to_bytes(response.into_body(), 100)
            .await
            .expect("a short body");
        assert_eq!(text, "no healthy upstream");
    }

    #[tokio::test]
    async fn without_the_mesh_there_is_neither_call_nor_identity() {
        let router = Router::new()
            .route("/call", routing::get(async |_: CallContext| ()))
            .route("/peer", routing::get(async |_: PeerIdentity| ()));
        for path in ["/call", "/peer"] {
            let request = Request::get(path).body(Body::empty()).expect("a request");
            let response = router.clone().oneshot(request).await.expect("infallible");
            assert_eq!(
                response.status(),
                StatusCode::INTERNAL_SERVER_ERROR,
                "{path}"
            );
        }
    }
}
