//! The inbound services around a strict application.

use std::{sync::Arc, time::Duration};

use http::{HeaderValue, Request};
use mesh_core::{Defaults, config::Timeout, unit::Port};
use tower::{Layer as _, ServiceExt as _};

use crate::{
    body::{Body, BoxError},
    conn_info::ConnInfo,
    connect::Connection,
    contract::{
        case::Case,
        mock::{Strict, app},
        script::{BROKEN, Script},
    },
    inbound::{InboundLayer, InboundState, stack, testing},
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

pub(in crate::contract) fn connection() -> (Connection, Arc<ConnInfo>) {
    let connection = Connection::new(tokio::io::duplex(1).0);
    let addr = ([127, 0, 0, 1], 8080).into();
    let port = Port::new(8080).expect("a port");
    let info = ConnInfo::new(addr, addr, port, connection.held().clone());
    (connection, Arc::new(info))
}

const MINUTE: Duration = Duration::from_secs(60);
