//! How endpoints are chosen and watched, in words.

use std::{fmt, time::Duration};

use super::ListenerTlsPlan;
use crate::{
    balance::Algorithm, health::HealthCheck, limit::ConnectionPool, outlier::OutlierDetection,
    unit::Protocol,
};

/// How an endpoint is asked whether it is well.
pub(crate) struct Checked<'a>(pub(crate) &'a HealthCheck);

impl fmt::Display for Checked<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(check) = self;
        write!(f, "asked over {}", check.protocol())?;
        if matches!(check.protocol(), Protocol::Http | Protocol::Http2) {
            write!(f, " for {}", check.path_or_root())?;
        }
        write!(
            f,
            " every {:?}, {:?} for an answer, unwell after {} bad ones, well after {} good ones",
            check.interval(),
            check.timeout(),
            check.unhealthy_threshold(),
            check.healthy_threshold()
        )
    }
}

/// When an endpoint is left out for its failures.
pub(crate) struct LeftOut<'a>(pub(crate) &'a OutlierDetection);

impl fmt::Display for LeftOut<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(detection) = self;
        write!(
            f,
            "left out after {} failures in a row for {:?} times its ejections, looked at every {:?}, {} % of them at most",
            detection.max_server_errors(),
            detection.base_ejection(),
            detection.interval(),
            detection.max_ejection_percent()
        )
    }
}

/// What a listener offers its callers.
pub(crate) struct Offers<'a>(pub(crate) Option<&'a ListenerTlsPlan>);

impl fmt::Display for Offers<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            None => f.write_str("plain text"),
            Some(tls) => write!(f, "TLS, {tls}"),
        }
    }
}

/// How much a listener lets in.
pub(crate) struct Pool(pub(crate) ConnectionPool);

impl fmt::Display for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.0, self.0.limit()) {
            (_, Some(limit)) => limit.fmt(f),
            (ConnectionPool::Tcp { max_connections }, None) => {
                write!(f, "{max_connections} connections at a time")
            }
            (_, None) => f.write_str("any number"),
        }
    }
}

pub(crate) fn balance(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::RoundRobin => "one after the other",
        Algorithm::LeastRequest => "of two the one with fewer requests",
    }
}

pub(crate) fn limit(limit: Option<Duration>) -> String {
    limit.map_or_else(|| "unlimited".to_owned(), |limit| format!("{limit:?}"))
}
