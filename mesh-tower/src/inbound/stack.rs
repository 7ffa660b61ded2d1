//! The inbound services in their order.

use std::sync::Arc;

use super::{InboundState, admit::Admit, deadline::Deadline, observe::Observe};
use crate::conn_info::ConnInfo;

/// The services around an application, outermost first.
pub(crate) type Stack<S> = Observe<Admit<Deadline<S>>>;

/// Puts them together, from the inside out.
pub(crate) fn stack<S>(app: S, state: InboundState, conn: Option<Arc<ConnInfo>>) -> Stack<S> {
    // A limit can only run for what was admitted.
    let limited = Deadline::new(app);
    // What refuses stands inside what records, so that refusals are recorded.
    let admitted = Admit::new(limited, state.clone());
    Observe::new(admitted, state, conn)
}
