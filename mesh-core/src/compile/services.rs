//! Services named in Rust, without a mesh of App Mesh resources.

use std::{collections::BTreeMap, time::Duration};

use super::{CompileError, clusters::Clusters, plans::Plans};
use crate::{
    balance::Algorithm,
    defaults::Defaults,
    health::HealthCheck,
    mode::Mode,
    name::{MeshName, VirtualNodeName, VirtualServiceName},
    outlier::OutlierDetection,
    retry::Policy,
    route::{ListenerRoutes, RouteTable, Rule, VirtualHost},
    snapshot::{
        ClusterFacts, ClusterId, ClusterPolicy, ClusterSpec, Discovery, Plan, PlanId, Snapshot,
        Source, Sources, UpstreamTls,
    },
    unit::{Port, Protocol},
    weight::WeightedTargets,
};

/// Compiles services to a snapshot: each takes every request for its name and port.
///
/// # Errors
/// [`CompileError::Name`] if a service or a host has a name that App Mesh would not take; [`CompileError::Watched`] if two
/// services lead to the same host, port and protocol, but do not say the same of how its endpoints are picked, checked and put out.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use mesh_core::{Defaults, Head, compile::{self, Target}, retry::Policy, unit::Port};
///
/// let orders = Target::dns("orders.internal").retry(Policy::idempotent(3)).timeout(Duration::from_secs(2));
/// let snapshot = compile::services([("orders", Port::new(8080)?, orders)], Defaults::Safe)?;
/// assert_eq!(snapshot.decide(&Head::get("http://orders:8080/")).retries(), 3);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn services<'a>(
    services: impl IntoIterator<Item = (&'a str, Port, Target)>,
    defaults: Defaults,
) -> Result<Snapshot, CompileError> {
    let mut clusters = Clusters::new(defaults);
    let mut plans = Plans::default();
    let mut ports = BTreeMap::<_, Vec<_>>::new();
    for (name, port, target) in services {
        let name = VirtualServiceName::new(name)?;
        let cluster = clusters.add(
            target.cluster(port)?,
            target.policy(defaults),
            target.facts(),
        )?;
        let plan = plans.add(|id| target.plan(id, &name, cluster, defaults));
        let routes = ListenerRoutes::new(port, [Rule::catch_all(plan)]);
        ports.entry(name).or_default().push(routes);
    }
    let hosts = ports
        .into_iter()
        .map(|(name, routes)| VirtualHost::new(name, routes));
    let (clusters, cluster_policies, cluster_facts) = clusters.into_specs();
    Ok(Snapshot {
        mesh: MeshName::new(NO_MESH)?,
        virtual_node: VirtualNodeName::new(NO_NODE)?,
        defaults,
        allow_all: false,
        routes: RouteTable::new(hosts),
        plans: plans.into_boxed(),
        clusters,
        cluster_policies,
        cluster_facts,
        listeners: Box::default(),
        gateway: None,
        access_log: None,
        log_format: None,
        mode: Mode::Enforce,
        shadow: None,
    })
}

/// Where a service's requests go, and under which policies.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Target {
    hostname: String,
    port: Option<Port>,
    protocol: Protocol,
    retry: Option<Policy>,
    timeout: Option<Duration>,
    policy: ClusterPolicy,
    balance: Option<Algorithm>,
}

impl Target {
    /// Every address that a host name has, by HTTP/1.1, on the port that callers name.
    #[must_use]
    pub fn dns(hostname: impl Into<String>) -> Self {
        let hostname = hostname.into();
        Self {
            hostname,
            port: None,
            protocol: Protocol::Http,
            retry: None,
            timeout: None,
            policy: ClusterPolicy::default(),
            balance: None,
        }
    }

    /// Another port than the one that callers name.
    #[must_use]
    pub fn port(self, port: Port) -> Self {
        Self {
            port: Some(port),
            ..self
        }
    }

    /// Another protocol than HTTP/1.1.
    #[must_use]
    pub fn protocol(self, protocol: Protocol) -> Self {
        Self { protocol, ..self }
    }

    /// Another retry policy than the [`Defaults`]'.
    #[must_use]
    pub fn retry(self, policy: Policy) -> Self {
        Self {
            retry: Some(policy),
            ..self
        }
    }

    /// Another request limit than the [`Defaults`]'; zero: none.
    #[must_use]
    pub fn timeout(self, limit: Duration) -> Self {
        Self {
            timeout: Some(limit),
            ..self
        }
    }

    /// Another way to pick an endpoint than the [`Defaults`]'.
    #[must_use]
    pub fn balance(self, algorithm: Algorithm) -> Self {
        Self {
            balance: Some(algorithm),
            ..self
        }
    }

    /// Leaves out endpoints that fail too often in a row.
    #[must_use]
    pub fn outlier_detection(mut self, detection: OutlierDetection) -> Self {
        self.policy.outlier_detection = Some(detection);
        self
    }

    /// Asks endpoints whether they are well, and leaves out those that are not.
    #[must_use]
    pub fn health_check(mut self, check: HealthCheck) -> Self {
        self.policy.health_check = Some(check);
        self
    }

    fn cluster(&self, port: Port) -> Result<ClusterSpec, CompileError> {
        Ok(ClusterSpec {
            virtual_node: VirtualNodeName::new(&self.hostname)?,
            port: self.port.unwrap_or(port),
            protocol: self.protocol,
            discovery: Discovery::Dns {
                hostname: self.hostname.clone(),
                all: true,
                ip_preference: None,
            },
            tls: UpstreamTls::Plaintext,
        })
    }

    fn facts(&self) -> ClusterFacts {
        ClusterFacts {
            outlier_detection: Source::of(self.policy.outlier_detection.as_ref()),
            health_check: Source::of(self.policy.health_check.as_ref()),
            ..ClusterFacts::default()
        }
    }

    fn policy(&self, defaults: Defaults) -> ClusterPolicy {
        ClusterPolicy {
            balance: self
                .balance
                .unwrap_or_else(|| defaults.balance(self.protocol)),
            ..self.policy.clone()
        }
    }

    fn plan(
        self,
        id: PlanId,
        service: &VirtualServiceName,
        cluster: ClusterId,
        defaults: Defaults,
    ) -> Plan {
        let timeouts = defaults.timeouts();
        let request = self.timeout.map_or(timeouts.request, |limit| {
            Some(limit).filter(|limit| !limit.is_zero())
        });
        Plan {
            id,
            virtual_service: service.clone(),
            route: None,
            timeouts: timeouts.with_request(request, timeouts.request_ends),
            targets: WeightedTargets::one(cluster),
            sources: Sources {
                targets: Source::Built,
                retry: Source::of(self.retry.as_ref()),
                request: Source::of(self.timeout.as_ref()),
                ..Sources::default()
            },
            retry: self.retry.unwrap_or_else(|| defaults.retry()),
        }
    }
}

/// What stands for the mesh and the node where there is no configuration of either.
const NO_MESH: &str = "no-mesh";
const NO_NODE: &str = "no-node";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::route::Head;

    #[test]
    fn a_service_gets_what_was_said_and_else_the_defaults() {
        let port = |port| Port::new(port).unwrap();
        let second = Duration::from_secs(1);
        let orders = Target::dns("orders.internal")
            .port(port(9090))
            .protocol(Protocol::Grpc)
            .timeout(second)
            .retry(Policy::unsent(1));
        let rows = [
            ("orders", port(80), orders),
            ("stock", port(81), Target::dns("stock.internal")),
        ];
        let snapshot = services(rows, Defaults::Safe).unwrap();

        let orders = snapshot.decide(&Head::get("http://orders/"));
        assert_eq!(
            (orders.retries(), orders.timeouts().unwrap().request),
            (1, Some(second))
        );
        let stock = snapshot.decide(&Head::get("http://stock:81/"));
        assert_eq!(stock.timeouts(), Some(&Defaults::Safe.timeouts()));
        let clusters = snapshot.clusters().iter();
        let spoken: Vec<_> = clusters
            .map(|cluster| (cluster.port.get(), cluster.protocol))
            .collect();
        assert_eq!(spoken, [(9090, Protocol::Grpc), (81, Protocol::Http)]);
    }

    #[test]
    fn a_name_may_have_several_ports() {
        let port = |port| Port::new(port).unwrap();
        let rows = [80, 81].map(|at| ("orders", port(at), Target::dns("orders.internal")));
        let snapshot = services(rows, Defaults::Safe).unwrap();
        for uri in ["http://orders:80/", "http://orders:81/"] {
            assert!(
                snapshot.decide(&Head::get(uri)).timeouts().is_some(),
                "{uri}"
            );
        }
    }

    #[test]
    fn a_name_that_cannot_be_called_is_an_error() {
        let port = Port::new(80).unwrap();
        for (name, hostname) in [("", "a"), ("a b", "a"), ("a", "")] {
            let error =
                services([(name, port, Target::dns(hostname))], Defaults::Safe).unwrap_err();
            assert!(
                matches!(error, CompileError::Name(_)),
                "{name:?} at {hostname:?}: {error}"
            );
        }
    }

    #[test]
    fn targets_that_share_endpoints_share_what_watches_them_or_are_refused() {
        let port = Port::new(80).unwrap();
        let plain = Target::dns("backend");
        let seconds = Duration::from_secs;
        let check = HealthCheck::new(Protocol::Http, seconds(5), seconds(2)).unwrap();
        let detection = OutlierDetection::new(5, seconds(10), seconds(30), 50).unwrap();
        let others = [
            (plain.clone().health_check(check), false),
            (plain.clone().outlier_detection(detection), false),
            (plain.clone().balance(Algorithm::RoundRobin), false),
            (plain.clone().timeout(seconds(1)), true),
            (plain.clone().protocol(Protocol::Http2), true),
        ];
        for (other, fits) in others {
            for pair in [[plain.clone(), other.clone()], [other, plain.clone()]] {
                let [first, second] = pair;
                let rows = [("orders", port, first), ("stock", port, second)];
                match services(rows, Defaults::Safe) {
                    Ok(_) => assert!(fits),
                    Err(error) => {
                        assert!(!fits && error.to_string().contains("backend"), "{error}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_target_says_how_its_endpoints_are_picked_and_watched() {
        let seconds = Duration::from_secs;
        let detection = OutlierDetection::new(5, seconds(10), seconds(30), 50).unwrap();
        let check = HealthCheck::new(Protocol::Http, seconds(5), seconds(2)).unwrap();
        let target = Target::dns("orders")
            .balance(Algorithm::RoundRobin)
            .outlier_detection(detection)
            .health_check(check.clone());
        let rows = [
            ("orders", Port::new(80).unwrap(), target),
            ("stock", Port::new(80).unwrap(), Target::dns("stock")),
        ];
        let mut snapshot = services(rows, Defaults::Safe).unwrap();
        let want = ClusterPolicy {
            balance: Algorithm::RoundRobin,
            outlier_detection: Some(detection),
            health_check: Some(check),
        };
        assert_eq!(snapshot.cluster_policies()[0], want);
        snapshot.set_balance("stock", Algorithm::RoundRobin);
        let picked = snapshot.cluster_policies().iter().map(|one| one.balance);
        assert!(picked.eq([Algorithm::RoundRobin; 2]));
    }
}
