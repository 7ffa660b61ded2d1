//! Virtual routers: the ports callers dial, and the routes behind them.

use super::Route;
use crate::{
    name::VirtualRouterName,
    unit::{Port, Protocol},
};

/// A list of routes and the ports they are reached on.
///
/// # Source
/// App Mesh API model, `VirtualRouterSpec`.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct VirtualRouter {
    /// Its name.
    pub name: VirtualRouterName,
    /// The ports that callers dial; they need not be the targets' ports.
    pub listeners: Vec<RouterListener>,
    /// Its routes, by name: in which order they are asked, their conditions say.
    pub routes: Vec<Route>,
}

/// A port that callers dial.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct RouterListener {
    /// The port.
    pub port: Port,
    /// What is spoken on it.
    pub protocol: Protocol,
}
