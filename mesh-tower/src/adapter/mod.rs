//! What other crates' types need to know of the mesh; the only place that names them.

#[cfg(feature = "axum")]
mod axum;
#[cfg(feature = "tonic")]
mod tonic;

use std::sync::Arc;

use http::Extensions;

use crate::conn_info::ConnInfo;

/// Lets handlers find the connection's addresses where their own framework's servers put them.
#[cfg_attr(
    not(any(feature = "axum", feature = "tonic")),
    expect(unused_variables, reason = "nobody asks without a framework")
)]
pub(crate) fn tell_connection(info: &ConnInfo, extensions: &mut Extensions) {
    #[cfg(feature = "axum")]
    axum::tell_connection(info, extensions);
    #[cfg(feature = "tonic")]
    tonic::tell_connection(info, extensions);
}

/// The connection that somebody else's server took from a [`Listener`](crate::Listener), if it says so.
pub(crate) fn connection(extensions: &mut Extensions) -> Option<Arc<ConnInfo>> {
    let info = extensions.get::<ConnInfo>().cloned();
    #[cfg(feature = "axum")]
    let info = info.or_else(|| axum::connection(extensions));
    let info = Arc::new(info?);
    tell_connection(&info, extensions);
    Some(info)
}
