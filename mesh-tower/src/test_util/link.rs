//! What lies between two places, one way.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use mesh_core::{fault::Share, rng::SplitMix};

use super::Place;

/// What happens to bytes on their way from one place to another, and to the connections that are made that way.
///
/// # Units
/// Latency is that of one way, in whole milliseconds: Tokio's timers round up to those.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use mesh_core::fault::Share;
/// use mesh_tower::test_util::Link;
///
/// let far_and_bad = Link::new().latency(Duration::from_millis(40)).loss(Share::percent(2)?);
/// # Ok::<(), mesh_core::unit::OutOfRange>(())
/// ```
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[must_use = "a link is given to a simulation"]
pub struct Link {
    pub(super) latency: Duration,
    pub(super) loss: Share,
    pub(super) resets: Share,
}

impl Link {
    /// No latency, no loss, no resets.
    pub const fn new() -> Self {
        Self {
            latency: Duration::ZERO,
            loss: Share::NONE,
            resets: Share::NONE,
        }
    }

    /// Bytes take this long. So does a connection to be asked for; to be granted takes what the way back does.
    pub const fn latency(self, latency: Duration) -> Self {
        Self { latency, ..self }
    }

    /// This share of the connections is never made: whoever wants one waits until it gives up.
    pub const fn loss(self, loss: Share) -> Self {
        Self { loss, ..self }
    }

    /// Each time something is written, this is how likely the connection breaks instead.
    pub const fn resets(self, resets: Share) -> Self {
        Self { resets, ..self }
    }
}

/// Every link of a simulation. What was said of an endpoint goes before what was said of its node.
#[derive(Debug)]
pub(super) struct Links {
    set: BTreeMap<(Place, Place), Link>,
    cut: BTreeSet<(Place, Place)>,
    rng: SplitMix,
}

impl Links {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            set: BTreeMap::new(),
            cut: BTreeSet::new(),
            rng: SplitMix::new(seed),
        }
    }

    pub(super) fn set(&mut self, from: Place, to: Place, link: Link) {
        self.set.insert((from, to), link);
    }

    /// Cuts both ways.
    pub(super) fn cut(&mut self, one: Place, other: Place) {
        self.cut.insert((one, other));
    }

    /// Undoes every cut between the two, of whole nodes or endpoints of them.
    pub(super) fn heal(&mut self, one: &Place, other: &Place) {
        let inside = |(a, b): &(Place, Place)| {
            one.covers(a) && other.covers(b) || one.covers(b) && other.covers(a)
        };
        self.cut.retain(|pair| !inside(pair));
    }

    pub(super) fn is_cut(&self, from: &Place, to: &Place) -> bool {
        let between = |(a, b): &(Place, Place)| {
            a.covers(from) && b.covers(to) || a.covers(to) && b.covers(from)
        };
        self.cut.iter().any(between)
    }

    pub(super) fn between(&self, from: &Place, to: &Place) -> Link {
        let pairs = [
            (from.clone(), to.clone()),
            (from.clone(), to.whole()),
            (from.whole(), to.clone()),
            (from.whole(), to.whole()),
        ];
        let link = pairs.iter().find_map(|pair| self.set.get(pair));
        link.copied().unwrap_or_default()
    }

    pub(super) fn draw(&mut self, share: Share) -> bool {
        share.draw(&mut self.rng)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slow(ms: u64) -> Link {
        Link::new().latency(Duration::from_millis(ms))
    }

    #[test]
    fn what_is_said_of_an_endpoint_goes_before_what_is_said_of_its_node() {
        let mut links = Links::new(7);
        let (web, orders) = (Place::from("web"), Place::from(("orders", 1)));
        links.set(web.clone(), "orders".into(), slow(5));
        links.set(web.clone(), orders.clone(), slow(9));
        assert_eq!(links.between(&web, &orders), slow(9));
        assert_eq!(links.between(&web, &("orders", 0).into()), slow(5));
        assert_eq!(
            links.between(&("web", 3).into(), &("orders", 0).into()),
            slow(5)
        );
        assert_eq!(links.between(&orders, &web), Link::new(), "the other way");
    }

    #[test]
    fn a_cut_goes_both_ways_and_is_healed_with_its_node() {
        let mut links = Links::new(7);
        let (web, orders) = (Place::from("web"), Place::from(("orders", 1)));
        links.cut(web.clone(), orders.clone());
        assert!(links.is_cut(&web, &orders) && links.is_cut(&orders, &("web", 0).into()));
        assert!(!links.is_cut(&web, &("orders", 0).into()));
        links.heal(&"orders".into(), &web);
        assert!(!links.is_cut(&web, &orders));
    }
}
