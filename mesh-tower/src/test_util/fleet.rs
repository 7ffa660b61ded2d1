//! The meshes of a simulation: how each is started, and where it stands.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Instant,
};

use mesh_core::{
    Config,
    config::{Mesh as Model, VirtualNode},
    unit::Protocol,
};

use super::{
    Place,
    builder::Options,
    endpoint::App,
    event::{EventKind, Journal},
    net::{Attached, Net},
};
use crate::{
    Attempt, Call,
    error::Error,
    mesh::{Mesh, MeshBuilder},
    record::Witness,
};

/// The nodes of a configuration, with an address for everybody.
#[derive(Debug)]
pub(super) struct Fleet {
    /// In the order of the configuration, with the number of their endpoints.
    nodes: Vec<(String, usize)>,
    listeners: BTreeMap<String, BTreeSet<(u16, Protocol)>>,
}

impl Fleet {
    /// Counts the endpoints that these applications make.
    pub(super) fn new(model: &Model, apps: &[(String, App)]) -> Result<Self, Error> {
        let listeners = |node: &VirtualNode| {
            node.listeners
                .iter()
                .map(|listener| (listener.port.get(), listener.protocol))
                .collect()
        };
        let fleet = Self {
            nodes: model
                .virtual_nodes()
                .map(|node| (node.name.to_string(), given(apps, node)))
                .collect(),
            listeners: model
                .virtual_nodes()
                .map(|node| (node.name.to_string(), listeners(node)))
                .collect(),
        };
        for (node, _) in apps {
            fleet.check(node)?;
        }
        Ok(fleet)
    }

    /// Whether the endpoints that were given for a node can be.
    fn check(&self, node: &str) -> Result<(), Error> {
        let found = self.nodes.iter().find(|(name, _)| name == node);
        let Some((_, endpoints)) = found else {
            return Err(Error::setup(format!(
                "an endpoint is given for {node:?}, but no virtual node of the configuration has that name"
            )));
        };
        if *endpoints > MOST_ENDPOINTS {
            return Err(Error::setup(format!(
                "{node:?} has {endpoints} endpoints; a simulation has room for {MOST_ENDPOINTS} of one node"
            )));
        }
        if self.listeners.get(node).is_none_or(BTreeSet::is_empty) {
            return Err(Error::setup(format!(
                "an endpoint is given for {node:?}, which has no listener to serve on"
            )));
        }
        Ok(())
    }

    /// Whether a node can be given this configuration while it runs, and started with it when it does not.
    pub(super) fn fits(&self, node: &str, config: &Config) -> Result<(), Error> {
        let snapshot = config.node(node)?.compile()?;
        let listeners = snapshot.listeners().iter();
        let listeners: BTreeSet<_> = listeners
            .map(|listener| (listener.port.get(), listener.protocol))
            .collect();
        match self.listeners.get(node) {
            Some(bound) if *bound == listeners => Ok(()),
            bound => Err(Error::setup(format!(
                "the listeners of {node:?} cannot change while a simulation runs: they are {bound:?}, the new configuration says {listeners:?}"
            ))),
        }
    }

    /// Everybody's address.
    pub(super) fn places(&self) -> BTreeMap<IpAddr, Place> {
        let node = |(index, (name, endpoints)): (usize, &(String, usize))| {
            let caller = (caller(index), Place::from(&**name));
            let endpoint = |n| (address(index, n), Place::from((&**name, n)));
            // One more than there are: where a node has none, that is where nobody listens.
            (0..=*endpoints)
                .map(endpoint)
                .chain([caller])
                .collect::<Vec<_>>()
        };
        self.nodes.iter().enumerate().flat_map(node).collect()
    }

    pub(super) fn knows(&self, node: &str) -> bool {
        self.listeners.contains_key(node)
    }

    fn index(&self, node: &str) -> Option<usize> {
        self.nodes.iter().position(|(name, _)| name == node)
    }

    pub(super) fn address(&self, place: &Place) -> Option<IpAddr> {
        let index = self.index(place.node())?;
        Some(
            place
                .endpoint()
                .map_or_else(|| caller(index), |n| address(index, n)),
        )
    }

    /// What a mesh of this node is told of everybody's addresses, its own among them.
    fn introduce(&self, place: &Place, mut builder: MeshBuilder) -> MeshBuilder {
        for (index, (name, endpoints)) in self.nodes.iter().enumerate() {
            for n in 0..(*endpoints).max(1) {
                builder = builder.endpoint(name, SocketAddr::new(address(index, n), ANY_LISTENER));
            }
        }
        let (Some(ip), Some(_)) = (self.address(place), place.endpoint()) else {
            return builder.without_listeners();
        };
        let listeners = self.listeners.get(place.node()).into_iter().flatten();
        listeners.fold(builder, |builder, (port, _)| {
            builder.bind(*port, SocketAddr::new(ip, *port))
        })
    }

    /// A mesh at this place, ready to be started.
    pub(super) fn mesh(&self, place: &Place, joined: &Joined<'_>) -> Result<MeshBuilder, Error> {
        let Some(ip) = self.address(place) else {
            return Err(Error::setup(format!(
                "no virtual node of the configuration is called {:?}",
                place.node()
            )));
        };
        let attached = Attached {
            net: joined.net.clone(),
            place: place.clone(),
            ip,
        };
        let builder = Mesh::builder()
            .config(joined.config.clone())
            .virtual_node(place.node());
        let builder = self.introduce(place, (joined.options)(builder));
        Ok(builder
            .transport(Arc::new(attached))
            .witness(witness(
                joined.net.clone(),
                joined.journal.clone(),
                place.clone(),
            ))
            .seed(seed(joined.seed, place)))
    }
}

/// What all meshes of a simulation have in common.
pub(super) struct Joined<'a> {
    pub(super) seed: u64,
    pub(super) config: &'a Config,
    pub(super) options: &'a Options,
    pub(super) net: &'a Arc<Net>,
    pub(super) journal: &'a Arc<Journal>,
}

/// Writes down the calls that are sent from here, when they have ended.
fn witness(net: Arc<Net>, journal: Arc<Journal>, from: Place) -> Witness {
    Witness::new(move |call: &Call, now: Instant| {
        if call.is_inbound() {
            return;
        }
        for (number, attempt) in (1..).zip(call.attempts()) {
            let Some(to) = net.place(attempt.endpoint()).cloned() else {
                continue;
            };
            let kind = EventKind::Attempt {
                from: from.clone(),
                to,
                number,
                outcome: outcome(attempt),
            };
            journal.note_at(attempt.started().into(), kind);
        }
        let kind = EventKind::Call {
            from: from.clone(),
            to: call.plan().map(|plan| plan.virtual_service.to_string()),
            status: call.code(),
            grpc: call.grpc_status(),
            flags: call.flags(),
            attempts: call.tries().0,
            took: now.saturating_duration_since(call.started()),
        };
        journal.note_at(call.started().into(), kind);
    })
}

fn outcome(attempt: &Attempt) -> Option<(mesh_core::Outcome, std::time::Duration)> {
    let took = attempt
        .ended_at()?
        .saturating_duration_since(attempt.started());
    Some((attempt.outcome()?, took))
}

fn given(apps: &[(String, App)], node: &VirtualNode) -> usize {
    apps.iter()
        .filter(|(name, _)| name == node.name.as_str())
        .count()
}

/// Each node has a network of its own, of 256 addresses.
fn address(node: usize, endpoint: usize) -> IpAddr {
    let [high, low] = u16::try_from(node).unwrap_or(u16::MAX).to_be_bytes();
    let last = u8::try_from(endpoint).unwrap_or(u8::MAX).saturating_add(1);
    Ipv4Addr::new(10, high, low, last).into()
}

/// Where a node's calls come from that none of its endpoints makes.
fn caller(node: usize) -> IpAddr {
    address(node, MOST_ENDPOINTS + 10)
}

/// Two meshes draw from sequences of their own. (FNV-1a.)
fn seed(seed: u64, place: &Place) -> u64 {
    let name = place.to_string();
    name.bytes()
        .fold(seed ^ 0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        })
}

/// An endpoint is reached at the port of whichever listener a route leads to.
const ANY_LISTENER: u16 = 0;

/// Leaves room for one where nobody listens, and for the caller.
const MOST_ENDPOINTS: usize = 200;
