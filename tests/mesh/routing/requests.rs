//! Requests that nobody thought of, and that a mesh has something to say about.

use mesh_core::{config::Mesh, unit::Port};

use super::{
    ask::{Ask, Wire},
    draw::Draw,
    envoy_config::{ports, routes},
    wish::Wish,
    words::PORTS,
};

/// A request of this mesh's caller.
pub(super) fn random(draw: &mut Draw, mesh: &Mesh) -> Ask {
    let services: Vec<_> = mesh.virtual_services().collect();
    let service = draw.one(&services);
    let ports: Vec<_> = ports(mesh, service).into_iter().collect();
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
        // What goes out in this form has the host of the URI, whatever `Host` says.
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
        headers.push(("x-forwarded-proto", proto.to_owned()));
    }
    match (wire, draw.below(100)) {
        (_, 4..=5) if origin.is_some() => target = query,
        (Wire::Http1, 0) if origin.is_none() => (method, target) = ("OPTIONS", "*".to_owned()),
        (Wire::Http1, 1) if origin.is_none() => {
            (method, target) = ("CONNECT", hosts[0].clone());
        }
        (_, 2) => method = draw.one(&["PURGE", "get", "FOO", "PROPFIND", "TRACE"]),
        _ => {}
    }
    Ask {
        dialled,
        wire,
        method,
        origin,
        hosts,
        target,
        headers,
    }
}
