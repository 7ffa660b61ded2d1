//! How each subject is built; the only place that knows their constructors.

pub(super) mod alone;
pub(super) mod clients;
pub(super) mod foreign;
pub(super) mod inbound;
pub(super) mod limited;
pub(super) mod outbound;
