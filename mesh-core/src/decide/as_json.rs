//! A decision as JSON.

use std::fmt;

use super::{
    Decision, EffectiveLimit, Entry, TargetShare, Tried,
    json::{Json, list, millis, or_null, text},
};
use crate::snapshot::{
    Plan, Source, Verdict,
    words::{Checked, LeftOut, balance},
};

impl Decision<'_> {
    /// What happens to the request and why, as one JSON object on one line, its keys always in this order.
    ///
    /// # Shape
    /// ```json
    /// {"request": {"method": "GET", "scheme": "http", "authority": "orders.local", "path": "/", "query": null},
    ///  "mode": "enforced",
    ///  "gateway": {"name": "in", "port": 80, "host": "*",
    ///              "listener": {"protocol": "http", "source": "mesh.yaml:8:5", "connection_pool": null,
    ///                           "tls": {"is": "plain text", "source": "default: App Mesh"}},
    ///              "tried": [], "route": "shop", "source": "mesh.yaml:9:5",
    ///              "sent": {"authority": "orders.local", "port": 80, "path_and_query": "/", "original_host": "shop.example",
    ///                       "original_path": null}},
    ///  "verdict": "route",
    ///  "reason": null,
    ///  "virtual_service": "orders.local",
    ///  "tried": [{"route": "canary", "result": "not: header x-canary is present"}, {"route": "all", "result": "took it"}],
    ///  "route": "all",
    ///  "source": "mesh.yaml:12:9",
    ///  "targets": [{"virtual_node": "v1", "port": 8080, "weight": 9, "share": 0.9, "balance": "one after the other",
    ///               "health_check": null, "outlier_detection": null,
    ///               "tls": {"is": "plain text", "source": "default: App Mesh"},
    ///               "inbound": {"request_millis": 15000, "source": "default: App Mesh",
    ///                           "silence_millis": 300000, "silence_source": "default: App Mesh", "connection_pool": null,
    ///                           "tls": {"is": "plain text", "source": "default: App Mesh"}}}],
    ///  "retry": {"max": 2, "is": "2 retries on 503", "source": "default: App Mesh"},
    ///  "limits": [{"name": "request", "millis": 15000, "note": "from the end", "source": "default: App Mesh"}]}
    /// ```
    /// `gateway` is null for a node; `verdict` is `route`, `pass-through` or `refuse`; `reason` says where it passes through to, or why
    /// it is refused; what is not there is null, and a list without members is empty. A health check, an outlier
    /// detection or a connection pool is like `tls`, with `is` and `source`. `tls` of a target is how it is spoken to, that of
    /// `inbound` what its listener offers and asks for; the `source` of `inbound` is that of its request limit.
    ///
    /// # Units
    /// Milliseconds; a share from 0 to 1.
    ///
    /// # Examples
    /// ```
    /// use mesh_core::{Defaults, Head, compile};
    ///
    /// let nothing = compile::services([], Defaults::Safe)?;
    /// let json = nothing.decide(&Head::get("http://orders/")).to_json();
    /// assert!(json.contains(r#""verdict": "refuse", "reason": "no virtual service is called \"orders\"""#));
    /// # Ok::<(), mesh_core::compile::CompileError>(())
    /// ```
    #[must_use]
    pub fn to_json(&self) -> String {
        self.json().to_string()
    }

    fn json(&self) -> Json {
        let (verdict, reason) = match &self.verdict {
            Verdict::Route(_) => ("route", None),
            Verdict::PassThrough(host) => ("pass-through", Some(host.authority.to_string())),
            Verdict::Refuse(reason) => ("refuse", Some(reason.to_string())),
        };
        let plan = self.plan();
        let entry = self.entry().map(|entry| self.entry_json(entry));
        let source = plan.map(|plan| Json::Text(self.source(&plan.sources.route)));
        let targets = list(&self.targets(), |target| self.target_json(target));
        let limits = list(&self.limits(), |limit| self.limit_json(limit));
        Json::Object(vec![
            ("request", self.request_json()),
            ("mode", text(&self.snapshot.mode())),
            ("gateway", or_null(entry)),
            ("verdict", text(verdict)),
            ("reason", or_null(reason.map(Json::Text))),
            ("virtual_service", or_null(self.virtual_service().map(text))),
            ("tried", list(&self.tried, tried)),
            ("route", or_null(self.route().map(text))),
            ("source", or_null(source)),
            ("targets", targets),
            ("retry", or_null(plan.map(|plan| self.retry_json(plan)))),
            ("limits", limits),
        ])
    }

    fn request_json(&self) -> Json {
        let request = &self.request;
        Json::Object(vec![
            ("method", text(&request.method)),
            ("scheme", text(&request.scheme)),
            ("authority", text(&request.authority)),
            ("path", text(&request.path)),
            ("query", or_null(request.query.as_deref().map(text))),
        ])
    }

    fn retry_json(&self, plan: &Plan) -> Json {
        let source = self.source(&plan.sources.retry);
        Json::Object(vec![
            ("max", Json::from(self.retries())),
            ("is", text(&plan.retry)),
            ("source", Json::Text(source)),
        ])
    }

    fn entry_json(&self, entry: &Entry<'_>) -> Json {
        let sent = entry.sent.as_ref().map(|sent| {
            Json::Object(vec![
                ("authority", text(&sent.authority)),
                ("port", or_null(sent.port.map(Json::from))),
                ("path_and_query", text(&sent.path_and_query)),
                (
                    "original_host",
                    or_null(sent.original_host.as_ref().map(text)),
                ),
                (
                    "original_path",
                    or_null(sent.original_path.as_ref().map(text)),
                ),
            ])
        });
        let route = entry.route;
        let listener = entry.listener.map(|listener| self.entered_json(listener));
        Json::Object(vec![
            ("name", text(self.snapshot.virtual_node())),
            ("port", Json::from(entry.port.get())),
            ("host", or_null(entry.host.map(text))),
            ("listener", or_null(listener)),
            ("tried", list(&entry.tried, tried)),
            (
                "route",
                or_null(route.map(|route| text(&route.gateway_route))),
            ),
            (
                "source",
                or_null(route.map(|route| Json::Text(self.source(&route.source)))),
            ),
            ("sent", or_null(sent)),
        ])
    }

    fn target_json(&self, target: &TargetShare<'_>) -> Json {
        let TargetShare { policy, facts, .. } = target;
        let check = policy.health_check.as_ref();
        let check = check.map(|check| self.said(&Checked(check), &facts.health_check));
        let detection = policy.outlier_detection.as_ref();
        let detection = detection.map(|one| self.said(&LeftOut(one), &facts.outlier_detection));
        let inbound = facts.listener.as_ref();
        Json::Object(vec![
            ("virtual_node", text(target.virtual_node)),
            ("port", Json::from(target.port.get())),
            ("weight", Json::Number(target.weight)),
            ("share", Json::Share(target.share)),
            ("balance", text(balance(policy.balance))),
            ("health_check", or_null(check)),
            ("outlier_detection", or_null(detection)),
            ("tls", self.said(&target.cluster.tls, &facts.tls)),
            (
                "inbound",
                or_null(inbound.map(|listener| self.inbound_json(listener))),
            ),
        ])
    }

    /// Something in words, with where it was written.
    pub(super) fn said(&self, is: &dyn fmt::Display, source: &Source) -> Json {
        Json::Object(vec![
            ("is", text(is)),
            ("source", Json::Text(self.source(source))),
        ])
    }

    fn limit_json(&self, limit: &EffectiveLimit<'_>) -> Json {
        let source = limit.source.map(|source| self.source(source));
        Json::Object(vec![
            ("name", text(limit.name)),
            ("millis", or_null(limit.limit.map(millis))),
            ("note", text(limit.note)),
            (
                "source",
                Json::Text(source.unwrap_or_else(|| "fixed".to_owned())),
            ),
        ])
    }
}

fn tried(tried: &Tried<'_>) -> Json {
    Json::Object(vec![
        ("route", or_null(tried.route.map(text))),
        ("result", text(&tried.asked)),
    ])
}
