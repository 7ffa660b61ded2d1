//! Whom attempts may go to at all, before one of them is chosen.

/// What is against sending an attempt to an endpoint.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Standing {
    /// Nothing.
    Usable,
    /// Its health checks, or its failures.
    Ailing,
    /// It is checked, and has not answered yet.
    Unheard,
    /// Somebody took it out by hand.
    Withdrawn,
}

/// Which endpoints of a cluster take attempts.
///
/// # Source
/// Envoy, "Panic threshold", at the 50 % that App Mesh left it at: with fewer than half of the endpoints usable, the usable
/// ones would be overrun, so what is known against the others is ignored. Exactly half is enough. What was withdrawn by hand
/// is no part of that sum, and stays out.
///
/// With one difference: who has not answered a check yet is no part of it either while anybody is usable, as Envoy does it only
/// when told to (`ignore_new_hosts_until_first_hc`). By Envoy's default, two healthy endpoints that grow to five are in panic
/// until the new ones have answered, and requests go to them before they are ready.
///
/// # Examples
/// ```
/// use mesh_core::balance::{Admission, Standing::{Ailing, Unheard, Usable, Withdrawn}};
///
/// assert_eq!(Admission::of([Usable, Ailing]), Admission::Usable);
/// assert_eq!(Admission::of([Usable, Unheard, Unheard]), Admission::Usable);
/// assert_eq!(Admission::of([Unheard, Unheard]), Admission::Panic); // there is no one else
/// let panic = Admission::of([Usable, Ailing, Ailing, Withdrawn]);
/// assert_eq!(panic, Admission::Panic);
/// assert!(panic.admits(Ailing) && !panic.admits(Withdrawn));
/// ```
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Admission {
    /// The usable ones.
    #[default]
    Usable,
    /// Too few are usable: all that were not withdrawn.
    Panic,
    /// All were withdrawn: all of them, for there is no one else.
    AllWithdrawn,
}

impl Admission {
    /// What follows from how all endpoints of a cluster stand.
    #[must_use]
    pub fn of(standings: impl IntoIterator<Item = Standing>) -> Self {
        let [mut usable, mut ailing, mut unheard, mut withdrawn] = [0_usize; 4];
        for standing in standings {
            *match standing {
                Standing::Usable => &mut usable,
                Standing::Ailing => &mut ailing,
                Standing::Unheard => &mut unheard,
                Standing::Withdrawn => &mut withdrawn,
            } += 1;
        }
        match (usable, ailing + unheard, withdrawn) {
            (0, 0, 1..) => Self::AllWithdrawn,
            (0, 1.., _) => Self::Panic,
            _ if usable < ailing => Self::Panic,
            _ => Self::Usable,
        }
    }

    /// Whether an endpoint that stands so takes attempts.
    #[must_use]
    pub const fn admits(self, standing: Standing) -> bool {
        match self {
            Self::Usable => matches!(standing, Standing::Usable),
            Self::Panic => !matches!(standing, Standing::Withdrawn),
            Self::AllWithdrawn => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{
        Standing::{Ailing, Unheard, Usable, Withdrawn},
        *,
    };

    #[test]
    fn below_half_is_panic_and_half_is_not_and_neither_the_withdrawn_nor_the_unheard_count() {
        let rows: [(&[Standing], Admission); 17] = [
            (&[], Admission::Usable),
            (&[Usable], Admission::Usable),
            (&[Ailing], Admission::Panic),
            (&[Usable, Ailing], Admission::Usable),
            (&[Usable, Ailing, Ailing], Admission::Panic),
            (&[Usable, Usable, Ailing, Ailing], Admission::Usable),
            (&[Usable, Usable, Ailing, Ailing, Ailing], Admission::Panic),
            (&[Ailing, Ailing], Admission::Panic),
            (&[Withdrawn], Admission::AllWithdrawn),
            (&[Withdrawn, Withdrawn], Admission::AllWithdrawn),
            (
                &[Usable, Ailing, Withdrawn, Withdrawn, Withdrawn],
                Admission::Usable,
            ),
            (&[Ailing, Withdrawn], Admission::Panic),
            (&[Unheard, Unheard, Withdrawn], Admission::Panic),
            (&[Usable, Unheard, Unheard, Unheard], Admission::Usable),
            (&[Usable, Unheard, Unheard, Ailing], Admission::Usable),
            (&[Usable, Unheard, Ailing, Ailing], Admission::Panic),
            (&[Unheard, Ailing], Admission::Panic),
        ];
        for (standings, want) in rows {
            let admission = Admission::of(standings.iter().copied());
            assert_eq!(admission, want, "{standings:?}");
        }
    }

    #[test]
    fn somebody_is_admitted_wherever_there_is_anybody() {
        let each = [Usable, Ailing, Unheard, Withdrawn];
        for (a, b) in each.iter().flat_map(|&a| each.map(|b| (a, b))) {
            let admission = Admission::of([a, b]);
            assert!(admission.admits(a) || admission.admits(b), "{a:?} {b:?}");
        }
    }
}
