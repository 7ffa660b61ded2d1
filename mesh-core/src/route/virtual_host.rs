//! One virtual service: its ports, and the rules behind each.

use super::{Head, NoRoute, Rule, index::Index, order};
use crate::{name::VirtualServiceName, unit::Port};

/// One virtual service and the ports it is called on.
#[derive(Clone, Debug)]
pub struct VirtualHost<P> {
    name: VirtualServiceName,
    listeners: Box<[ListenerRoutes<P>]>,
}

impl<P> VirtualHost<P> {
    /// A virtual service with its ports; without any it is known and takes nothing.
    pub fn new(
        name: VirtualServiceName,
        listeners: impl IntoIterator<Item = ListenerRoutes<P>>,
    ) -> Self {
        Self {
            name,
            listeners: listeners.into_iter().collect(),
        }
    }

    /// The name it is called by.
    #[must_use]
    pub fn name(&self) -> &VirtualServiceName {
        &self.name
    }

    /// The ports it is called on.
    pub fn ports(&self) -> impl Iterator<Item = Port> {
        self.listeners.iter().map(|listener| listener.port)
    }

    /// What the first route holds that takes the request.
    ///
    /// # Errors
    /// [`NoRoute::AmbiguousPort`] and [`NoRoute::NoMatch`].
    pub fn find(&self, head: &Head<'_>) -> Result<&P, NoRoute> {
        let rule = self.listener(head)?.find(head);
        rule.map(Rule::target).ok_or_else(|| self.no_match())
    }

    /// The rules of the port that was called, in the order in which they are asked.
    ///
    /// # Errors
    /// [`NoRoute::AmbiguousPort`] if no port was named and there are several, [`NoRoute::NoMatch`] if there is none.
    pub fn rules(&self, head: &Head<'_>) -> Result<&[Rule<P>], NoRoute> {
        self.listener(head).map(|listener| &*listener.rules)
    }

    fn listener(&self, head: &Head<'_>) -> Result<&ListenerRoutes<P>, NoRoute> {
        let listener = match (head.port(), &*self.listeners) {
            (None, [only]) => Some(only),
            (None, [_, _, ..]) => return Err(self.ambiguous_port()),
            (port, listeners) => listeners
                .iter()
                .find(|listener| Some(listener.port.get()) == port),
        };
        listener.ok_or_else(|| self.no_match())
    }

    /// The same ports, each with one rule that takes everything: what `of` makes of the rule that is asked last there.
    pub(super) fn flattened<Q>(&self, of: &mut impl FnMut(&P) -> Q) -> VirtualHost<Q> {
        let listeners = self.listeners.iter().map(|listener| {
            let last = listener.rules.last().map(Rule::target);
            let rule = last.map(|target| Rule::catch_all(of(target)));
            ListenerRoutes::new(listener.port, rule)
        });
        VirtualHost::new(self.name.clone(), listeners)
    }

    /// Its ports with their rules.
    pub(crate) fn listeners(&self) -> &[ListenerRoutes<P>] {
        &self.listeners
    }

    /// A service without listeners answers on every port, with a 404.
    pub(crate) fn listens(&self, port: u16) -> bool {
        self.listeners.is_empty() || self.ports().any(|listener| listener.get() == port)
    }

    fn no_match(&self) -> NoRoute {
        NoRoute::NoMatch {
            virtual_service: self.name.clone(),
        }
    }

    fn ambiguous_port(&self) -> NoRoute {
        let virtual_service = self.name.clone();
        NoRoute::AmbiguousPort {
            virtual_service,
            ports: self.ports().collect(),
        }
    }
}

/// The rules behind one port.
#[derive(Clone, Debug)]
pub struct ListenerRoutes<P> {
    port: Port,
    /// By [`order::rank`].
    rules: Box<[Rule<P>]>,
    index: Index,
}

impl<P> ListenerRoutes<P> {
    /// Puts rules into the order in which they are asked.
    pub fn new(port: Port, rules: impl IntoIterator<Item = Rule<P>>) -> Self {
        let mut rules: Box<[_]> = rules.into_iter().collect();
        rules.sort_by(|a, b| order::rank(a).cmp(&order::rank(b)));
        let index = Index::new(&rules);
        Self { port, rules, index }
    }

    /// The first rule that takes the request.
    pub(super) fn find(&self, head: &Head<'_>) -> Option<&Rule<P>> {
        let takes = |rank| {
            self.rules
                .get(rank)
                .is_some_and(|rule: &Rule<P>| rule.conditions.complete(head))
        };
        self.rules.get(self.index.find(head, takes)?)
    }

    /// The port.
    pub(crate) fn port(&self) -> Port {
        self.port
    }

    /// The rules, in the order in which they are asked.
    pub(crate) fn rules(&self) -> &[Rule<P>] {
        &self.rules
    }
}
