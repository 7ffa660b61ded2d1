//! A decision as text.

use std::{fmt, time::Duration};

use super::Decision;
use crate::{
    balance::Algorithm,
    health::HealthCheck,
    mode::Mode,
    outlier::OutlierDetection,
    retry::Safety,
    route::OutsideHost,
    snapshot::{Plan, Source, Verdict},
    timeout::RequestEnds,
    unit::Protocol,
};

impl Decision<'_> {
    /// What happens to the request and why, for a person to read.
    #[must_use]
    pub fn explain(&self) -> String {
        self.to_string()
    }

    fn explain_plan(&self, plan: &Plan, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &plan.route {
            Some(route) => writeln!(f, "route: {route}")?,
            None => writeln!(f, "route: none; one target takes everything")?,
        }
        let shares = self.shares();
        let shares = shares
            .iter()
            .map(|(node, share)| format!("{node} {:.1} %", share * 100.0));
        writeln!(f, "targets: {}", shares.collect::<Vec<_>>().join(", "))?;
        self.explain_endpoints(plan, f)?;
        let Plan { retry, sources, .. } = plan;
        writeln!(f, "retries: {retry} ({})", self.source(sources.retry))?;
        if retry.max_retries() > 0 && self.safety == Safety::Unsafe && !retry.unsafe_retries() {
            writeln!(
                f,
                "  this request is not idempotent: retried only if provably unsent"
            )?;
        }
        self.explain_limits(plan, f)
    }

    /// How each target's endpoints are chosen and watched.
    fn explain_endpoints(&self, plan: &Plan, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (id, _) in plan.targets.shares() {
            let spec = self.snapshot.clusters().get(id.index());
            let policy = self.snapshot.cluster_policies().get(id.index());
            let Some((spec, policy)) = spec.zip(policy) else {
                continue;
            };
            write!(
                f,
                "endpoints of {}: {}",
                spec.virtual_node,
                balance(policy.balance)
            )?;
            if let Some(check) = &policy.health_check {
                write!(f, "; {}", Asked(check))?;
            }
            if let Some(detection) = &policy.outlier_detection {
                write!(f, "; {}", LeftOut(detection))?;
            }
            writeln!(f)?;
        }
        Ok(())
    }

    fn explain_limits(&self, plan: &Plan, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Plan {
            timeouts, sources, ..
        } = plan;
        let ends = match timeouts.request_ends {
            RequestEnds::Response => {
                "from the end of the request to the end of the response; a longer stream is cut"
            }
            RequestEnds::Head => "from the end of the request to the response head",
        };
        let request = limit(timeouts.request);
        writeln!(
            f,
            "limit: request {request}, {ends} ({})",
            self.source(sources.request)
        )?;
        if let Some(per_try) = timeouts.per_try {
            let ignored = if timeouts.effective_per_try().is_none() {
                "; without effect, the request limit is not longer"
            } else {
                ""
            };
            writeln!(f, "limit: each attempt {per_try:?} (route{ignored})")?;
        }
        writeln!(
            f,
            "limit: silence {} ({})",
            limit(timeouts.idle),
            self.source(sources.idle)
        )?;
        write!(f, "limit: connecting {:?} (fixed)", timeouts.connect)
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
        let (defaults, source) = (self.snapshot.defaults(), self.source(Source::Defaults));
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
            .nearest(&self.host)
            .filter(|_| self.virtual_service().is_none());
        nearest.map_or(Ok(()), |nearest| write!(f, "\nnearest backend: {nearest}"))
    }

    fn source(&self, source: Source) -> String {
        match source {
            Source::Route => "route".to_owned(),
            Source::Defaults => format!("default: {}", self.snapshot.defaults().name()),
        }
    }
}

impl fmt::Display for Decision<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.request)?;
        match self.snapshot.mode() {
            Mode::Enforce => {}
            mode => writeln!(f, "mode: {mode}; routes, retries and more are not done")?,
        }
        if let Some(service) = self.virtual_service() {
            writeln!(f, "virtual service: {service}")?;
        }
        for passed in &self.passed {
            let name = passed.route.map_or("(unnamed)", |route| route.as_str());
            writeln!(f, "asked before: {name}: {}", passed.mismatch)?;
        }
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

/// How an endpoint is asked whether it is well.
struct Asked<'a>(&'a HealthCheck);

impl fmt::Display for Asked<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(check) = self;
        write!(f, "asked over {}", check.protocol())?;
        if matches!(check.protocol(), Protocol::Http | Protocol::Http2) {
            write!(f, " for {}", check.path_or_root())?;
        }
        write!(
            f,
            " every {:?}, {:?} for an answer, unwell after {} bad ones, well after {} good ones",
            check.interval(),
            check.timeout(),
            check.unhealthy_threshold(),
            check.healthy_threshold()
        )
    }
}

/// When an endpoint is left out for its failures.
struct LeftOut<'a>(&'a OutlierDetection);

impl fmt::Display for LeftOut<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(detection) = self;
        write!(
            f,
            "left out after {} failures in a row for {:?} times its ejections, looked at every {:?}, {} % of them at most",
            detection.max_server_errors(),
            detection.base_ejection(),
            detection.interval(),
            detection.max_ejection_percent()
        )
    }
}

fn balance(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::RoundRobin => "one after the other",
        Algorithm::LeastRequest => "of two the one with fewer requests",
    }
}

fn limit(limit: Option<Duration>) -> String {
    limit.map_or_else(|| "unlimited".to_owned(), |limit| format!("{limit:?}"))
}
