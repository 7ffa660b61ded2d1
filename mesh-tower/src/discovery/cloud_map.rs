//! AWS Cloud Map: the instances of a service, with the attributes that are asked for.
//!
//! Every few seconds the service's revision is asked for, which is cheap, and its instances only when that is another one; now and then
//! in any case, since a revision alone decides nothing that could not be put right.

use std::{
    collections::HashMap,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use aws_sdk_servicediscovery::{
    Client,
    error::DisplayErrorContext,
    types::{HealthStatusFilter, HttpInstanceSummary},
};
use mesh_core::{
    discovery::{Directory, Family, Finding, families},
    snapshot::{ClusterSpec, Discovery},
};
use tokio::time;

use super::{
    follow::{Ask, Failure},
    revision::{Revision, Revisions},
};

/// The instances behind one target.
pub(super) struct Instances {
    client: Client,
    namespace: String,
    service: String,
    attributes: HashMap<String, String>,
    families: &'static [Family],
    port: u16,
    revision: Arc<Revision>,
    known: Option<Known>,
}

/// What was found last.
struct Known {
    revision: Option<i64>,
    addrs: Vec<SocketAddr>,
    /// How often the revision alone was looked at since.
    unchanged: u32,
}

impl Instances {
    /// `None` if the target is not found in Cloud Map.
    pub(super) fn new(
        client: Client,
        spec: &ClusterSpec,
        revisions: &mut Revisions,
    ) -> Option<Self> {
        let Discovery::CloudMap {
            namespace,
            service,
            attributes,
            ip_preference,
        } = &spec.discovery
        else {
            return None;
        };
        Some(Self {
            client,
            namespace: namespace.clone(),
            service: service.clone(),
            attributes: attributes.iter().cloned().collect(),
            families: families(*ip_preference, Directory::CloudMap),
            port: spec.port.get(),
            revision: revisions.of(namespace, service),
            known: None,
        })
    }

    async fn find(&mut self) -> Result<Vec<SocketAddr>, Failure> {
        let asked = self.known.as_ref();
        if let Some(known) = asked.filter(|known| known.unchanged < LOOKS) {
            // Compared for being another one, not a newer one: a service that was made anew begins again.
            let same = self.revision.latest(self.ask_revision()).await? == known.revision;
            if let Some(known) = self.known.as_mut().filter(|_| same) {
                known.unchanged += 1;
                return Ok(known.addrs.clone());
            }
        }
        let (revision, addrs) = self.instances().await?;
        self.revision.is(revision).await;
        self.known = Some(Known {
            revision,
            addrs: addrs.clone(),
            unchanged: 0,
        });
        Ok(addrs)
    }

    async fn ask_revision(&self) -> Result<Option<i64>, Failure> {
        let asked = self
            .client
            .discover_instances_revision()
            .namespace_name(&self.namespace)
            .service_name(&self.service);
        let answer = asked.send().await.map_err(|error| failure(&error))?;
        Ok(answer.instances_revision())
    }

    async fn instances(&self) -> Result<(Option<i64>, Vec<SocketAddr>), Failure> {
        let asked = self
            .client
            .discover_instances()
            .namespace_name(&self.namespace)
            .service_name(&self.service)
            .set_query_parameters(Some(self.attributes.clone()))
            .health_status(HealthStatusFilter::HealthyOrElseAll)
            .max_results(MAX_RESULTS);
        let answer = asked.send().await.map_err(|error| failure(&error))?;
        let addrs = answer.instances().iter().filter_map(|it| self.addr(it));
        Ok((answer.instances_revision(), addrs.collect()))
    }

    /// Where an instance takes requests: its address of the first family that it has, and the listener's port.
    fn addr(&self, instance: &HttpInstanceSummary) -> Option<SocketAddr> {
        let attributes = instance.attributes()?;
        let ip = |family: &Family| -> Option<IpAddr> {
            let name = match family {
                Family::V4 => IPV4,
                Family::V6 => IPV6,
            };
            attributes.get(name)?.parse().ok()
        };
        let ip = self.families.iter().find_map(ip)?;
        Some(SocketAddr::new(ip, self.port))
    }
}

impl Ask for Instances {
    async fn ask(&mut self) -> Result<Finding, Failure> {
        match time::timeout(LIMIT, self.find()).await {
            Ok(found) => Ok(Finding::Addresses {
                addrs: found?,
                ttl: INTERVAL,
            }),
            Err(_) => Err(format!("Cloud Map did not answer within {LIMIT:?}").into()),
        }
    }
}

/// The SDK's errors say what happened only in their sources.
pub(super) fn failure(error: &(impl std::error::Error + Send + Sync)) -> Failure {
    format!("{}", DisplayErrorContext(error)).into()
}

/// The attributes in which Cloud Map keeps an instance's addresses.
pub(super) const IPV4: &str = "AWS_INSTANCE_IPV4";
pub(super) const IPV6: &str = "AWS_INSTANCE_IPV6";

/// How long one question may take, with the SDK's own retries.
pub(super) const LIMIT: Duration = Duration::from_secs(5);

/// Envoy's interval for names; what App Mesh's control plane polled at is not known.
pub(super) const INTERVAL: Duration = Duration::from_secs(5);

/// So many looks at the revision alone, and then the instances in any case: about every half minute.
const LOOKS: u32 = 5;

/// The most that Cloud Map gives, in one answer: there are no pages.
const MAX_RESULTS: i32 = 1_000;
