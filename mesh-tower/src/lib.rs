#![doc = "A service mesh without a sidecar: App Mesh routing, retries and timeouts as Tower services."]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![warn(missing_docs)]

mod adapter;
mod balance;
mod body;
mod call;
mod client;
mod conn_info;
mod connect;
mod context;
mod discovery;
mod endpoint;
mod error;
mod guard;
pub mod inbound;
mod limits;
mod mesh;
mod observe;
mod outgoing;
mod respond;
mod response_body;
mod retry;
mod route;
mod runtime;
mod serve;
mod stack;
pub mod test_util;
mod trace;

pub use self::{
    body::Body,
    call::{Attempt, Call},
    client::{AsProxy, Client, ClientResponse, ProxyFuture, RequestBuilder, ResponseFuture},
    conn_info::{ConnInfo, PeerIdentity},
    context::CallContext,
    error::{Error, ErrorKind},
    inbound::InboundLayer,
    mesh::{Mesh, MeshBuilder, load},
    response_body::ResponseBody,
};
