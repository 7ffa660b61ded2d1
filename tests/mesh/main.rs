//! Every test that looks at the workspace from outside, one module for each concern.

mod abandoned;
mod access_log;
mod cancels;
mod connections;
mod context;
mod deadlines;
mod discovery;
mod drain;
mod frameworks;
mod grpc;
mod health;
mod imports;
mod life;
mod limits;
mod manifests;
mod metrics;
mod refusals;
mod reload;
mod retries;
mod simulation;
mod splitting;
mod support;
mod timeouts;
mod upgrades;
mod uploads;
mod xray;
