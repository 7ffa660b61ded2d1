//! What every subject is held to; each function is one claim about one case.

pub(super) mod ends;
pub(super) mod readiness;
pub(super) mod tunnels;
pub(super) mod wakes;
