//! Requests that nobody thought of, and that a mesh has something to say about.

use mesh_core::{
    config::{
        GatewayRoute, HostnameMatch, HttpRouteMatch, Mesh, PathMatch, RouteMatch, VirtualService,
    },
    unit::Port,
};

use super::{
    ask::{Ask, Wire},
    draw::Draw,
    envoy_gateway::{self, as_of_route, leads_to},
    envoy_host::{ports, routes},
    role::Role,
    wish::Wish,
    words::{HOSTS, PORTS},
};

/// A request that somebody has something to say about.
pub(super) fn random(draw: &mut Draw, role: &Role) -> Ask {
    match role.entry() {
        Some(gateway) => {
            let listeners = &gateway.listeners;
            let port = listeners[draw.below(listeners.len())].port;
            let routes = envoy_gateway::routes(gateway, port);
            entering(draw, &role.mesh, &routes, port)
        }
        None => {
            let own = role.services();
            let all: Vec<_> = role.mesh.virtual_services().collect();
            let services = if own.is_empty() || draw.percent(10) {
                all
            } else {
                own
            };
            let service = draw.one(&services);
            calling(draw, &role.mesh, service)
        }
    }
}

/// A request that comes in by a gateway's port, behind which these routes are.
fn entering(draw: &mut Draw, mesh: &Mesh, routes: &[&GatewayRoute], port: Port) -> Ask {
    let (mut wish, host) = match routes {
        [] => (Wish::any(draw), None),
        routes => {
            let route = draw.one(routes);
            (through(draw, mesh, route), route.matches.hostname())
        }
    };
    wish.disturb(draw);
    // What came without TLS says so on its way to the second listener.
    wish.scheme = "http";
    let services: Vec<_> = mesh.virtual_services().collect();
    let name = match host {
        Some(HostnameMatch::Exact(exact)) => exact.clone(),
        Some(HostnameMatch::Suffix(suffix)) => draw.one(&["x", "y", "b.b", ""]).to_owned() + suffix,
        _ if services.is_empty() || draw.percent(40) => "nobody.example".to_owned(),
        _ if draw.percent(30) => draw.one(&HOSTS).to_owned(),
        _ => draw.one(&services).name.to_string(),
    };
    let name = self::host(draw, &name);
    let (origin, hosts, _) = named(draw, &name, port.get(), port.get());
    let mut ask = ask(draw, wish, (origin, hosts), port.get());
    ask.wire = match &ask.origin {
        // Over HTTP/2, that is a broken stream.
        Some((_, authority)) if authority.starts_with(':') => Wire::Http1,
        Some(_) if !ask.hosts.is_empty() && draw.percent(30) => Wire::Absolute,
        _ => ask.wire,
    };
    Ask {
        by_gateway: true,
        ..ask
    }
}

/// What a gateway route asks for, and often a route behind it as well.
fn through(draw: &mut Draw, mesh: &Mesh, route: &GatewayRoute) -> Wish {
    let matches = as_of_route(&route.matches);
    let mut wish = Wish::of(draw, &matches);
    let prefix = match &matches {
        RouteMatch::Http(HttpRouteMatch {
            path: Some(PathMatch::Prefix(prefix)),
            ..
        }) => Some(prefix.as_str()),
        _ => None,
    };
    let service = mesh.virtual_service(route.target.virtual_service.as_str());
    let behind = service.zip(leads_to(mesh, route));
    let behind = behind.map_or_else(Vec::new, |(service, port)| routes(mesh, service, port));
    if !behind.is_empty() && draw.percent(80) {
        let inner = draw.one(&behind);
        let inner = Wish::of(draw, &inner.matches);
        wish.and_then(draw, prefix, inner);
    }
    wish
}

/// A call of a virtual service.
fn calling(draw: &mut Draw, mesh: &Mesh, service: &VirtualService) -> Ask {
    let ports = ports(mesh, service);
    let port = match ports.as_slice() {
        [] => draw.one(&PORTS),
        ports if draw.percent(92) => draw.one(ports).get(),
        _ => draw.one(&PORTS),
    };
    let routes = routes(mesh, service, Port::new(port.into()).expect("a port"));
    let mut wish = match routes.as_slice() {
        [] => Wish::any(draw),
        routes => {
            let route = draw.one(routes);
            Wish::of(draw, &route.matches)
        }
    };
    wish.disturb(draw);
    let host = host(draw, service.name.as_str());
    let only = match ports.as_slice() {
        [only] => only.get(),
        _ => port,
    };
    let (origin, hosts, dialled) = named(draw, &host, port, only);
    ask(draw, wish, (origin, hosts), dialled)
}

/// A host: the service's, or one like it.
fn host(draw: &mut Draw, name: &str) -> String {
    match draw.below(40) {
        0 => format!("{name}."),
        1 => format!("x{name}"),
        2 => "other.example".to_owned(),
        3 => name.split('.').next().unwrap_or_default().to_owned(),
        4..=7 => name.to_ascii_uppercase(),
        8..=9 => name.to_ascii_lowercase(),
        _ => name.to_owned(),
    }
}

type Named = (Option<String>, Vec<String>);

/// Which of URI and `Host` name the host and the port, and what is dialled then: `only`, where nothing names a port.
fn named(draw: &mut Draw, host: &str, port: u16, only: u16) -> (Option<String>, Vec<String>, u16) {
    let with_port = format!("{host}:{port}");
    let host = host.to_owned();
    match draw.below(40) {
        0..=15 => (Some(with_port), vec![], port),
        16..=25 => (None, vec![with_port], port),
        26 => (Some(format!("user:secret@{with_port}")), vec![], port),
        27..=29 => (Some(with_port), vec![host], port),
        30..=31 => (Some(format!("other.example:{port}")), vec![host], port),
        32..=34 => (Some(host), vec![], only),
        35 => (None, vec![host], only),
        36 => {
            let other = format!("{host}:{}", draw.one(&PORTS));
            (Some(with_port), vec![other], port)
        }
        37 => (None, vec![with_port.clone(), with_port], port),
        38 => (None, vec![format!("{host}:0{port}")], port),
        _ => {
            let odd = ["", ":", "a b", "a/b", "[::1]", "user@", "x:y"];
            let odd = draw.one(&odd);
            (None, vec![format!("{odd}{}", draw.one(&["", &host]))], port)
        }
    }
}

fn ask(draw: &mut Draw, wish: Wish, (authority, hosts): Named, dialled: u16) -> Ask {
    let Wish {
        mut method,
        scheme,
        path,
        query,
        mut headers,
    } = wish;
    let query = match query.is_empty() {
        true => draw.one(&["", "", "", "?"]).to_owned(),
        false => format!("?{}", query.join("&")),
    };
    let mut target = path + &query;
    let overridden = authority.is_some() && !hosts.is_empty();
    let wire = match (&authority, draw.below(10)) {
        (Some(_), 0..=3) => Wire::Http2,
        // What goes out in this form has the host of the URI, whatever `Host` says: a caller's own is no such request.
        (Some(_), 4) if !overridden => Wire::Absolute,
        _ => Wire::Http1,
    };
    let origin = authority.map(|authority| match wire {
        // A path alone has the scheme of the connection.
        Wire::Http1 => ("http", authority),
        _ => (scheme, authority),
    });
    if origin.is_none() && draw.percent(15) {
        let proto = draw.one(&["https", "HTTPS", "http", "wss", ""]);
        headers.push(("x-forwarded-proto".to_owned(), proto.to_owned()));
    }
    match (wire, draw.below(100)) {
        (_, 4..=5) if origin.is_some() => target = query,
        (Wire::Http1, 0) if origin.is_none() => {
            (method, target) = ("OPTIONS".to_owned(), "*".to_owned());
        }
        (Wire::Http1, 1) if origin.is_none() => {
            (method, target) = ("CONNECT".to_owned(), hosts[0].clone());
        }
        (_, 2) => {
            let odd = draw.one(&["PURGE", "get", "FOO", "PROPFIND", "TRACE"]);
            method = odd.to_owned();
        }
        _ => {}
    }
    Ask {
        dialled,
        wire,
        by_gateway: false,
        method,
        origin,
        hosts,
        target,
        headers,
    }
}
