//! The hosts outside of the mesh that are called: found when they are first called, forgotten when they are called no more.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    fmt,
    sync::{Arc, Weak},
    time::{Duration, Instant},
};

use futures::{StreamExt, stream::BoxStream};
use mesh_core::{
    Defaults,
    health::Health,
    name::MeshName,
    route::OutsideHost,
    snapshot::{ClusterPolicy, ClusterSpec, Plan, Snapshot},
};
use parking_lot::Mutex;
use tokio::{runtime, task::AbortHandle, time};

use super::{clock, meters::Meters, way::Way};
use crate::{
    discovery::{Answer, Sources},
    endpoint::{Cluster, Connector, Destination},
    error::{Cause, Error},
};

/// What the egress filter has let calls out to lately. Each host has a target of its own, which one task follows through
/// discovery, however many calls wait for its first answer.
pub(crate) struct PassThrough {
    hosts: Mutex<BTreeMap<OutsideHost, Host>>,
    sources: Mutex<Sources>,
    connector: Arc<Connector>,
    meters: Arc<Meters>,
    mesh: MeshName,
    defaults: Defaults,
    /// Requests may be sent from anywhere, also where no runtime is.
    tasks: runtime::Handle,
    this: Weak<Self>,
}

struct Host {
    way: Arc<Way>,
    used: Instant,
    /// Follows discovery.
    task: AbortHandle,
}

impl PassThrough {
    /// Has to be called where the tasks are to run.
    pub(crate) fn new(
        snapshot: &Snapshot,
        sources: Sources,
        connector: Arc<Connector>,
        meters: Arc<Meters>,
    ) -> Arc<Self> {
        Arc::new_cyclic(|this| Self {
            hosts: Mutex::default(),
            sources: Mutex::new(sources),
            connector,
            meters,
            mesh: snapshot.mesh().clone(),
            defaults: snapshot.defaults(),
            tasks: runtime::Handle::current(),
            this: this.clone(),
        })
    }

    /// The target for this host, which may still wait for its addresses.
    pub(crate) fn find(&self, called: OutsideHost) -> Result<Arc<Way>, Error> {
        let now = clock::now();
        // Retired when the lock has been given back.
        let _former;
        let mut hosts = self.hosts.lock();
        if let Some(host) = hosts.get_mut(&called) {
            host.used = now;
            return Ok(host.way.clone());
        }
        _former = make_room(&mut hosts)?;
        let host = self.follow(&called, now)?;
        let way = host.way.clone();
        hosts.insert(called, host);
        Ok(way)
    }

    /// Ends every task; a host that is called even later gets another one.
    pub(crate) fn forget_all(&self) {
        let hosts = std::mem::take(&mut *self.hosts.lock());
        drop(hosts);
    }

    /// How many hosts there are.
    pub(crate) fn count(&self) -> usize {
        self.hosts.lock().len()
    }

    fn follow(&self, called: &OutsideHost, now: Instant) -> Result<Host, Error> {
        let spec = ClusterSpec::outside(called, &self.mesh, self.defaults);
        let answers = self.sources.lock().discover(&spec)?;
        let meter = self.meters.outside(&spec.virtual_node);
        let policy = ClusterPolicy::outside(called, self.defaults);
        let cluster = Arc::new(Cluster::new(spec));
        let follower = Follower {
            called: called.clone(),
            cluster: cluster.clone(),
            connector: self.connector.clone(),
            all: self.this.clone(),
        };
        Ok(Host {
            task: self.tasks.spawn(follower.run(answers, now)).abort_handle(),
            used: now,
            way: Arc::new(Way {
                plan: Arc::new(Plan::outside(called, self.defaults)),
                destination: Arc::new(Destination::new(cluster, policy)),
                meter,
            }),
        })
    }

    /// When to look at a host again; `None` if it is forgotten, because nobody has called it for long.
    fn forget_unused(&self, called: &OutsideHost, now: Instant) -> Option<Instant> {
        let mut hosts = self.hosts.lock();
        let Entry::Occupied(known) = hosts.entry(called.clone()) else {
            return None;
        };
        let until = known.get().used + UNUSED;
        if until > now {
            return Some(until);
        }
        if known.get().is_busy() {
            return Some(now + UNUSED);
        }
        let former = known.remove();
        drop(hosts);
        drop(former);
        None
    }
}

/// Lets there be a place for one more: the host that was called the longest time ago goes, if nothing is open there.
fn make_room(hosts: &mut BTreeMap<OutsideHost, Host>) -> Result<Option<Host>, Error> {
    if hosts.len() < MOST_HOSTS {
        return Ok(None);
    }
    let idle = hosts.iter().filter(|(_, host)| !host.is_busy());
    let oldest = idle.min_by_key(|(_, host)| host.used);
    let oldest = oldest.map(|(called, _)| called.clone());
    let oldest = oldest.ok_or_else(|| Error::new(Cause::TooManyHosts { most: MOST_HOSTS }))?;
    Ok(hosts.remove(&oldest))
}

impl Host {
    /// Whether a request is on its way there, or its answer is still being read.
    fn is_busy(&self) -> bool {
        // One is held here; the others are requests'.
        let set = self.way.destination.cluster.endpoints();
        Arc::strong_count(&self.way) > 1 || set.members().any(|(one, _)| one.load.in_flight() > 0)
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.task.abort();
        self.way.destination.cluster.retire();
    }
}

/// The task behind one host. It ends with the host, which ends with the mesh.
struct Follower {
    called: OutsideHost,
    cluster: Arc<Cluster>,
    connector: Arc<Connector>,
    all: Weak<PassThrough>,
}

impl Follower {
    async fn run(self, mut answers: BoxStream<'static, Answer>, now: Instant) {
        let mut look_again = now + UNUSED;
        loop {
            tokio::select! {
                biased;
                Some(answer) = answers.next() => self.discovered(&answer),
                () = time::sleep_until(look_again.into()) => {
                    let all = self.all.upgrade();
                    let next = all.and_then(|all| all.forget_unused(&self.called, clock::now()));
                    let Some(next) = next else { return };
                    look_again = next;
                }
            }
        }
    }

    fn discovered(&self, answer: &Answer) {
        tracing::debug!(host = %self.called.authority, endpoints = ?answer, "discovered outside of the mesh");
        self.cluster
            .update(answer, &self.connector, Health::Well, clock::now());
    }
}

impl fmt::Debug for PassThrough {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PassThrough")
            .field("hosts", &self.count())
            .finish_non_exhaustive()
    }
}

/// So many hosts outside of the mesh have targets at a time: callers may choose hosts, and each costs a task and memory.
const MOST_HOSTS: usize = 1024;

/// How long a host's connections are kept when nobody calls it: as long as a stream may be silent.
const UNUSED: Duration = Duration::from_secs(300);

#[cfg(test)]
mod tests {
    use mesh_core::{
        compile::compile,
        config::{Mesh, VirtualNode},
        route::Head,
    };

    use super::*;
    use crate::{runtime::rng::SharedRng, test_util::MemoryNetwork};

    fn pass_through() -> Arc<PassThrough> {
        let model = Mesh::builder("shop").virtual_node(VirtualNode::builder("web"));
        let model = model.build().expect("a valid mesh");
        let snapshot = compile(&model, "web", Defaults::Safe).expect("a node of the mesh");
        let (connector, meters) = (Connector::of(MemoryNetwork::new()), Meters::new(&snapshot));
        let sources = Sources::new(Vec::new(), Arc::new(SharedRng::new(7)));
        PassThrough::new(&snapshot, sources, connector, Arc::new(meters))
    }

    /// An address, so that nobody is asked for it.
    fn address(number: usize) -> OutsideHost {
        let [high, low] = u16::try_from(number).expect("few hosts").to_be_bytes();
        OutsideHost::of(&Head::get(&format!("http://10.0.{high}.{low}/"))).expect("an address")
    }

    #[tokio::test(start_paused = true)]
    async fn a_host_has_one_target_however_many_call_it_at_once() {
        let all = pass_through();
        let found = [(); 100].map(|()| all.find(address(1)).expect("room"));
        assert!(found.iter().all(|one| Arc::ptr_eq(one, &found[0])));
        assert_eq!(all.count(), 1);
        found[0].destination.cluster.answered().await;
        assert_eq!(found[0].destination.list().len(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_host_that_nobody_calls_is_forgotten_and_one_that_is_busy_is_not() {
        let all = pass_through();
        let idle = Arc::downgrade(&all.find(address(1)).expect("room"));
        let busy = all.find(address(2)).expect("room");
        time::sleep(UNUSED + Duration::from_secs(1)).await;
        assert_eq!(all.count(), 1);
        assert!(idle.upgrade().is_none(), "its task has ended, too");
        drop(busy);
        time::sleep(UNUSED).await;
        assert_eq!(all.count(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn where_there_is_no_room_the_host_goes_that_was_unused_the_longest_and_no_busy_one() {
        let all = pass_through();
        let mut busy = vec![all.find(address(0)).expect("room")];
        for number in 1..MOST_HOSTS {
            time::sleep(Duration::from_millis(1)).await;
            all.find(address(number)).expect("room");
        }
        all.find(address(MOST_HOSTS)).expect("room was made");
        assert_eq!(all.count(), MOST_HOSTS);
        let hosts = all.hosts.lock();
        assert!(hosts.contains_key(&address(0)), "it is busy");
        assert!(
            !hosts.contains_key(&address(1)),
            "nobody called it for longer"
        );
        drop(hosts);
        for number in 2..=MOST_HOSTS {
            busy.push(all.find(address(number)).expect("known"));
        }
        let refused = all.find(address(1)).expect_err("all are busy");
        assert!(refused.to_string().contains("1024"), "{refused}");
    }

    #[tokio::test(start_paused = true)]
    async fn with_the_mesh_every_task_ends() {
        let tasks = || runtime::Handle::current().metrics().num_alive_tasks();
        let ends: [fn(Arc<PassThrough>); 2] = [drop, |all| all.forget_all()];
        for end in ends {
            let all = pass_through();
            all.find(address(1)).expect("room");
            assert_eq!(tasks(), 1);
            end(all);
            time::sleep(Duration::from_millis(1)).await;
            assert_eq!(tasks(), 0);
        }
    }
}
