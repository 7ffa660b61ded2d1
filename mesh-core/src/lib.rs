#![doc = "The decisions of a service mesh, as plain functions."]
#![warn(missing_docs)]

pub mod balance;
pub mod compile;
pub mod config;
pub mod decide;
pub mod defaults;
pub mod error;
pub mod metric;
pub mod name;
pub mod retry;
pub mod rng;
pub mod route;
pub mod snapshot;
pub mod timeout;
pub mod unit;
pub mod weight;

pub use config::Config;
pub use defaults::Defaults;
