//! What lives behind a started mesh: the configuration in force, and the one task that changes it.

pub(crate) mod budget;
pub(crate) mod clock;
pub(crate) mod hash;
pub(crate) mod live;
pub(crate) mod meter;
pub(crate) mod meters;
pub(crate) mod pass_through;
pub(crate) mod reconcile;
pub(crate) mod rng;
pub(crate) mod shadow;
pub(crate) mod shard;
pub(crate) mod source;
pub(crate) mod timer;
pub(crate) mod way;
