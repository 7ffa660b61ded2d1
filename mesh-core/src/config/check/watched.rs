//! What a listener has its callers watch, and what it lets in: whether it fits the listener.

use http::uri::PathAndQuery;

use crate::{
    config::draft::{HealthCheckDraft, ListenerDraft},
    error::{Place, Problems, quoted},
    health::HealthCheck,
    limit::ConnectionPool,
    unit::Protocol,
};

pub(super) fn health_check(
    listener: &ListenerDraft,
    problems: &mut Problems,
) -> Option<HealthCheck> {
    let HealthCheckDraft {
        check,
        path_place,
        port_place,
        ..
    } = listener.health_check.as_ref()?;
    let own = check.own_port().map(|port| i64::from(port.get()));
    if let Some(own) = own.filter(|own| *own != listener.port.value) {
        let message = format!(
            "the health check asks port {own} and the listener is on {}: leave the check's port out, or write the listener's",
            listener.port.value
        );
        problems.error("health-check-port", port_place, message);
    }
    with_path(check, path_place, problems)
}

/// The check with a path that can be asked for: App Mesh took one without a slash, too.
fn with_path(check: &HealthCheck, place: &Place, problems: &mut Problems) -> Option<HealthCheck> {
    let path = check.path_or_root();
    let spoken = check.protocol();
    if matches!(spoken, Protocol::Grpc | Protocol::Tcp) {
        if path != "/" {
            let message = format!(
                "a health check over {spoken} asks for no path, so this one does nothing: leave it out"
            );
            problems.warn("health-check-path-unused", place, message);
        }
        return Some(check.clone());
    }
    let mended = format!("/{}", path.trim_start_matches('/'));
    if mended.parse::<PathAndQuery>().is_err() {
        let message = format!(
            "{} is no path that can be asked for: write one without white space, as `/ping`",
            quoted(path)
        );
        problems.error("bad-health-check-path", place, message);
        return None;
    }
    if path.starts_with('/') {
        return Some(check.clone());
    }
    let message = format!(
        "every path begins with a slash, so {} is asked for in place of {}: write it so",
        quoted(&mended),
        quoted(path)
    );
    problems.warn("health-check-path-without-slash", place, message);
    Some(check.clone().path(mended))
}

/// The limits, if they are those of what the listener speaks.
pub(super) fn connection_pool(
    listener: &ListenerDraft,
    problems: &mut Problems,
) -> Option<ConnectionPool> {
    let said = listener.connection_pool.as_ref()?;
    let spoken = listener.protocol;
    let fits = match said.value {
        ConnectionPool::Http { .. } => spoken == Protocol::Http,
        ConnectionPool::Requests { .. } => matches!(spoken, Protocol::Http2 | Protocol::Grpc),
        ConnectionPool::Tcp { .. } => spoken == Protocol::Tcp,
    };
    if !fits {
        let message = format!(
            "the listener speaks {spoken}, so a connection pool of another protocol does nothing: use the one for {spoken}"
        );
        problems.warn("pool-protocol-mismatch", &said.place, message);
    }
    fits.then_some(said.value)
}
