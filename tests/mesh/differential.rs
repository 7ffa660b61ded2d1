//! Held against Envoy: the same policy, the same upstream and the same request, through a real Envoy 1.40 and through
//! `client.as_proxy()`; what the upstream and the caller see must be the same, and so must the line in the log.
//!
//! Envoy gets what App Mesh sent its sidecars, ours gets the App Mesh template for it. What may differ stands in one table,
//! [`difference`], with a reason and a test for each row; anything else that differs is a mistake of ours.

mod asked;
mod case;
mod config;
mod difference;
mod events;
mod frame;
mod headers;
mod http1;
mod http2;
mod limits;
mod outlier;
mod outside;
mod random;
mod requests;
mod run;
mod script;
mod seen;
mod template;
mod timeouts;
mod witness;
