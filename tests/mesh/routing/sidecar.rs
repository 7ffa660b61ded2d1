//! Requests as a sidecar sees them, where it sees something else than its caller wrote.

use mesh_core::Head;

use super::ask::{Ask, Wire};

/// A sidecar knows which port was dialled.
pub(super) fn with_port(ask: &Ask) -> Ask {
    let mut seen = ask.clone();
    let origin = ask.origin.as_ref().map(|(_, authority)| authority);
    let mut named = origin.into_iter().chain(&ask.hosts);
    if let Some(authority) = named.next_back().filter(|host| !host.contains(':')) {
        let host = authority.clone();
        let scheme = Head::from(&ask.request().unwrap_or_default()).scheme() == "https";
        let scheme = if scheme { "https" } else { "http" };
        seen.origin = Some((scheme, format!("{host}:{}", ask.dialled)));
        seen.hosts = vec![host];
    }
    seen
}

/// A proxy sees what `Host` says, all lines of it; behind the port that a sidecar's caller dialled there is nobody with another port.
pub(super) fn with_one_authority(ask: &Ask) -> Ask {
    let mut seen = ask.clone();
    match (&mut seen.origin, ask.hosts.as_slice()) {
        (None, [_, _, ..]) => seen.hosts = vec![ask.hosts.join(",")],
        (Some((_, authority)), [host]) if !ask.by_gateway => {
            let port = host.split_once(':').map(|(_, port)| port);
            if port.is_some_and(|port| port != ask.dialled.to_string()) {
                *authority = format!("nobody.example:{}", ask.dialled);
                seen.hosts.clear();
            }
        }
        _ => {}
    }
    seen
}

/// A sidecar takes headers away that are meant for it, and adds those that every request has to have.
pub(super) fn with_headers_of_a_proxy(ask: &Ask) -> Ask {
    let mut seen = ask.clone();
    let mut removed = vec!["connection", "te", "x-envoy-internal", "x-envoy-retry-on"];
    // What is no URI is no `referer`, and an empty id is none.
    if !is_uri(&joined(ask, "referer", ",")) {
        removed.push("referer");
    }
    if joined(ask, "x-request-id", ",").is_empty() {
        removed.push("x-request-id");
    }
    seen.headers
        .retain(|(name, _)| !removed.contains(&name.as_str()));
    for (name, value) in [("x-request-id", "made-up"), ("x-forwarded-proto", "http")] {
        if seen.headers.iter().all(|(found, _)| found != name) {
            seen.headers.push((name.to_owned(), value.to_owned()));
        }
    }
    seen
}

/// Lines of it are one before anything looks at them.
pub(super) fn with_one_cookie(ask: &Ask) -> Ask {
    let mut seen = ask.clone();
    if ask.wire == Wire::Http2 {
        let cookie = joined(ask, "cookie", "; ");
        seen.headers.retain(|(name, _)| name != "cookie");
        if !cookie.is_empty() {
            seen.headers.push(("cookie".to_owned(), cookie));
        }
    }
    seen
}

/// Lines of a header as one value, to which empty ones add nothing.
pub(super) fn joined(ask: &Ask, name: &str, with: &str) -> String {
    let lines = ask.headers.iter().filter(|(found, _)| found == name);
    let lines = lines.map(|(_, value)| value.trim());
    let written: Vec<_> = lines.filter(|value| !value.is_empty()).collect();
    written.join(with)
}

fn is_uri(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Only a segment that begins with dots and `;` as it is written loses its parameters; elsewhere a `;` is a letter.
pub(super) fn with_plain_dots(ask: &Ask) -> Ask {
    let mut seen = ask.clone();
    let end = ask.target.find('?').unwrap_or(ask.target.len());
    let (path, query) = ask.target.split_at(end);
    let segments = path
        .split('/')
        .map(|segment| match segment.split_once(';') {
            Some((dots @ ("." | ".."), _)) => dots.to_owned(),
            _ => segment.replace(';', "+"),
        });
    seen.target = segments.collect::<Vec<_>>().join("/") + query;
    seen
}

/// Whether a segment is one of dots with parameters, and the path is not written plainly.
pub(super) fn has_hidden_dots(ask: &Ask) -> bool {
    let written = ask.target.to_ascii_lowercase();
    let plain = written.replace("%2e", ".").replace('\\', "/");
    let mut segments = plain.split(['/', '?']);
    let dots = segments.any(|segment| segment.starts_with(".;") || segment.starts_with("..;"));
    dots && plain != written
}
