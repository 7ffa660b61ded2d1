//! The virtual services that a node may call, compiled to routes.

use std::{
    collections::{BTreeMap, BTreeSet, btree_map::Entry},
    sync::Arc,
};

use super::{
    CompileError,
    clusters::{Clusters, http_listeners},
    conditions::conditions,
    inbound::source,
    plans::Plans,
    retries, timeouts,
};
use crate::{
    config::{
        ClientPolicy, Mesh, Provider, Route, VirtualGateway, VirtualNode, VirtualRouter,
        VirtualService,
    },
    defaults::Defaults,
    name::VirtualServiceName,
    route::{Conditions, ListenerRoutes, RouteTable, Rule, VirtualHost},
    snapshot::{Plan, Source, Sources},
    unit::{Port, Protocol},
    weight::WeightedTargets,
};

type Host = VirtualHost<Arc<Plan>>;
type Routes = RouteTable<Arc<Plan>>;
type Rules = Vec<Rule<Arc<Plan>>>;

/// A virtual service that may be called, and what is asked of its TLS.
pub(super) type Call<'a> = (&'a VirtualServiceName, Option<&'a ClientPolicy>);

/// The virtual services that a node may call.
pub(super) fn backends(node: &VirtualNode) -> impl Iterator<Item = Call<'_>> {
    let default = node.client_policy.as_ref();
    node.backends.iter().map(move |backend| {
        let policy = backend.client_policy.as_ref().or(default);
        (&backend.virtual_service, policy)
    })
}

/// The virtual services that a gateway's routes lead to, each once.
pub(super) fn targets(gateway: &VirtualGateway) -> impl Iterator<Item = Call<'_>> {
    let routes = gateway.routes.iter();
    let services: BTreeSet<_> = routes.map(|route| &route.target.virtual_service).collect();
    let policy = gateway.client_policy.as_ref();
    services.into_iter().map(move |service| (service, policy))
}

pub(super) fn routes<'a>(
    mesh: &'a Mesh,
    calls: impl Iterator<Item = Call<'a>>,
    defaults: Defaults,
) -> Result<(Routes, Plans, Clusters), CompileError> {
    let mut outbound = Outbound {
        mesh,
        defaults,
        clusters: Clusters::new(defaults),
        policy: None,
        plans: Plans::default(),
        conditions: BTreeMap::new(),
        room: RULES,
    };
    let mut hosts = Vec::new();
    for (name, policy) in calls {
        let Some(service) = mesh.virtual_service(name.as_str()) else {
            continue;
        };
        outbound.policy = policy;
        hosts.extend(outbound.host(service)?);
    }
    let Outbound {
        plans, clusters, ..
    } = outbound;
    Ok((RouteTable::new(hosts), plans, clusters))
}

struct Outbound<'a> {
    mesh: &'a Mesh,
    defaults: Defaults,
    clusters: Clusters,
    /// What is asked of the TLS of the virtual service at hand.
    policy: Option<&'a ClientPolicy>,
    plans: Plans,
    /// By router and route: several services and ports may have one router, whose conditions are compiled once.
    conditions: BTreeMap<(&'a str, &'a str), Arc<Conditions>>,
    /// How many more rules there may be.
    room: usize,
}

impl<'a> Outbound<'a> {
    /// `None` if the service speaks TCP only.
    fn host(&mut self, service: &'a VirtualService) -> Result<Option<Host>, CompileError> {
        let mesh = self.mesh;
        let missing = || CompileError::NoProvider {
            virtual_service: service.name.clone(),
        };
        match &service.provider {
            None => Ok(Some(VirtualHost::new(service.name.clone(), []))),
            Some(Provider::VirtualNode(node)) => {
                let node = mesh.virtual_node(node.as_str()).ok_or_else(missing)?;
                self.node_host(service, node)
            }
            Some(Provider::VirtualRouter(router)) => {
                let router = mesh.virtual_router(router.as_str()).ok_or_else(missing)?;
                self.router_host(service, router)
            }
        }
    }

    /// A node as provider: each of its ports leads to itself.
    fn node_host(
        &mut self,
        service: &VirtualService,
        node: &VirtualNode,
    ) -> Result<Option<Host>, CompileError> {
        let mut listeners = Vec::new();
        for listener in http_listeners(&node.listeners) {
            let cluster =
                self.clusters
                    .of(self.mesh, &node.name, Some(listener.port), self.policy)?;
            let plan = self.plans.add(|id| Plan {
                id,
                virtual_service: service.name.clone(),
                route: None,
                retry: self.defaults.retry(),
                timeouts: self.defaults.timeouts(),
                targets: WeightedTargets::one(cluster),
                sources: Sources::default(),
            });
            listeners.push(ListenerRoutes::new(listener.port, [Rule::catch_all(plan)]));
        }
        let only_tcp = listeners.is_empty() && !node.listeners.is_empty();
        Ok((!only_tcp).then(|| VirtualHost::new(service.name.clone(), listeners)))
    }

    fn router_host(
        &mut self,
        service: &'a VirtualService,
        router: &'a VirtualRouter,
    ) -> Result<Option<Host>, CompileError> {
        let http = router
            .listeners
            .iter()
            .filter(|listener| listener.protocol != Protocol::Tcp);
        let ports: Vec<_> = http.map(|listener| listener.port).collect();
        if ports.is_empty() && !router.listeners.is_empty() {
            return Ok(None);
        }
        let mut listeners = Vec::new();
        for port in ports {
            listeners.push(ListenerRoutes::new(
                port,
                self.rules(service, router, port)?,
            ));
        }
        Ok(Some(VirtualHost::new(service.name.clone(), listeners)))
    }

    /// The routes of a router's port: those that name it, and those that name none.
    fn rules(
        &mut self,
        service: &'a VirtualService,
        router: &'a VirtualRouter,
        port: Port,
    ) -> Result<Rules, CompileError> {
        let here = |route: &&Route| route.matches.port().is_none_or(|named| named == port);
        let http = router
            .routes
            .iter()
            .filter(|route| route.protocol != Protocol::Tcp);
        let routes: Vec<&Route> = http.filter(here).collect();
        let room = self.room.checked_sub(routes.len());
        self.room = room.ok_or_else(|| CompileError::TooManyRoutes {
            virtual_service: service.name.clone(),
            most: RULES,
        })?;
        let routes = routes.into_iter();
        routes
            .map(|route| self.rule(&service.name, router, route))
            .collect()
    }

    fn rule(
        &mut self,
        service: &VirtualServiceName,
        router: &'a VirtualRouter,
        route: &'a Route,
    ) -> Result<Rule<Arc<Plan>>, CompileError> {
        let conditions = self.conditions(service, router, route)?;
        let plan = self.plan(service, route)?;
        Ok(Rule::new(
            route.name.clone(),
            route.priority,
            conditions,
            plan,
        ))
    }

    fn conditions(
        &mut self,
        service: &VirtualServiceName,
        router: &'a VirtualRouter,
        route: &'a Route,
    ) -> Result<Arc<Conditions>, CompileError> {
        let key = (router.name.as_str(), route.name.as_str());
        let compiled = match self.conditions.entry(key) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(unknown) => {
                let compiled = conditions(&route.matches);
                let compiled = compiled.map_err(|source| CompileError::Pattern {
                    virtual_service: service.clone(),
                    source,
                })?;
                unknown.insert(Arc::new(compiled))
            }
        };
        Ok(compiled.clone())
    }

    fn plan(
        &mut self,
        service: &VirtualServiceName,
        route: &Route,
    ) -> Result<Arc<Plan>, CompileError> {
        let written = route.retry_policy.as_ref();
        let mut targets = Vec::new();
        for target in &route.targets {
            let cluster =
                self.clusters
                    .of(self.mesh, &target.virtual_node, target.port, self.policy)?;
            targets.push((cluster, u32::from(target.weight.get())));
        }
        let targets = WeightedTargets::new(targets).map_err(|source| CompileError::NoTargets {
            virtual_service: service.clone(),
            source,
        })?;
        Ok(self.plans.add(|id| Plan {
            id,
            virtual_service: service.clone(),
            route: Some(route.name.clone()),
            retry: written.map_or_else(|| self.defaults.retry(), retries::policy),
            timeouts: timeouts::of_route(route, self.defaults),
            targets,
            sources: sources(route),
        }))
    }
}

fn sources(route: &Route) -> Sources {
    let (timeout, places) = (&route.timeout, &route.written);
    Sources {
        route: Source::at(places.route.location()),
        targets: Source::at(places.targets.location()),
        retry: source(route.retry_policy.as_ref(), &places.retry_policy),
        request: source(timeout.per_request.as_ref(), &places.per_request),
        idle: source(timeout.idle.as_ref(), &places.idle),
    }
}

/// Routes times services times ports: far more than App Mesh's quotas let a node have.
const RULES: usize = 100_000;
