//! A decision as text.

use std::fmt;

use super::{Asked, Called, Decision, Entry, TargetShare, Tried};
use crate::{
    mode::Mode,
    retry::Safety,
    route::OutsideHost,
    snapshot::{
        Plan, Source, Verdict,
        words::{Checked, LeftOut, balance, limit},
    },
};

impl Decision<'_> {
    /// What happens to the request and why, for a person to read. Each number stands with where it comes from: the file, line and
    /// column, `written in Rust`, or which default.
    #[must_use]
    pub fn explain(&self) -> String {
        self.to_string()
    }

    fn explain_entry(&self, entry: &Entry<'_>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.snapshot.virtual_node();
        let host = entry.host.map_or_else(
            || "no gateway route is for this host".to_owned(),
            |host| format!("host {host}"),
        );
        writeln!(f, "virtual gateway: {name}, port {}: {host}", entry.port)?;
        if let Some(listener) = entry.listener {
            self.explain_entered(listener, f)?;
        }
        explain_passed(&entry.tried, f)?;
        let Some((route, sent)) = entry.route.zip(entry.sent.as_ref()) else {
            return Ok(());
        };
        let source = self.source(&route.source);
        writeln!(f, "gateway route: {} ({source})", route.gateway_route)?;
        explain_not_asked(&entry.tried, f)?;
        writeln!(f, "sent on: {}{}", sent.authority, sent.path_and_query)?;
        if let Some(host) = &sent.original_host {
            writeln!(f, "  x-envoy-original-host: {host}")?;
        }
        let path = sent.original_path.as_ref();
        path.map_or(Ok(()), |path| {
            writeln!(f, "  x-envoy-original-path: {path}")
        })
    }

    fn explain_called(&self, called: &Called<'_>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Called {
            name,
            authority,
            port,
        } = called;
        let named = |entry: &Entry<'_>| entry.route.is_some_and(|route| route.port.is_some());
        let port = match (&self.entry, port) {
            (None, Some(port)) => format!("port {port}, as called"),
            (Some(entry), Some(port)) if named(entry) => {
                format!("port {port}, the gateway route's")
            }
            (Some(_), Some(port)) => format!("port {port}, its only one"),
            (_, None) => {
                let host = self.snapshot.routes.named(name.as_str());
                let ports: Vec<_> = host.into_iter().flat_map(|host| host.ports()).collect();
                match ports[..] {
                    [only] => format!("port {only}, its only one"),
                    [] => "it has no port".to_owned(),
                    _ => "no port was named".to_owned(),
                }
            }
        };
        writeln!(f, "virtual service: {name} (authority {authority}; {port})")
    }

    fn explain_plan(&self, plan: &Plan, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Plan { retry, sources, .. } = plan;
        match &plan.route {
            Some(route) => writeln!(f, "route: {route} ({})", self.source(&sources.route))?,
            None => writeln!(f, "route: none; one target takes everything")?,
        }
        explain_not_asked(&self.tried, f)?;
        let targets = self.targets();
        self.explain_targets(&targets, f)?;
        writeln!(f, "retries: {retry} ({})", self.source(&sources.retry))?;
        if retry.max_retries() > 0 && self.safety == Safety::Unsafe && !retry.unsafe_retries() {
            writeln!(
                f,
                "  this request is not idempotent: retried only if provably unsent"
            )?;
        }
        let limits = self.limits().into_iter().map(|one| {
            let source = one.source.map(|source| self.source(source));
            let source = source.unwrap_or_else(|| "fixed".to_owned());
            let (name, limit, note) = (one.name, limit(one.limit), one.note);
            format!("limit: {name} {limit} ({source}), {note}")
        });
        f.write_str(&limits.collect::<Vec<_>>().join("\n"))?;
        for target in &targets {
            if let Some(listener) = &target.facts.listener {
                self.explain_inbound(target, listener, f)?;
            }
        }
        Ok(())
    }

    fn explain_targets(
        &self,
        targets: &[TargetShare<'_>],
        f: &mut fmt::Formatter<'_>,
    ) -> fmt::Result {
        let shares = targets.iter().map(|target| {
            let (node, weight, share) = (target.virtual_node, target.weight, target.share * 100.0);
            format!("{node} {share:.1} % (weight {weight})")
        });
        writeln!(f, "targets: {}", shares.collect::<Vec<_>>().join(", "))?;
        for target in targets {
            self.explain_endpoints(target, f)?;
        }
        Ok(())
    }

    /// How a target's endpoints are chosen, watched and spoken to.
    fn explain_endpoints(
        &self,
        target: &TargetShare<'_>,
        f: &mut fmt::Formatter<'_>,
    ) -> fmt::Result {
        let (policy, facts) = (target.policy, target.facts);
        let (node, port) = (target.virtual_node, target.port);
        write!(f, "endpoints of {node}:{port}: {}", balance(policy.balance))?;
        if let Some(check) = &policy.health_check {
            let source = self.source(&facts.health_check);
            write!(f, "; {} ({source})", Checked(check))?;
        }
        if let Some(detection) = &policy.outlier_detection {
            let source = self.source(&facts.outlier_detection);
            write!(f, "; {} ({source})", LeftOut(detection))?;
        }
        let (tls, source) = (&target.cluster.tls, self.source(&facts.tls));
        writeln!(f, "; {tls} ({source})")
    }

    fn explain_outside(&self, there: &OutsideHost, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let open = match there.is_aws() {
            true => "*.amazonaws.com is always open",
            false => "the egress filter is ALLOW_ALL",
        };
        let authority = &there.authority;
        writeln!(
            f,
            "passed through to {authority}: no backend has this host, and {open}; no retries"
        )?;
        let (defaults, source) = (self.snapshot.defaults(), self.source(&Source::Defaults));
        write!(
            f,
            "limit: request {} ({source})",
            limit(defaults.timeouts().request)
        )
    }

    /// A host that nobody has is most often a short or misspelt one.
    fn explain_host(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nearest = self
            .snapshot
            .nearest(&self.request.host)
            .filter(|_| self.virtual_service().is_none() && self.entry.is_none());
        nearest.map_or(Ok(()), |nearest| write!(f, "\nnearest backend: {nearest}"))
    }

    pub(super) fn source(&self, source: &Source) -> String {
        match source {
            Source::Defaults => format!("default: {}", self.snapshot.defaults().name()),
            said => said.to_string(),
        }
    }
}

impl fmt::Display for Decision<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let request = &self.request;
        write!(
            f,
            "{} {}://{}{}",
            request.method, request.scheme, request.authority, request.path
        )?;
        match &request.query {
            Some(query) => writeln!(f, "?{query}")?,
            None => writeln!(f)?,
        }
        match self.snapshot.mode() {
            Mode::Enforce => {}
            mode => writeln!(f, "mode: {mode}; routes, retries and more are not done")?,
        }
        if let Some(entry) = &self.entry {
            self.explain_entry(entry, f)?;
        }
        if let Some(called) = &self.called {
            self.explain_called(called, f)?;
        }
        explain_passed(&self.tried, f)?;
        match &self.verdict {
            Verdict::Route(plan) => self.explain_plan(plan, f),
            Verdict::PassThrough(host) => {
                self.explain_outside(host, f)?;
                self.explain_host(f)
            }
            Verdict::Refuse(reason) => {
                write!(f, "refused with 404 (NR): {reason}")?;
                self.explain_host(f)
            }
        }
    }
}

fn explain_passed(tried: &[Tried<'_>], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for tried in tried {
        if let Asked::Passed(mismatch) = tried.asked {
            writeln!(f, "asked before: {}: {mismatch}", tried.name())?;
        }
    }
    Ok(())
}

/// By their names only, and not of thousands.
fn explain_not_asked(tried: &[Tried<'_>], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let names = tried.iter().filter(|tried| tried.asked == Asked::NotAsked);
    let names: Vec<_> = names.map(Tried::name).collect();
    let listed = names.get(..LISTED).unwrap_or(&names).join(", ");
    match names.len().checked_sub(LISTED) {
        None if names.is_empty() => Ok(()),
        None | Some(0) => writeln!(f, "not asked: {listed}"),
        Some(more) => writeln!(f, "not asked: {listed} and {more} more"),
    }
}

const LISTED: usize = 10;
