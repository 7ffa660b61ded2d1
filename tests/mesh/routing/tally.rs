//! What comes of comparing many requests.

use std::{collections::BTreeMap, fmt};

use mesh_core::Snapshot;

use super::{
    compare::{Answer, Pair},
    envoy_host::OUTSIDE,
    explained,
    role::Role,
};

/// How many requests had which outcome.
#[derive(Default)]
pub(super) struct Tally {
    pub(super) cases: usize,
    /// Those that both let a route of the mesh take.
    pub(super) taken: usize,
    /// Those that the same gateway route takes, and no route behind.
    entered: usize,
    outside: usize,
    nothing: usize,
    explained: BTreeMap<&'static str, usize>,
    unexplained: usize,
    /// The first of these.
    shown: Vec<String>,
}

impl Tally {
    /// Counts one; `of` says which mesh it was.
    pub(super) fn add(&mut self, of: &str, role: &Role, snapshot: &Snapshot, pair: &Pair) {
        self.cases += 1;
        if pair.envoy == pair.ours {
            match &pair.envoy {
                Answer::Taken(route) if route == OUTSIDE => self.outside += 1,
                Answer::Taken(_) => self.taken += 1,
                Answer::Entered(_) => self.entered += 1,
                _ => self.nothing += 1,
            }
            return;
        }
        match explained::kind(snapshot, pair) {
            Some(kind) => *self.explained.entry(kind).or_default() += 1,
            None => self.wrong(of, role, pair),
        }
    }

    fn wrong(&mut self, of: &str, role: &Role, pair: &Pair) {
        self.unexplained += 1;
        if self.shown.len() < SHOWN {
            let Pair {
                ask, envoy, ours, ..
            } = pair;
            self.shown.push(format!(
                "{of}: {role:#?}\n{ask:?}\n  envoy {envoy:?}\n  ours  {ours:?}"
            ));
        }
    }

    /// # Panics
    /// If anything differs without a reason.
    pub(super) fn check(&self) {
        assert!(self.unexplained == 0, "{}", self.shown.join("\n\n"));
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            taken,
            entered,
            outside,
            nothing,
            unexplained,
            ..
        } = self;
        write!(
            f,
            "{taken} take the same route, {entered} the same gateway route and none behind, {outside} go out of the mesh, \
             {nothing} find no route"
        )?;
        for (kind, count) in &self.explained {
            write!(f, "\n{count} explained: {kind}")?;
        }
        write!(f, "\n{unexplained} differ")
    }
}

/// A mesh is long.
const SHOWN: usize = 3;
