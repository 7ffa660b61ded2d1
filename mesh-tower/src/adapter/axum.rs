//! For axum: errors as responses, and the peer's address.

use axum::{
    body::Body,
    extract::ConnectInfo,
    response::{IntoResponse, Response},
};
use http::Extensions;

use crate::{conn_info::ConnInfo, error::Error, respond};

/// A handler that returns the error answers as a sidecar would have: Envoy's status and text.
#[cfg_attr(docsrs, doc(cfg(feature = "axum")))]
impl IntoResponse for Error {
    fn into_response(self) -> Response {
        respond::http(&self).map(Body::from)
    }
}

pub(super) fn tell_connection(info: &ConnInfo, extensions: &mut Extensions) {
    extensions.insert(ConnectInfo(info.peer_addr()));
}
