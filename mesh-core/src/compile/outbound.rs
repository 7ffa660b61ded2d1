//! The virtual services that a node may call, compiled to routes.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    sync::Arc,
};

use super::{
    CompileError,
    clusters::{Clusters, http_listeners},
    conditions::conditions,
    plans::Plans,
    timeouts,
};
use crate::{
    config::{
        GrpcRetryEvent, HttpRetryEvent, Mesh, Provider, RetryPolicy, Route, TcpRetryEvent,
        VirtualNode, VirtualRouter, VirtualService,
    },
    defaults::Defaults,
    name::VirtualServiceName,
    retry,
    route::{Conditions, ListenerRoutes, RouteTable, Rule, VirtualHost},
    snapshot::{Plan, Source, Sources},
    unit::{Port, Protocol},
    weight::WeightedTargets,
};

type Host = VirtualHost<Arc<Plan>>;
type Routes = RouteTable<Arc<Plan>>;
type Rules = Vec<Rule<Arc<Plan>>>;

pub(super) fn routes(
    mesh: &Mesh,
    node: &VirtualNode,
    defaults: Defaults,
    clusters: &mut Clusters,
) -> Result<(Routes, Plans), CompileError> {
    let mut outbound = Outbound {
        mesh,
        defaults,
        clusters,
        plans: Plans::default(),
        conditions: BTreeMap::new(),
        room: RULES,
    };
    let mut hosts = Vec::new();
    for backend in &node.backends {
        let Some(service) = mesh.virtual_service(backend.virtual_service.as_str()) else {
            continue;
        };
        hosts.extend(outbound.host(service)?);
    }
    Ok((RouteTable::new(hosts), outbound.plans))
}

struct Outbound<'a> {
    mesh: &'a Mesh,
    defaults: Defaults,
    clusters: &'a mut Clusters,
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
            let cluster = self
                .clusters
                .of(self.mesh, &node.name, Some(listener.port))?;
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
            let cluster = self
                .clusters
                .of(self.mesh, &target.virtual_node, target.port)?;
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
            retry: written.map_or_else(|| self.defaults.retry(), policy),
            timeouts: timeouts::of_route(route, self.defaults),
            targets,
            sources: Sources {
                retry: Source::of(written),
                request: Source::of(route.timeout.per_request.as_ref()),
                idle: Source::of(route.timeout.idle.as_ref()),
            },
        }))
    }
}

fn policy(written: &RetryPolicy) -> retry::Policy {
    let http = written.http_events.iter().map(|event| match event {
        HttpRetryEvent::ServerError => retry::Event::ServerError,
        HttpRetryEvent::GatewayError => retry::Event::GatewayError,
        HttpRetryEvent::ClientError => retry::Event::ClientError,
        HttpRetryEvent::StreamError => retry::Event::StreamError,
    });
    let tcp = written.tcp_events.iter().map(|event| match event {
        TcpRetryEvent::ConnectionError => retry::Event::ConnectionError,
    });
    let grpc = written.grpc_events.iter().map(|event| match event {
        GrpcRetryEvent::Cancelled => retry::Event::Cancelled,
        GrpcRetryEvent::DeadlineExceeded => retry::Event::DeadlineExceeded,
        GrpcRetryEvent::Internal => retry::Event::Internal,
        GrpcRetryEvent::ResourceExhausted => retry::Event::ResourceExhausted,
        GrpcRetryEvent::Unavailable => retry::Event::Unavailable,
    });
    retry::Policy::on_events(written.max_retries, http.chain(tcp).chain(grpc))
}

/// Routes times services times ports: far more than App Mesh's quotas let a node have.
const RULES: usize = 100_000;
