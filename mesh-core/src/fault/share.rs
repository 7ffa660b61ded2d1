//! How many of all.

use std::fmt;

use crate::{rng::Rng, unit::OutOfRange};

/// A share of all requests, connections or whatever else chance picks from.
///
/// # Units
/// Millionths, as Envoy's `FractionalPercent` has at its finest.
///
/// # Examples
/// ```
/// use mesh_core::fault::Share;
///
/// assert_eq!(Share::percent(25)?.to_string(), "25%");
/// assert_eq!(Share::per_million(1_500)?.to_string(), "0.15%");
/// assert!(Share::percent(101).is_err());
/// # Ok::<(), mesh_core::unit::OutOfRange>(())
/// ```
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub struct Share(u32);

impl Share {
    /// None of them.
    pub const NONE: Self = Self(0);

    /// All of them.
    pub const ALL: Self = Self(MILLION);

    /// So many of a hundred.
    ///
    /// # Errors
    /// [`OutOfRange`] for a negative number and above 100.
    pub fn percent(percent: i64) -> Result<Self, OutOfRange> {
        bounded(percent, 100).map(|percent| Self(percent * (MILLION / 100)))
    }

    /// So many of a million.
    ///
    /// # Errors
    /// [`OutOfRange`] for a negative number and above 1,000,000.
    pub fn per_million(number: i64) -> Result<Self, OutOfRange> {
        bounded(number, MILLION).map(Self)
    }

    /// Whether this one is among them. Where all are or none is, nothing is drawn.
    pub fn draw(self, rng: &mut impl Rng) -> bool {
        match self {
            Self::NONE => false,
            Self::ALL => true,
            Self(share) => rng.below(MILLION.into()) < share.into(),
        }
    }
}

fn bounded(found: i64, max: u32) -> Result<u32, OutOfRange> {
    let number = u32::try_from(found).ok().filter(|number| *number <= max);
    number.ok_or_else(|| OutOfRange {
        what: "share",
        min: 0,
        max: max.into(),
        found,
    })
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, rest) = (self.0 / (MILLION / 100), self.0 % (MILLION / 100));
        write!(f, "{whole}")?;
        if rest > 0 {
            let digits = format!("{rest:04}");
            write!(f, ".{}", digits.trim_end_matches('0'))?;
        }
        f.write_str("%")
    }
}

const MILLION: u32 = 1_000_000;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::SplitMix;

    #[test]
    fn a_share_is_drawn_about_as_often_as_it_says() {
        let mut rng = SplitMix::new(7);
        let share = Share::percent(10).expect("a share");
        let drawn = (0..10_000).filter(|_| share.draw(&mut rng)).count();
        assert!((900..1100).contains(&drawn), "{drawn}");
    }

    #[test]
    fn all_and_none_take_no_chance() {
        let (mut drawn, mut untouched) = (SplitMix::new(7), SplitMix::new(7));
        assert!(Share::ALL.draw(&mut drawn) && !Share::NONE.draw(&mut drawn));
        assert_eq!(drawn.next_u64(), untouched.next_u64());
        assert_eq!(Share::percent(100), Ok(Share::ALL));
        assert_eq!(Share::percent(0), Ok(Share::NONE));
    }

    #[test]
    fn what_is_no_share_is_refused_with_its_range() {
        for (share, max) in [
            (Share::percent(-1), 100),
            (Share::percent(101), 100),
            (Share::per_million(1_000_001), 1_000_000),
        ] {
            assert_eq!(share.map_err(|error| error.max), Err(max));
        }
    }
}
