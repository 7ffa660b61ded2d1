//! All meters of a mesh, by what they count.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, btree_map::Entry},
    sync::Arc,
};

use mesh_core::{
    metric::{Direction, Key, Reading},
    name::{MeshName, VirtualNodeName},
    snapshot::{Plan, Snapshot},
};
use parking_lot::Mutex;

use super::{meter::Meter, shadow::Shadow};

/// Finds or makes meters when a configuration is put in force, so that requests need not look for them.
#[derive(Debug)]
pub(crate) struct Meters {
    mesh: MeshName,
    virtual_node: VirtualNodeName,
    known: Mutex<Known>,
    shadow: Arc<Shadow>,
}

/// Meters outlive their routes: what was counted stays readable, or a sum over all routes would fall.
#[derive(Debug, Default)]
struct Known {
    meters: BTreeMap<Key, Wanted>,
    /// How many configurations there were.
    round: u64,
}

#[derive(Debug)]
struct Wanted {
    meter: Arc<Meter>,
    /// The last configuration that had it.
    until: u64,
}

/// The meters of one configuration: by plan, then by the position of the target in it.
pub(crate) type ByPlan = Box<[Box<[Arc<Meter>]>]>;

impl Meters {
    pub(crate) fn new(snapshot: &Snapshot) -> Self {
        Self {
            mesh: snapshot.mesh().clone(),
            virtual_node: snapshot.virtual_node().clone(),
            known: Mutex::default(),
            shadow: Arc::default(),
        }
    }

    /// The meter of what has no route: everything inbound, and what was refused outbound.
    pub(crate) fn whole(&self, direction: Direction) -> Arc<Meter> {
        let mut known = self.known.lock();
        known.resolve(self.key(direction), FOR_EVER)
    }

    /// The meter of what went to this target outside of the mesh: all hosts together, for there may be any number of them.
    pub(crate) fn outside(&self, target: &VirtualNodeName) -> Arc<Meter> {
        let mut key = self.key(Direction::Outbound);
        key.target = target.to_string();
        self.known.lock().resolve(key, FOR_EVER)
    }

    /// The meters of a configuration that is about to be put in force. Those that it shares with the former one go on.
    pub(crate) fn resolve(&self, snapshot: &Snapshot) -> ByPlan {
        let mut known = self.known.lock();
        known.round += 1;
        let round = known.round;
        let plans = snapshot.plans().iter().map(|plan| {
            let targets = plan.targets.iter().map(|id| {
                let target = &snapshot.clusters()[id.index()].virtual_node;
                known.resolve(self.key_of(plan, target), round)
            });
            targets.collect()
        });
        let resolved: ByPlan = plans.collect();
        known.forget();
        resolved
    }

    /// Counts what was decided and not done.
    pub(crate) fn shadow(&self) -> &Arc<Shadow> {
        &self.shadow
    }

    /// What all of them have counted.
    pub(crate) fn read(&self) -> Vec<(Key, Reading)> {
        let known = self.known.lock();
        let all = known.meters.iter();
        all.map(|(key, wanted)| (key.clone(), wanted.meter.read()))
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
    fn resolve(&mut self, key: Key, until: u64) -> Arc<Meter> {
        match self.meters.entry(key) {
            Entry::Occupied(mut known) => {
                known.get_mut().until = until;
                known.get().meter.clone()
            }
            Entry::Vacant(place) => {
                let meter = Arc::<Meter>::default();
                let wanted = Wanted { meter, until };
                place.insert(wanted).meter.clone()
            }
        }
    }

    /// Of the routes that are gone, those that were never used go at once, and of the others those that left first.
    fn forget(&mut self) {
        let round = self.round;
        let is_former = |known: &Wanted| known.until < round;
        self.meters
            .retain(|_, known| !is_former(known) || known.is_used() || known.is_held());
        let former = self.meters.values().filter(|known| is_former(known));
        let mut left: Vec<_> = former
            .filter(|known| known.is_used())
            .map(|known| known.until)
            .collect();
        left.sort_unstable_by_key(|until| Reverse(*until));
        // Those that left together stay together.
        if let Some(&first) = left.get(MOST_FORMER - 1) {
            self.meters
                .retain(|_, known| known.until >= first || !known.is_used());
        }
    }
}

impl Wanted {
    fn is_used(&self) -> bool {
        self.meter.is_used()
    }

    /// Whether a request may still be counted by it.
    fn is_held(&self) -> bool {
        Arc::strong_count(&self.meter) > 1
    }
}

/// A configuration that changes for ever must not be remembered for ever.
const MOST_FORMER: usize = 1024;

/// What belongs to no route is wanted by every configuration.
const FOR_EVER: u64 = u64::MAX;

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use mesh_core::{
        Defaults,
        compile::compile,
        config::{Mesh, Route, VirtualNode, VirtualRouter, VirtualService},
        metric::{Flags, StatusClass},
        unit::Protocol,
    };

    use super::*;
    use crate::runtime::meter::Sum;

    /// What is in force where a service has these routes.
    fn snapshot(routes: impl IntoIterator<Item = String>) -> Snapshot {
        let router = VirtualRouter::builder("orders").listener(8080, Protocol::Http);
        let router = routes.into_iter().fold(router, |router, name| {
            let path = format!("/{name}");
            router.route(Route::http(name).prefix(path).target("orders", 1))
        });
        let orders = VirtualNode::builder("orders").listener(8080, Protocol::Http);
        let model = Mesh::builder("shop")
            .virtual_node(VirtualNode::builder("web").backend("orders.local"))
            .virtual_node(orders.dns("orders.local"))
            .virtual_router(router)
            .virtual_service(VirtualService::builder("orders.local").virtual_router("orders"))
            .build()
            .expect("a valid mesh");
        compile(&model, "web", Defaults::Safe).expect("a node of the mesh")
    }

    fn named(names: &[&str]) -> Snapshot {
        snapshot(names.iter().map(ToString::to_string))
    }

    /// Counts one request of each route.
    fn count(meters: &ByPlan) {
        for meter in meters.iter().flatten() {
            meter.record(&Sum {
                class: StatusClass::Success,
                flags: Flags::default(),
                attempts: 1,
                duration: Duration::ZERO,
            });
        }
    }

    fn counted(meters: &Meters) -> u64 {
        let all = meters.read();
        all.iter()
            .map(|(_, reading)| reading.requests.iter().sum::<u64>())
            .sum()
    }

    #[test]
    fn nothing_is_forgotten_where_the_same_routes_come_and_go() {
        let (blue, green) = (named(&["blue"]), named(&["green"]));
        let meters = Meters::new(&blue);
        let rounds = 2 * MOST_FORMER as u64;
        for round in 1..=rounds {
            let next = if round % 2 == 0 { &blue } else { &green };
            count(&meters.resolve(next));
            assert_eq!(counted(&meters), round);
        }
        assert_eq!(meters.read().len(), 2);
    }

    #[test]
    fn routes_that_were_never_used_push_out_none_that_were() {
        let many = |name: &str| snapshot((0..=MOST_FORMER).map(|route| format!("{name}-{route}")));
        let used = named(&["used"]);
        let meters = Meters::new(&used);
        let mut current = meters.resolve(&used);
        count(&current);
        for name in ["blue", "green", "red"] {
            // As where it is put in force: the former one is let go afterwards.
            current = meters.resolve(&many(name));
            assert_eq!(counted(&meters), 1, "{name}");
        }
        drop(current);
        meters.resolve(&used);
        assert_eq!(meters.read().len(), 1, "those never used are gone");
    }

    #[test]
    fn a_request_that_still_runs_is_counted_by_a_route_that_left_unused() {
        let (blue, green) = (named(&["blue"]), named(&["green"]));
        let meters = Meters::new(&blue);
        let running = meters.resolve(&blue);
        for next in [&green, &green, &green] {
            meters.resolve(next);
        }
        count(&running);
        assert_eq!(counted(&meters), 1);
    }

    #[test]
    fn of_a_configuration_that_changes_for_ever_the_latest_routes_are_remembered() {
        let first = named(&["route-0"]);
        let meters = Meters::new(&first);
        meters.whole(Direction::Inbound);
        for change in 0..2 * MOST_FORMER {
            count(&meters.resolve(&named(&[&format!("route-{change}")])));
        }
        let known = meters.read();
        let routes = known.iter().filter(|(key, _)| !key.route.is_empty());
        assert_eq!(routes.count(), MOST_FORMER + 1);
        let knows = |route: usize| {
            let name = format!("route-{route}");
            known.iter().any(|(key, _)| key.route == name)
        };
        assert!(knows(MOST_FORMER - 1) && !knows(MOST_FORMER - 2));
        let inbound = |key: &Key| key.direction == Direction::Inbound;
        assert!(known.iter().any(|(key, _)| inbound(key)));
    }
}
