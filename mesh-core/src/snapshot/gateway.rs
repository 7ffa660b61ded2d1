//! The way into the mesh: which gateway route takes a request, what it makes of its head, and where that goes.

use std::{fmt, sync::Arc};

use super::{Plan, Snapshot, Source, Verdict};
use crate::{
    name::{GatewayRouteName, VirtualGatewayName, VirtualServiceName},
    route::{Head, IngressTable, NoRoute, VirtualHost},
    unit::Port,
};

impl Snapshot {
    /// The gateway that it was compiled for; `None`: it is a node's.
    #[must_use]
    pub fn gateway(&self) -> Option<&Gateway> {
        self.gateway.as_deref()
    }

    /// Finds what to do with a request that came into the gateway on this port: first which gateway route takes it, then where the
    /// head goes that the gateway route made of it. Of a request that a server has, the head is [`Head::received`].
    ///
    /// Allocates nothing unless the path is rewritten or the request refused.
    ///
    /// # Errors
    /// [`NoRoute::NoListener`], also of a snapshot that is a node's, and [`NoRoute::NoGatewayRoute`]. That the gateway route's virtual
    /// service takes the request is not said thereby: see [`Entered::verdict`].
    ///
    /// # Source
    /// Dumps of App Mesh's Envoy configuration: a gateway's listener sends what it has rewritten to itself, as a node's calls.
    ///
    /// # Examples
    /// ```
    /// use mesh_core::{
    ///     Config, Head,
    ///     config::{GatewayRoute, Mesh, VirtualGateway, VirtualNode, VirtualService},
    ///     unit::{Port, Protocol},
    /// };
    ///
    /// let route = GatewayRoute::http("shop").prefix("/shop").to("orders.local");
    /// let mesh = Mesh::builder("shop")
    ///     .virtual_node(VirtualNode::builder("orders").listener(8080, Protocol::Http).dns("orders.internal"))
    ///     .virtual_service(VirtualService::builder("orders.local").virtual_node("orders"))
    ///     .virtual_gateway(VirtualGateway::builder("in").listener(80, Protocol::Http).route(route))
    ///     .build()?;
    /// let snapshot = Config::from(mesh).gateway("in")?.compile()?;
    ///
    /// let head = Head::get("http://shop.example/shop/1");
    /// let entered = snapshot.enter(&head, Port::new(80)?)?;
    /// assert_eq!((entered.head.authority(), entered.head.path()), ("orders.local", "/1"));
    /// assert_eq!(entered.original_path, Some("/shop/1"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn enter<'s: 'h, 'h>(
        &'s self,
        head: &'h Head<'_>,
        port: Port,
    ) -> Result<Entered<'s, 'h>, NoRoute> {
        let gateway = self.gateway.as_ref();
        let gateway = gateway.ok_or(NoRoute::NoListener { port })?;
        let route = gateway.ingress.find(head, port)?;
        Ok(self.pass_on(route, head))
    }

    fn pass_on<'s: 'h, 'h>(
        &'s self,
        route: &'s Arc<GatewayPlan>,
        head: &'h Head<'_>,
    ) -> Entered<'s, 'h> {
        let target = self.routes.named(route.virtual_service.as_str());
        let port = route.port.map(Port::get).or_else(|| only_port(target?));
        let (authority, called) = match route.rewrites_host {
            true => (route.virtual_service.as_str(), target),
            false => (head.authority(), self.kept(head, port).or(target)),
        };
        let path = route.path.of(head);
        let original_path = path.is_some().then(|| head.path_and_query());
        let rewritten = head.rewritten(authority, port, path);
        let verdict = match called {
            Some(host) => host
                .find(&rewritten)
                .map_or_else(Verdict::Refuse, Verdict::Route),
            None => Verdict::Refuse(NoRoute::UnknownHost {
                authority: route.virtual_service.as_str().into(),
            }),
        };
        Entered {
            route,
            original_host: route.rewrites_host.then(|| head.authority()),
            original_path,
            head: rewritten,
            virtual_service: called.map(VirtualHost::name),
            verdict,
        }
    }

    /// The virtual service that a host is the name of which was not rewritten, on the port that the gateway route leads to.
    ///
    /// # Source
    /// Measured on Envoy 1.40: such a host goes before the gateway route's own target.
    fn kept(&self, head: &Head<'_>, port: Option<u16>) -> Option<&VirtualHost<Arc<Plan>>> {
        let host = self.routes.named(head.host())?;
        let port = port?;
        let is_meant = head.port().is_none_or(|named| named == port);
        (is_meant && host.listens(port)).then_some(host)
    }
}

/// What takes requests into the mesh.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Gateway {
    /// Its name.
    pub name: VirtualGatewayName,
    /// Its listeners, hosts and routes.
    pub ingress: IngressTable<Arc<GatewayPlan>>,
}

/// A request that a gateway route took.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Entered<'s, 'h> {
    /// The gateway route.
    pub route: &'s Arc<GatewayPlan>,
    /// The head that is sent on. Its headers are still the caller's.
    pub head: Head<'h>,
    /// The virtual service that it goes to; `None` if the mesh does not have it.
    pub virtual_service: Option<&'s VirtualServiceName>,
    /// Host and port as they were called, where the host was rewritten: the value of `x-envoy-original-host`, in place of one
    /// that the caller sent.
    pub original_host: Option<&'h str>,
    /// The normalised path and the query, where the path was rewritten, be it to the same: the value of `x-envoy-original-path`.
    pub original_path: Option<&'h str>,
    /// What becomes of the head that is sent on; it never passes through.
    pub verdict: Verdict<'s>,
}

/// One gateway route, compiled.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct GatewayPlan {
    /// The gateway route.
    pub gateway_route: GatewayRouteName,
    /// The virtual service that it leads to.
    pub virtual_service: VirtualServiceName,
    /// Which of its ports; `None`: the only one.
    pub port: Option<Port>,
    /// Whether the host becomes the virtual service's name.
    pub rewrites_host: bool,
    /// What becomes of the path.
    pub path: PathRewrite,
    /// Where it was written.
    pub source: Source,
}

/// What becomes of a path; the query stays.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum PathRewrite {
    /// Nothing.
    Keep,
    /// Its beginning becomes this.
    Prefix {
        /// What it begins with.
        matched: Box<str>,
        /// What stands there afterwards.
        replacement: Box<str>,
    },
    /// All of it becomes this, which may have a query of its own: the request's is put after it all the same.
    Exact(Box<str>),
}

impl PathRewrite {
    /// Path and query as they are sent on; `None` if nothing becomes of them.
    fn of(&self, head: &Head<'_>) -> Option<String> {
        let written = head.path_and_query();
        match self {
            Self::Keep => None,
            Self::Prefix {
                matched,
                replacement,
            } => {
                let rest = written.strip_prefix(&**matched)?;
                Some(format!("{replacement}{rest}"))
            }
            Self::Exact(path) => {
                let query = written.get(head.path().len()..).unwrap_or_default();
                Some(format!("{path}{query}"))
            }
        }
    }
}

impl fmt::Display for PathRewrite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Keep => f.write_str("kept"),
            Self::Prefix {
                matched,
                replacement,
            } => write!(f, "{matched} becomes {replacement}"),
            Self::Exact(path) => write!(f, "becomes {path}"),
        }
    }
}

fn only_port(host: &VirtualHost<Arc<Plan>>) -> Option<u16> {
    match host.listeners() {
        [only] => Some(only.port().get()),
        _ => None,
    }
}
