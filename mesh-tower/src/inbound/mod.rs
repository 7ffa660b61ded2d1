//! The services around an application: the request's call and its guard, admission, and the listener's time limits.
//!
//! [`Mesh::serve`](crate::Mesh::serve) puts them around the whole application, once for each connection. For a server that
//! one runs oneself there is [`InboundLayer`].

mod admit;
mod drain;
mod layer;
mod observe;
mod queued;
mod reply;
mod stack;
mod state;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

pub(crate) use self::{
    drain::{Drain, Phase, Tracked},
    stack::stack,
    state::InboundState,
};
pub use self::{
    layer::{Inbound, InboundLayer, ResponseFuture},
    reply::Reply,
};
