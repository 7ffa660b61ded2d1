//! Which route takes a request.
//!
//! A [`Head`] is what of a request counts here; a [`RouteTable`] holds virtual services and, behind each of their ports,
//! [`Rule`]s in the order of their rank. The first rule whose [`Conditions`] all hold takes the request; there is no
//! falling through from a route whose targets fail.

mod authority;
mod conditions;
mod head;
mod header;
mod index;
mod ingress;
mod no_route;
mod order;
pub(crate) mod outside;
mod path;
mod pattern;
mod query;
mod rule;
mod table;
mod virtual_host;

pub use conditions::{Conditions, Mismatch};
pub use head::Head;
pub use header::{HeaderCondition, HeaderSource, ValueCondition};
pub use ingress::{HostPattern, IngressHost, IngressListener, IngressTable};
pub use no_route::NoRoute;
pub use outside::OutsideHost;
pub use path::PathCondition;
pub use pattern::{InvalidPattern, Pattern};
pub use query::QueryCondition;
pub use rule::Rule;
pub use table::RouteTable;
pub use virtual_host::{ListenerRoutes, VirtualHost};
