//! Where requests come into a mesh: the hosts and rules of a gateway's listeners.

use std::{cmp::Reverse, fmt};

use super::{Head, ListenerRoutes, NoRoute, Rule, table::compare};
use crate::unit::Port;

/// The listeners of a gateway, each with the hosts that it takes requests for.
#[derive(Clone, Debug)]
pub struct IngressTable<P> {
    listeners: Box<[IngressListener<P>]>,
}

impl<P> IngressTable<P> {
    /// Takes the listeners; of two of one port, the first stands.
    pub fn new(listeners: impl IntoIterator<Item = IngressListener<P>>) -> Self {
        let listeners = listeners.into_iter().collect();
        Self { listeners }
    }

    /// What the first rule holds that takes the request which came in on this port.
    ///
    /// The hosts are not fallen back through: where one is that of the request, only its rules count.
    ///
    /// # Errors
    /// [`NoRoute::NoListener`] and [`NoRoute::NoGatewayRoute`].
    pub fn find(&self, head: &Head<'_>, port: Port) -> Result<&P, NoRoute> {
        let found = self.host(head, port)?.and_then(|host| host.find(head));
        found.ok_or_else(|| NoRoute::no_gateway_route(head))
    }

    /// The host whose rules are asked; `None` if there is none for the request's.
    ///
    /// # Errors
    /// [`NoRoute::NoListener`].
    pub fn host(&self, head: &Head<'_>, port: Port) -> Result<Option<&IngressHost<P>>, NoRoute> {
        let mut listeners = self.listeners.iter();
        let listener = listeners.find(|listener| listener.port == port);
        let listener = listener.ok_or(NoRoute::NoListener { port })?;
        Ok(listener.host(head))
    }

    /// The listeners.
    #[must_use]
    pub fn listeners(&self) -> &[IngressListener<P>] {
        &self.listeners
    }
}

/// A gateway's port, and the hosts that it takes requests for.
#[derive(Clone, Debug)]
pub struct IngressListener<P> {
    port: Port,
    /// By [`compare`] of their names.
    exact: Box<[IngressHost<P>]>,
    /// The longest first; then the one that is for any host.
    others: Box<[IngressHost<P>]>,
}

impl<P> IngressListener<P> {
    /// A port with its hosts; of two with the same pattern, the first stands.
    pub fn new(port: Port, hosts: impl IntoIterator<Item = IngressHost<P>>) -> Self {
        let hosts = hosts.into_iter();
        let (mut exact, mut others): (Vec<_>, Vec<_>) =
            hosts.partition(|host| matches!(host.pattern, HostPattern::Exact(_)));
        exact.sort_by(|a, b| compare(a.pattern.text(), b.pattern.text()));
        exact.dedup_by(|a, b| compare(a.pattern.text(), b.pattern.text()).is_eq());
        others.sort_by_key(|host| Reverse(host.pattern.text().len()));
        Self {
            port,
            exact: exact.into(),
            others: others.into(),
        }
    }

    /// The port.
    #[must_use]
    pub fn port(&self) -> Port {
        self.port
    }

    /// The hosts in the order in which they are looked for.
    pub fn hosts(&self) -> impl Iterator<Item = &IngressHost<P>> {
        self.exact.iter().chain(&self.others)
    }

    /// A host with another port than the listener's is none of those that were named.
    fn host(&self, head: &Head<'_>) -> Option<&IngressHost<P>> {
        let name = head.host();
        let is_here = head.port().is_none_or(|port| port == self.port.get());
        if is_here {
            let named = |host: &IngressHost<P>| compare(host.pattern.text(), name);
            if let Ok(at) = self.exact.binary_search_by(named) {
                return self.exact.get(at);
            }
        }
        let mut others = self.others.iter();
        others.find(|host| match &host.pattern {
            HostPattern::Any => true,
            pattern => is_here && pattern.ends(name),
        })
    }
}

/// A host that a gateway takes requests for, and its rules.
#[derive(Clone, Debug)]
pub struct IngressHost<P> {
    pattern: HostPattern,
    routes: ListenerRoutes<P>,
}

impl<P> IngressHost<P> {
    /// A host with its rules, in any order; the port is the listener's.
    pub fn new(pattern: HostPattern, port: Port, rules: impl IntoIterator<Item = Rule<P>>) -> Self {
        let routes = ListenerRoutes::new(port, rules);
        Self { pattern, routes }
    }

    /// Which hosts it is.
    #[must_use]
    pub fn pattern(&self) -> &HostPattern {
        &self.pattern
    }

    /// Its rules, in the order in which they are asked.
    #[must_use]
    pub fn rules(&self) -> &[Rule<P>] {
        self.routes.rules()
    }

    fn find(&self, head: &Head<'_>) -> Option<&P> {
        self.routes.find(head).map(Rule::target)
    }
}

/// Which hosts a gateway takes requests for; letters count without their case.
///
/// # Source
/// App Mesh API model, `GatewayRouteHostnameMatch`; measured on Envoy 1.40.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum HostPattern {
    /// This one.
    Exact(Box<str>),
    /// Those that end so and are longer: `.example.com` takes neither `example.com` nor itself.
    Suffix(Box<str>),
    /// All, whatever port is named.
    Any,
}

impl HostPattern {
    fn text(&self) -> &str {
        match self {
            Self::Exact(text) | Self::Suffix(text) => text,
            Self::Any => "",
        }
    }

    fn ends(&self, host: &str) -> bool {
        let suffix = self.text().as_bytes();
        let start = host.len().checked_sub(suffix.len());
        let end = start.filter(|start| *start > 0);
        let end = end.and_then(|start| host.as_bytes().get(start..));
        end.is_some_and(|end| end.eq_ignore_ascii_case(suffix))
    }
}

impl fmt::Display for HostPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact(host) => f.write_str(host),
            Self::Suffix(suffix) => write!(f, "*{suffix}"),
            Self::Any => f.write_str("*"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn port(port: i64) -> Port {
        Port::new(port).unwrap()
    }

    fn table(patterns: impl IntoIterator<Item = HostPattern>) -> IngressTable<String> {
        let host = |pattern: HostPattern| {
            let rule = Rule::catch_all(pattern.to_string());
            IngressHost::new(pattern, port(8080), [rule])
        };
        let hosts: Vec<_> = patterns.into_iter().map(host).collect();
        IngressTable::new([IngressListener::new(port(8080), hosts)])
    }

    fn exact(text: &str) -> HostPattern {
        HostPattern::Exact(text.into())
    }

    fn suffix(text: &str) -> HostPattern {
        HostPattern::Suffix(text.into())
    }

    #[test]
    fn an_exact_host_goes_before_a_suffix_the_longest_suffix_first_and_any_last() {
        let table = table([
            HostPattern::Any,
            suffix(".com"),
            suffix(".Example.com"),
            exact("A.example.com"),
            exact("b.org"),
        ]);
        let rows = [
            ("a.EXAMPLE.com", "A.example.com"),
            ("b.example.com", "*.Example.com"),
            ("x.y.example.COM", "*.Example.com"),
            ("example.com", "*.com"),
            (".example.com", "*.com"),
            (".com", "*"),
            ("b.org", "b.org"),
            ("a.b.org", "*"),
            ("", "*"),
        ];
        for (host, expected) in rows {
            let head = Head::get("/").header("host", host);
            let found = table.find(&head, port(8080)).map(String::as_str);
            assert_eq!(found, Ok(expected), "{host}");
        }
    }

    #[test]
    fn a_host_may_name_the_listeners_port_and_another_one_misses_it() {
        let named = table([exact("a.com"), suffix(".b.com")]);
        let any = table([exact("a.com"), suffix(".b.com"), HostPattern::Any]);
        for (host, expected) in [
            ("a.com:8080", Some("a.com")),
            ("x.b.com:8080", Some("*.b.com")),
            ("a.com:80", None),
            ("x.b.com:80", None),
            ("a.com:", None),
        ] {
            let head = Head::get("/").header("host", host);
            let found = named.find(&head, port(8080)).ok();
            assert_eq!(found.map(String::as_str), expected, "{host}");
            let found = any.find(&head, port(8080)).map(String::as_str);
            assert_eq!(found, Ok(expected.unwrap_or("*")), "{host}");
        }
    }

    #[test]
    fn a_port_without_a_listener_is_told() {
        let table = table([HostPattern::Any]);
        let refused = table.find(&Head::get("http://a/"), port(80));
        assert_eq!(refused, Err(NoRoute::NoListener { port: port(80) }));
    }
}
