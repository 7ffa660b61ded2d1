//! Groups of endpoints: what tells them apart, how they are watched, and what is known of their own side.

use std::fmt;

use super::{ListenerPlan, Source, UpstreamTls};
use crate::{
    balance,
    health::HealthCheck,
    name::VirtualNodeName,
    outlier::OutlierDetection,
    unit::{IpPreference, Port, Protocol},
};

/// An index into [`Snapshot::clusters`](crate::Snapshot::clusters); means nothing in another snapshot.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct ClusterId(pub(crate) usize);

impl ClusterId {
    /// The position in [`Snapshot::clusters`](crate::Snapshot::clusters).
    #[must_use]
    pub const fn index(self) -> usize {
        self.0
    }
}

/// The identity of a group of endpoints: what stays equal from one snapshot to the next keeps its connections and counts.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub struct ClusterSpec {
    /// The virtual node behind it.
    pub virtual_node: VirtualNodeName,
    /// The node's listener.
    pub port: Port,
    /// What is spoken there.
    pub protocol: Protocol,
    /// How endpoints are found.
    pub discovery: Discovery,
    /// How they are spoken to.
    pub tls: UpstreamTls,
}

/// How the endpoints of a cluster are chosen and watched. Not part of its identity: numbers may change without losing counts.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct ClusterPolicy {
    /// Which endpoint takes an attempt.
    pub balance: balance::Algorithm,
    /// When an endpoint is left out for its failures; `None`: never.
    pub outlier_detection: Option<OutlierDetection>,
    /// How endpoints are asked whether they are well; `None`: they are not.
    pub health_check: Option<HealthCheck>,
}

/// What is known of a cluster beside what tells it apart and how it is watched; decides nothing.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct ClusterFacts {
    /// Where its outlier detection comes from.
    pub outlier_detection: Source,
    /// Where its health check comes from.
    pub health_check: Source,
    /// Where it was written that its endpoints are spoken to with TLS, or that they are not.
    pub tls: Source,
    /// The listener at the other end; `None` where nothing is known of it.
    pub listener: Option<ListenerPlan>,
}

/// How a cluster's endpoints are found.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum Discovery {
    /// A host name; `all` says whether every address of an answer is an endpoint, or the first only.
    Dns {
        /// The name, as written.
        hostname: String,
        /// Whether every address counts.
        all: bool,
        /// Which addresses are used.
        ip_preference: Option<IpPreference>,
    },
    /// An AWS Cloud Map service.
    CloudMap {
        /// The namespace.
        namespace: String,
        /// The service in it.
        service: String,
        /// What an instance's attributes must be, all of them.
        attributes: Vec<(String, String)>,
        /// Which addresses are used.
        ip_preference: Option<IpPreference>,
    },
}

impl fmt::Display for Discovery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dns { hostname, all, .. } => {
                let which = if *all { "every" } else { "the first" };
                write!(f, "{which} address of {hostname}")
            }
            Self::CloudMap {
                namespace,
                service,
                attributes,
                ..
            } => {
                write!(f, "Cloud Map service {service} in {namespace}")?;
                let mut attributes = attributes.iter();
                attributes.try_for_each(|(key, value)| write!(f, ", {key} = {value}"))
            }
        }
    }
}
