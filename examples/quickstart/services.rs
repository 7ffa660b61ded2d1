//! The two services: plain axum applications. Only service-a knows of the mesh, by the client in its state.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
    routing::get,
};
use mesh_core::metric::prometheus;
use mesh_tower::{CallContext, Client, Mesh};

/// Who answered, and how: written by the services for whoever reads the reply.
pub(crate) mod header {
    /// The version of service-b that answered.
    pub(crate) const ANSWERED_BY: &str = "x-answered-by";
    /// How often service-a's mesh tried.
    pub(crate) const ATTEMPTS: &str = "x-attempts";
    /// The request's id, which service-a's mesh gave it.
    pub(crate) const REQUEST_ID: &str = "x-request-id";
    /// The X-Ray trace, as service-a saw it.
    pub(crate) const TRACE_A: &str = "x-trace-seen-by-a";
    /// The X-Ray trace, as service-b saw it.
    pub(crate) const TRACE_B: &str = "x-trace-seen-by-b";
}

/// The name that service-a calls service-b by.
const SERVICE_B: &str = "service-b.default.svc.cluster.local:8080";

/// service-a: answers with what service-b says, and a Prometheus server with what its mesh counted.
pub(crate) fn service_a(mesh: &Mesh) -> Result<Router, mesh_tower::Error> {
    let service_b = mesh.client_for(SERVICE_B)?;
    let mesh = mesh.clone();
    let metrics = async move || ([(CONTENT_TYPE, prometheus::CONTENT_TYPE)], mesh.metrics());
    let app = Router::new()
        .route("/", get(home))
        .route("/metrics", get(metrics));
    Ok(app.with_state(service_b))
}

async fn home(
    State(service_b): State<Client>,
    context: CallContext,
    request: HeaderMap,
) -> Result<Response, mesh_tower::Error> {
    let answer = service_b.get("/hello").send().await?;
    let told = |name| text(answer.headers(), name);
    let attempts = answer.call().map_or(0, |call| call.attempts().count());
    let headers = [
        (header::ANSWERED_BY, told(header::ANSWERED_BY)),
        (header::ATTEMPTS, attempts.to_string()),
        (header::REQUEST_ID, text(&request, header::REQUEST_ID)),
        (header::TRACE_A, context.call().trace().id().to_string()),
        (header::TRACE_B, told(header::TRACE_B)),
    ];
    Ok((answer.status(), headers, answer.text().await?).into_response())
}

fn text(headers: &HeaderMap, name: &str) -> String {
    let value = headers.get(name).and_then(|value| value.to_str().ok());
    value.unwrap_or_default().to_owned()
}

/// One version of service-b.
pub(crate) struct ServiceB {
    version: &'static str,
    faults: Option<Mutex<Faults>>,
}

impl ServiceB {
    /// A version that always answers 200.
    pub(crate) fn sound(version: &'static str) -> Self {
        Self {
            version,
            faults: None,
        }
    }

    /// A version that answers 503 to every fifth request it gets.
    pub(crate) fn faulty(version: &'static str) -> Self {
        Self {
            version,
            faults: Some(Mutex::default()),
        }
    }

    /// Its application.
    pub(crate) fn app(self) -> Router {
        Router::new()
            .route("/hello", get(hello))
            .with_state(Arc::new(self))
    }
}

async fn hello(State(this): State<Arc<ServiceB>>, context: CallContext) -> impl IntoResponse {
    let trace = context.call().trace().id().to_string();
    let fails = this.faults.as_ref().is_some_and(|faults| {
        faults
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .strike(&trace)
    });
    let version = this.version;
    let (status, text) = match fails {
        true => (
            StatusCode::SERVICE_UNAVAILABLE,
            format!("{version} is not available\n"),
        ),
        false => (StatusCode::OK, format!("hello from {version}\n")),
    };
    (
        status,
        [
            (header::ANSWERED_BY, version.to_owned()),
            (header::TRACE_B, trace),
        ],
        text,
    )
}

/// Strikes one request of every five, and none twice.
///
/// Requests are in flight at the same time, so the retries of one could all happen to come fifth; then it would be lost, and
/// rightly so. Here a fault that meets a request it has struck before waits for the next one instead. So every request gets
/// through at its second attempt at the latest, and that none is lost is certain and not likely.
#[derive(Default)]
struct Faults {
    received: usize,
    due: usize,
    struck: HashSet<String>,
}

impl Faults {
    /// Whether this request, known by its trace, is to fail.
    fn strike(&mut self, trace: &str) -> bool {
        self.received += 1;
        if self.received.is_multiple_of(EVERY) {
            self.due += 1;
        }
        let strikes = self.due > 0 && self.struck.insert(trace.to_owned());
        self.due -= usize::from(strikes);
        strikes
    }
}

const EVERY: usize = 5;
