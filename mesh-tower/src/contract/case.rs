//! A subject with its types erased: a service, the script of what is inside of it, and what it counts.

use std::pin::Pin;

use bytes::Bytes;
use http::{Method, Request, Response, Uri, header};
use http_body::Body as HttpBody;
use http_body_util::{BodyExt as _, combinators::UnsyncBoxBody};
use mesh_core::metric::{Flag, Flags};
use parking_lot::Mutex;
use tower::{ServiceExt as _, util::BoxCloneService};
use tower_service::Service;

use super::script::{Exchange, Script, settle};
use crate::{
    body::{Body, BoxError},
    connect::Connection,
};

pub(super) type Answer = Response<UnsyncBoxBody<Bytes, BoxError>>;
pub(super) type Erased = BoxCloneService<Request<Body>, Answer, BoxError>;
pub(super) type Asking = Pin<Box<dyn Future<Output = Result<Answer, BoxError>> + Send>>;

/// A service to be held to the contract.
pub(super) struct Case {
    pub(super) service: Erased,
    pub(super) script: Script,
    counts: Vec<(&'static str, Count)>,
    records: bool,
    /// How it says that the caller went away.
    caller_gone: Flag,
    /// The connection whose closing ends a tunnel, where no server of hyper's has it.
    connection: Mutex<Option<Connection>>,
}

type Count = Box<dyn Fn() -> usize + Send>;

impl Case {
    pub(super) fn new<S, B>(service: S, script: Script) -> Self
    where
        S: Service<Request<Body>, Response = Response<B>> + Clone + Send + 'static,
        S::Error: Into<BoxError>,
        S::Future: Send,
        B: HttpBody<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        let erase =
            |answer: Response<B>| answer.map(|body| body.map_err(Into::into).boxed_unsync());
        Self {
            service: BoxCloneService::new(service.map_response(erase).map_err(Into::into)),
            script,
            counts: Vec::new(),
            records: false,
            caller_gone: Flag::DownstreamTermination,
            connection: Mutex::default(),
        }
    }

    /// What must be one for each request until it has ended, and none then.
    pub(super) fn counting(
        mut self,
        what: &'static str,
        count: impl Fn() -> usize + Send + 'static,
    ) -> Self {
        self.counts.push((what, Box::new(count)));
        self
    }

    /// The subject writes into the call how it ended.
    pub(super) fn recording(mut self) -> Self {
        self.records = true;
        self
    }

    /// Its callers leave a stream, and the connection stays.
    pub(super) fn over_http2(mut self) -> Self {
        self.caller_gone = Flag::DownstreamReset;
        self
    }

    pub(super) fn on(mut self, connection: Connection) -> Self {
        self.connection = Mutex::new(Some(connection));
        self
    }

    pub(super) fn close_connection(&self) {
        drop(self.connection.lock().take());
    }

    /// A request that is on its way, and its arrival at the innermost side.
    pub(super) async fn begin(&self) -> (Asking, Exchange) {
        let mut service = self.service.clone();
        service.ready().await.expect("it is ready");
        self.arrival(service.call(get())).await
    }

    pub(super) async fn arrival(
        &self,
        asking: impl Future<Output = Result<Answer, BoxError>> + Send + 'static,
    ) -> (Asking, Exchange) {
        let mut asking: Asking = Box::pin(asking);
        let exchange = tokio::select! {
            answered = &mut asking => panic!("answered before it arrived: {:?}", answered.map(drop)),
            exchange = self.script.next() => exchange,
        };
        (asking, exchange)
    }

    /// Every count of the subject is this.
    pub(super) async fn holds(&self, expected: usize, when: &str) {
        settle().await;
        for (what, count) in &self.counts {
            assert_eq!(count(), expected, "{what}, {when}");
        }
    }

    /// Everything inside that belonged to other requests than so many is gone.
    pub(super) async fn keeps(&self, expected: usize, when: &str) {
        self.holds(expected, when).await;
        assert_eq!(
            self.script.alive(),
            expected,
            "inner futures and bodies, {when}"
        );
    }

    /// How the subject says that the exchange ended: whether complete, and why not; `None` where it does not say.
    pub(super) fn record(&self, exchange: &Exchange) -> Option<(bool, Flags)> {
        let call = exchange.call.as_ref().filter(|_| self.records)?;
        Some((call.call().is_complete(), call.call().flags()))
    }

    pub(super) fn says_that_what_is_inside_failed(&self, exchange: &Exchange) {
        if let Some((complete, flags)) = self.record(exchange) {
            assert!(!complete && !flags.is_empty());
            assert!(!flags.contains(self.caller_gone), "{flags}");
        }
    }

    pub(super) fn says_that_the_caller_left(&self, exchange: &Exchange) {
        if let Some((complete, flags)) = self.record(exchange) {
            let left = Flags::default().with(self.caller_gone);
            assert_eq!((complete, flags), (false, left));
        }
    }
}

/// A request that any subject takes.
pub(super) fn get() -> Request<Body> {
    let mut request = Request::new(Body::empty());
    *request.uri_mut() = Uri::from_static("http://orders:80/");
    request
}

pub(super) fn websocket() -> Request<Body> {
    let mut request = get();
    let headers = request.headers_mut();
    headers.insert(
        header::CONNECTION,
        header::HeaderValue::from_static("upgrade"),
    );
    headers.insert(header::UPGRADE, header::HeaderValue::from_static("echo"));
    request
}

/// With a path: without one no route takes it, as none of Envoy's does.
pub(super) fn connect() -> Request<Body> {
    let mut request = get();
    *request.method_mut() = Method::CONNECT;
    request
}
