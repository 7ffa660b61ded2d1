//! All meters of a mesh, by what they count.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque, btree_map::Entry},
    mem,
    sync::Arc,
};

use mesh_core::{
    metric::{Direction, Key, Reading},
    name::{MeshName, VirtualNodeName},
    snapshot::{Plan, Snapshot},
};
use parking_lot::Mutex;

use super::meter::Meter;

/// Finds or makes meters when a configuration is put in force, so that requests need not look for them.
#[derive(Debug)]
pub(crate) struct Meters {
    mesh: MeshName,
    virtual_node: VirtualNodeName,
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    live: BTreeMap<Key, Arc<Meter>>,
    /// Of routes that are gone: what they counted stays readable, or a sum over all routes would fall.
    former: VecDeque<Arc<Meter>>,
}

/// The meters of one configuration: by plan, then by the position of the target in it.
pub(crate) type ByPlan = Box<[Box<[Arc<Meter>]>]>;

impl Meters {
    pub(crate) fn new(snapshot: &Snapshot) -> Self {
        Self {
            mesh: snapshot.mesh().clone(),
            virtual_node: snapshot.virtual_node().clone(),
            known: Mutex::default(),
        }
    }

    /// The meter of what has no route: everything inbound, and what was refused outbound.
    pub(crate) fn whole(&self, direction: Direction) -> Arc<Meter> {
        self.known.lock().resolve(self.key(direction))
    }

    /// The meters of a configuration that is about to be put in force. Those that it shares with the former one go on.
    pub(crate) fn resolve(&self, snapshot: &Snapshot) -> ByPlan {
        let mut known = self.known.lock();
        let plans = snapshot.plans().iter().map(|plan| {
            let targets = plan.targets.iter().map(|id| {
                let target = &snapshot.clusters()[id.index()].virtual_node;
                known.resolve(self.key_of(plan, target))
            });
            targets.collect()
        });
        let resolved: ByPlan = plans.collect();
        known.retire_all_but(&resolved);
        resolved
    }

    /// What all of them have counted.
    pub(crate) fn read(&self) -> Vec<(Key, Reading)> {
        let known = self.known.lock();
        let all = known.live.values().chain(&known.former);
        all.map(|meter| (meter.key().clone(), meter.read()))
            .collect()
    }

    fn key(&self, direction: Direction) -> Key {
        Key::new(direction, self.mesh.as_str(), self.virtual_node.as_str())
    }

    fn key_of(&self, plan: &Plan, target: &VirtualNodeName) -> Key {
        let mut key = self.key(Direction::Outbound);
        key.virtual_service = plan.virtual_service.to_string();
        key.route = plan
            .route
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default();
        key.target = target.to_string();
        key
    }
}

impl Known {
    fn resolve(&mut self, key: Key) -> Arc<Meter> {
        match self.live.entry(key) {
            Entry::Occupied(known) => known.get().clone(),
            Entry::Vacant(place) => {
                let made = Arc::new(Meter::new(place.key().clone()));
                place.insert(made).clone()
            }
        }
    }

    fn retire_all_but(&mut self, resolved: &ByPlan) {
        let wanted: BTreeSet<&Key> = resolved.iter().flatten().map(|meter| meter.key()).collect();
        let is_live = |key: &Key| key.target.is_empty() || wanted.contains(key);
        let (live, gone) = mem::take(&mut self.live)
            .into_iter()
            .partition(|(key, _)| is_live(key));
        self.live = live;
        self.former.extend(BTreeMap::into_values(gone));
        let surplus = self.former.len().saturating_sub(MOST_FORMER);
        self.former.drain(..surplus);
    }
}

/// A configuration that changes for ever must not be remembered for ever.
const MOST_FORMER: usize = 1024;
