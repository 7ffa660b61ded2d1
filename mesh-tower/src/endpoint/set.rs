//! The endpoints of a target at one moment.

use std::{net::SocketAddr, sync::Arc};

use super::{Load, Pool};

/// One address of a target.
#[derive(Clone, Debug)]
pub(crate) struct Endpoint {
    pub(crate) addr: SocketAddr,
    pub(crate) load: Arc<Load>,
    pub(crate) pool: Arc<Pool>,
}

/// All addresses of a target, as discovery last told them; replaced whole, read once per attempt.
#[derive(Debug, Default)]
pub(crate) struct EndpointSet {
    endpoints: Box<[Endpoint]>,
    answered: bool,
}

impl EndpointSet {
    /// What discovery answered, which may be: none.
    pub(crate) fn answered(endpoints: Vec<Endpoint>) -> Self {
        Self {
            endpoints: endpoints.into_boxed_slice(),
            answered: true,
        }
    }

    /// Whether discovery has answered at all. Until it has, a request may wait; afterwards, an empty set is the answer.
    pub(crate) fn is_answered(&self) -> bool {
        self.answered
    }

    pub(crate) fn endpoints(&self) -> &[Endpoint] {
        &self.endpoints
    }
}
