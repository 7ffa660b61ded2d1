//! What applies to calls that the egress filter lets out of the mesh.

use super::{
    ClusterId, ClusterPolicy, ClusterSpec, Discovery, MeshName, Plan, PlanId, Snapshot, Sources,
    UpstreamTls, Verdict, VirtualNodeName,
};
use crate::{
    defaults::Defaults,
    retry,
    route::{Head, NoRoute, OutsideHost, outside},
    weight::WeightedTargets,
};

impl Snapshot {
    /// This snapshot with the egress filter open, or closed.
    ///
    /// # Source
    /// App Mesh API model, `EgressFilter`: `ALLOW_ALL` and `DROP_ALL`.
    #[must_use]
    pub fn with_egress(self, open: bool) -> Self {
        Self {
            allow_all: open,
            ..self
        }
    }

    /// The verdict about a request whose host is no virtual service's.
    pub(super) fn egress(&self, head: &Head<'_>) -> Verdict<'_> {
        if !self.allow_all && !outside::is_aws(head.host()) {
            return Verdict::Refuse(NoRoute::unknown_host(head));
        }
        OutsideHost::of(head).map_or_else(Verdict::Refuse, Verdict::PassThrough)
    }
}

impl Plan {
    /// The plan of what goes there: the defaults' limits and no retries.
    ///
    /// It is none of a snapshot's: neither its [`id`](Self::id) nor its target is an index there.
    ///
    /// # Source
    /// Dumps of App Mesh's Envoy configuration: the virtual host of `ALLOW_ALL` has a limit of 15 s and no retry policy.
    #[must_use]
    pub fn outside(host: &OutsideHost, defaults: Defaults) -> Self {
        Self {
            id: PlanId(usize::MAX),
            virtual_service: host.authority.clone(),
            route: None,
            retry: retry::Policy::none(),
            timeouts: defaults.timeouts(),
            targets: WeightedTargets::one(ClusterId(usize::MAX)),
            sources: Sources::default(),
        }
    }
}

impl ClusterSpec {
    /// The endpoints of a host outside of the mesh, under the name by which App Mesh's proxies counted what went there.
    ///
    /// # Source
    /// Dumps of App Mesh's Envoy configuration: `cds_egress_MESH_mesh-allow-all`, `cds_egress_MESH_amazonaws`.
    ///
    /// # Panics
    /// Never: what is put around a valid name, and a part of it, is valid.
    #[must_use]
    pub fn outside(host: &OutsideHost, mesh: &MeshName, defaults: Defaults) -> Self {
        let kind = match host.is_aws() {
            true => "amazonaws",
            false => "mesh-allow-all",
        };
        let mesh: String = mesh.as_str().chars().take(LONGEST_MESH).collect();
        let name = format!("cds_egress_{mesh}_{kind}");
        Self {
            virtual_node: VirtualNodeName::new(&name)
                .expect("short, and as valid as the mesh's name"),
            port: host.port,
            protocol: host.protocol,
            discovery: Discovery::Dns {
                hostname: host.host.to_string(),
                all: defaults.all_addresses(),
                ip_preference: None,
            },
            tls: UpstreamTls::Plaintext,
        }
    }
}

impl ClusterPolicy {
    /// How the endpoints of a host outside of the mesh are chosen; nobody watches them.
    #[must_use]
    pub fn outside(host: &OutsideHost, defaults: Defaults) -> Self {
        Self {
            balance: defaults.balance(host.protocol),
            ..Self::default()
        }
    }
}

/// So much of a mesh's name that its targets outside have names of no more than 255 characters.
const LONGEST_MESH: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_outside_is_called_as_app_mesh_called_it() {
        let target = |uri: &str, mesh: &str| {
            let there = OutsideHost::of(&Head::get(uri)).unwrap();
            ClusterSpec::outside(&there, &MeshName::new(mesh).unwrap(), Defaults::AppMesh)
        };
        let example = target("http://example.com/", "shop");
        assert_eq!(
            example.virtual_node.as_str(),
            "cds_egress_shop_mesh-allow-all"
        );
        let sqs = target("http://sqs.eu-central-1.amazonaws.com/", "shop");
        assert_eq!(sqs.virtual_node.as_str(), "cds_egress_shop_amazonaws");
        let long = target("http://example.com/", &"é".repeat(255));
        assert!(long.virtual_node.as_str().ends_with("_mesh-allow-all"));
    }
}
