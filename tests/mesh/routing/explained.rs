//! Why both may make something else of a request: at most eight kinds, each with a source and with what shows it.

use mesh_core::{
    Head, Snapshot,
    route::{NoRoute, OutsideHost},
    snapshot::Verdict,
};

use super::{
    ask::{Ask, Wire},
    compare::{Answer, Pair},
    envoy_host::OUTSIDE,
    shown,
    sidecar::{
        has_hidden_dots, with_headers_of_a_proxy, with_one_authority, with_one_cookie,
        with_plain_dots, with_port,
    },
};

/// One kind of difference.
pub(super) struct Kind {
    pub(super) name: &'static str,
    pub(super) source: &'static str,
    because: Because,
    /// A request to [`shown`]'s mesh, and what Envoy and ours make of it.
    pub(super) shown: fn() -> (Ask, [Answer; 2]),
}

/// How a difference of this kind is known.
enum Because {
    /// A sidecar sees another request, of which both make the same.
    Sees(fn(&Ask) -> Ask),
    /// That; of a gateway, whose proxy brings the path into its normal form twice, the first half of it.
    SeesAtFirst(fn(&Ask) -> Ask, fn(&Ask) -> bool),
    /// The answers say so: Envoy's, and why ours is none.
    Says(fn(&Snapshot, &Ask, &Answer) -> bool),
}

pub(super) const KINDS: [Kind; 8] = [
    Kind {
        name: "what is no `http::Uri`",
        source: "the `http` crate: `Uri` takes neither blanks nor `<`, `>` and backticks, no quote in a query, and leaves out what follows a `#`",
        because: Because::Says(|_, ask, envoy| match ask.request() {
            Ok(_) => ask.target.contains('#') && *envoy == Answer::Refused(400),
            Err(_) => ask.target.contains([' ', '<', '`', '"']),
        }),
        shown: shown::no_uri,
    },
    Kind {
        name: "what Envoy refuses before it is routed",
        source: "Envoy, `Response Code Details`: codec errors, `path_normalization_failed`, `absolute_path_rejected`",
        because: Because::Says(|_, ask, envoy| match envoy {
            Answer::Refused(400) => is_malformed(ask),
            Answer::Nothing => has_no_path(ask) || has_no_scheme(ask),
            _ => false,
        }),
        shown: shown::refused,
    },
    Kind {
        name: "a service with several ports, of which none is named",
        source: "the design, row `Head rewriting per attempt`: none = the service's only listener (several: an error that lists them)",
        because: Because::Sees(with_port),
        shown: shown::several_ports,
    },
    Kind {
        name: "a port in the URI and another in `Host`, or two lines of it",
        source: "the design, row `Head rewriting per attempt`: port = the URI's; RFC 9112, section 3.2: two lines are a bad request",
        because: Because::Sees(with_one_authority),
        shown: shown::two_ports,
    },
    Kind {
        name: "what would go out of the mesh, to no host or by TLS",
        source: "the design, rows `Head rewriting per attempt` (the egress filter decides) and `Identity` (fail closed, always)",
        because: Because::Says(|snapshot, ask, envoy| {
            let Ok(request) = ask.request() else {
                return false;
            };
            let head = Head::from(&request);
            *envoy == Answer::Taken(OUTSIDE.to_owned())
                && matches!(
                    snapshot.route(&head),
                    Verdict::Refuse(NoRoute::UnknownHost { .. } | NoRoute::NeedsTls { .. })
                )
                && OutsideHost::of(&head).is_err()
        }),
        shown: shown::tls_outside,
    },
    Kind {
        name: "headers that a proxy writes, removes or reads for itself",
        source: "Envoy, `HTTP header manipulation`: x-request-id, x-forwarded-proto, x-envoy-internal, hop-by-hop headers",
        because: Because::Sees(with_headers_of_a_proxy),
        shown: shown::of_a_proxy,
    },
    Kind {
        name: "a dot segment with parameters that is not written plainly",
        source: "Envoy, `normalize_path`: RFC 3986, by which `%2E` and `.` are the same, and a normal form is one",
        because: Because::SeesAtFirst(with_plain_dots, has_hidden_dots),
        shown: shown::dots,
    },
    Kind {
        name: "lines of `cookie`, over HTTP/2",
        source: "RFC 9113, section 8.2.3: they are one before they are looked at; which version is spoken, a route does not know",
        because: Because::Sees(with_one_cookie),
        shown: shown::cookies,
    },
];

/// The kind of a difference; `None`: there is no reason for it.
pub(super) fn kind(snapshot: &Snapshot, pair: &Pair) -> Option<&'static str> {
    let Pair { ask, envoy, .. } = pair;
    let alone = KINDS
        .iter()
        .find(|kind| kind.explains(snapshot, ask, envoy));
    alone.map(|kind| kind.name).or_else(|| {
        let mut all = ask.clone();
        for kind in &KINDS {
            if let Because::Sees(sees) | Because::SeesAtFirst(sees, _) = kind.because {
                all = sees(&all);
            }
        }
        let same = Answer::ours(snapshot, &all) == *envoy;
        let explained = same
            || KINDS
                .iter()
                .any(|kind| kind.explains(snapshot, &all, envoy));
        explained.then_some("several of these")
    })
}

impl Kind {
    fn explains(&self, snapshot: &Snapshot, ask: &Ask, envoy: &Answer) -> bool {
        match self.because {
            Because::Sees(sees) => Answer::ours(snapshot, &sees(ask)) == *envoy,
            Because::SeesAtFirst(sees, at_first) => {
                let ours = Answer::ours(snapshot, &sees(ask));
                let half = || ours.gateway_route() == envoy.gateway_route();
                ours == *envoy || ask.by_gateway && at_first(ask) && half()
            }
            Because::Says(says) => says(snapshot, ask, envoy),
        }
    }
}

fn is_malformed(ask: &Ask) -> bool {
    let http1 = ask.wire != Wire::Http2;
    let unknown = (http1 || ask.by_gateway) && ["get", "FOO"].contains(&ask.method.as_str());
    let raw = http1 && !ask.target.is_ascii();
    let host = ask.hosts.iter().any(|host| host.contains([' ', '/', '@']));
    let whole = ask.origin.as_ref().filter(|_| ask.wire == Wire::Absolute);
    let no_name = |authority: &str| authority.contains('_') || authority.starts_with(':');
    let host = host || whole.is_some_and(|(_, authority)| no_name(authority));
    let port = ask.target.rsplit_once(':').map(|(_, port)| port);
    let port = port.is_some_and(|port| port.parse::<u16>().is_ok());
    let tunnel = ask.method == "CONNECT" && !port;
    unknown || raw || host || tunnel || ask.target.contains("%00")
}

fn has_no_path(ask: &Ask) -> bool {
    ask.target == "*" || ask.wire == Wire::Absolute && ask.target.starts_with('?')
}

fn has_no_scheme(ask: &Ask) -> bool {
    let mut protos = ask
        .headers
        .iter()
        .filter(|(name, _)| name == "x-forwarded-proto");
    protos.any(|(_, proto)| proto.trim().is_empty())
}
