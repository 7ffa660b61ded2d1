//! Whether what the mesh decides is done.

use std::fmt;

use crate::metric::Number;

/// Whether what the mesh decides about requests is done: for those on call, and for those who try it out.
///
/// | decision | [`Enforce`](Self::Enforce) | [`Shadow`](Self::Shadow) | [`Bypass`](Self::Bypass) |
/// |---|---|---|---|
/// | route and target | done | counted, where another one would be taken | not made |
/// | retry | done | counted | not made |
/// | a listener's connection pool | done | counted, where it would queue or shed | not kept |
/// | ejection of a failing endpoint | done | counted | not made |
/// | fault | done | counted | not made |
///
/// What is not routed goes to the virtual service that it names all the same: to the target with the greatest weight, of the
/// route that is asked last, which is the one for what is nothing special. It is tried once. Time limits stay, so does what is
/// about reach and trust: which hosts may be called, the egress filter, TLS, identities and authorization. Endpoints that are
/// found unwell, or were taken out by hand, stay out.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Mode {
    /// All of it.
    #[default]
    Enforce,
    /// Decided and counted, and not done.
    Shadow,
    /// Neither.
    Bypass,
}

impl Mode {
    /// In words.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Enforce => "enforced",
            Self::Shadow => "shadowed",
            Self::Bypass => "bypassed",
        }
    }

    /// As metrics: two gauges, of which one is 1 where the mode is not [`Enforce`](Self::Enforce).
    #[must_use]
    pub fn numbers(self) -> [Number; 2] {
        [
            Number::gauge(
                "mesh_bypass",
                "1 while routing, retries, connection pools, ejections and faults are off.",
                u64::from(self == Self::Bypass),
            ),
            Number::gauge(
                "mesh_shadow",
                "1 while routing, retries, connection pools, ejections and faults are decided and not done.",
                u64::from(self == Self::Shadow),
            ),
        ]
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A kind of decision that is not done in [`Mode::Shadow`]: the value of the label `decision` of
/// `mesh_shadow_decisions_total`.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum Shadowed {
    /// Another target would have been taken, or none.
    Route,
    /// The request would have been tried again.
    Retry,
    /// The request would have waited, or would have been shed.
    Limit,
    /// An endpoint would have been put out.
    Ejection,
    /// The request would have met a fault.
    Fault,
}

impl Shadowed {
    /// All of them, in the order of [`index`](Self::index).
    pub const ALL: [Self; 5] = [
        Self::Route,
        Self::Retry,
        Self::Limit,
        Self::Ejection,
        Self::Fault,
    ];

    /// The position in [`ALL`](Self::ALL).
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }

    /// The label's value.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Route => "route",
            Self::Retry => "retry",
            Self::Limit => "limit",
            Self::Ejection => "ejection",
            Self::Fault => "fault",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_decision_stands_where_its_index_says() {
        for (index, decision) in Shadowed::ALL.into_iter().enumerate() {
            assert_eq!(decision.index(), index, "{decision:?}");
        }
    }

    #[test]
    fn one_gauge_tells_each_mode_that_is_not_the_usual_one() {
        let values = |mode: Mode| mode.numbers().map(|number| number.value);
        assert_eq!(values(Mode::Enforce), [0, 0]);
        assert_eq!(values(Mode::Bypass), [1, 0]);
        assert_eq!(values(Mode::Shadow), [0, 1]);
    }
}
