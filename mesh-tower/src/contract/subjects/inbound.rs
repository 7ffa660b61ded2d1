//! The inbound services, one at a time and together, around a strict application.

use std::{sync::Arc, time::Duration};

use http::{HeaderValue, Request};
use mesh_core::{
    Defaults,
    config::Timeout,
    timeout::{RequestEnds, Timeouts},
    unit::Port,
};
use tower::{Layer as _, ServiceExt as _};

use crate::{
    body::{Body, BoxError},
    call,
    conn_info::ConnInfo,
    connect::Connection,
    context::CallContext,
    contract::{
        case::Case,
        mock::{Strict, app},
        script::{BROKEN, Script},
    },
    inbound::{
        InboundLayer, InboundState, stack,
        testing::{self, Admit, Arrived, Deadline, Observe},
    },
};

/// With limits, so that their timers are part of what waits; longer than any test.
pub(in crate::contract) fn state() -> InboundState {
    let limits = Timeout::new().per_request(MINUTE).idle(MINUTE);
    testing::state(&[8080], Defaults::Safe, limits)
}

/// An application that takes requests as the inbound services hand them on.
macro_rules! strict {
    ($script:expr) => {{
        let script = Script::clone(&$script);
        Strict::new(&$script, unready, move |request| {
            app(script.clone(), request)
        })
    }};
}
pub(in crate::contract) use strict;

pub(in crate::contract) fn unready() -> BoxError {
    BROKEN.into()
}

pub(in crate::contract) fn counting(case: Case, state: &InboundState) -> Case {
    let state = state.clone();
    case.recording()
        .counting("requests open", move || state.open().count())
}

pub(in crate::contract) async fn observe() -> Case {
    let (state, script) = (state(), Script::new());
    let (connection, info) = connection();
    // The rooms below, without anything that they do: no limit passes, and the mesh is not stopped.
    let inner = Deadline::new(strict!(script));
    let observe = Observe::new(inner, state.clone(), Some(info));
    counting(Case::new(observe, script), &state).on(connection)
}

pub(in crate::contract) async fn admit() -> Case {
    let (state, script) = (state(), Script::new());
    let inner = Deadline::new(strict!(script));
    let admit = Admit::new(inner, state).map_request(arrived);
    Case::new(admit, script)
}

pub(in crate::contract) async fn deadline() -> Case {
    let script = Script::new();
    let deadline = Deadline::new(strict!(script)).map_request(arrived);
    Case::new(deadline, script)
}

pub(in crate::contract) async fn whole_stack() -> Case {
    let (state, script) = (state(), Script::new());
    let (connection, info) = connection();
    let stack = stack(strict!(script), state.clone(), Some(info));
    counting(Case::new(stack, script), &state).on(connection)
}

/// Old connections are answered while the mesh ends.
pub(in crate::contract) async fn whole_stack_while_draining() -> Case {
    let (state, script) = (state(), Script::new());
    state.drain().begin(MINUTE);
    let (connection, info) = connection();
    let stack = stack(strict!(script), state.clone(), Some(info));
    counting(Case::new(stack, script), &state).on(connection)
}

/// For callers who say how long they wait, which is less than the listener's limits.
pub(in crate::contract) async fn whole_stack_for_callers_in_a_hurry() -> Case {
    let (state, script) = (state(), Script::new());
    let (connection, info) = connection();
    let stack = stack(strict!(script), state.clone(), Some(info));
    let hurried = stack.map_request(|mut request: Request<Body>| {
        let wait = HeaderValue::from_static("30000");
        let expected = "x-envoy-expected-rq-timeout-ms";
        request.headers_mut().insert(expected, wait);
        request
    });
    counting(Case::new(hurried, script), &state).on(connection)
}

pub(in crate::contract) async fn layer() -> Case {
    let (state, script) = (state(), Script::new());
    let service = InboundLayer::new(state.clone()).layer(strict!(script));
    counting(Case::new(service, script), &state)
}

/// The inner one lets everything through: what is counted is counted once.
pub(in crate::contract) async fn layer_twice() -> Case {
    let (state, script) = (state(), Script::new());
    let layer = InboundLayer::new(state.clone());
    let service = layer.layer(layer.layer(strict!(script)));
    counting(Case::new(service, script), &state)
}

/// As `Observe` hands it on.
fn arrived(mut request: Request<Body>) -> Arrived {
    let call = Arc::new(call::testing::call_of(&request));
    let body = std::mem::take(request.body_mut());
    *request.body_mut() = body.reporting_to(call.clone(), None);
    request
        .extensions_mut()
        .insert(CallContext::new(call.clone()));
    Arrived {
        timeouts: Some(
            Timeouts::none()
                .with_request(Some(MINUTE), RequestEnds::Head)
                .with_idle(Some(MINUTE)),
        ),
        ..Arrived::new(request, Some(call))
    }
}

pub(in crate::contract) fn connection() -> (Connection, Arc<ConnInfo>) {
    let connection = Connection::new(tokio::io::duplex(1).0);
    let addr = ([127, 0, 0, 1], 8080).into();
    let port = Port::new(8080).expect("a port");
    let info = ConnInfo::new(addr, addr, port, connection.held().clone());
    (connection, Arc::new(info))
}

const MINUTE: Duration = Duration::from_secs(60);
