//! The loop that takes a listener's connections.

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body as HttpBody;
use tokio::task::JoinSet;
use tower_service::Service;

use super::{Door, connection};
use crate::body::{Body, BoxError};

/// Takes connections until the listener closes, each into a task of its own; then hands over what is still open.
pub(super) async fn until_closed<S, B>(mut door: Door, app: S) -> JoinSet<()>
where
    S: Service<Request<Body>, Response = Response<B>> + Clone + Send + 'static,
    S::Error: Into<BoxError>,
    S::Future: Send,
    B: HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    let mut connections = JoinSet::new();
    while let Some(accepted) = door.next().await {
        // Ended ones are forgotten here, or the set would grow for ever.
        while connections.try_join_next().is_some() {}
        let state = door.state().for_connection();
        connections.spawn(connection::serve(accepted, app.clone(), state));
    }
    connections
}
