//! The two ids on the wire: [`TraceId`] and [`SegmentId`].
//!
//! Both are plain numbers that cannot be zero, so an `Option` of them costs nothing. All zeros is how some SDKs write
//! "no id" and is never one.

use std::fmt;
use std::num::{NonZeroU64, NonZeroU128};
use std::str::{self, FromStr};
use std::time::{SystemTime, UNIX_EPOCH};

use thiserror::Error;

use crate::hex::{hex_digits, hex_number};

/// Names one trace: the second its first request arrived, and 96 random bits.
///
/// Ids are read in either case and written in lower case; comparing them compares numbers. The time part is what the id
/// claims. Nothing checks it, because ids that began as W3C ones carry random bits there.
///
/// # Shape
/// `1-5759e988-bd862e3fe1be46a994272793`: version 1, 8 hex digits of epoch seconds, 24 random hex digits. The 32 digits
/// without `1-` and `-` (the W3C spelling) are read too, and written in the X-Ray form.
///
/// # Source
/// X-Ray developer guide, "Sending trace data: trace ID format".
///
/// # Examples
/// ```
/// use mesh_xray::TraceId;
///
/// let id: TraceId = "1-5759E988-BD862E3FE1BE46A994272793".parse()?;
/// assert_eq!(id.to_string(), "1-5759e988-bd862e3fe1be46a994272793");
/// assert_eq!(id, TraceId::parse(b"5759e988bd862e3fe1be46a994272793")?);
/// # Ok::<(), mesh_xray::InvalidId>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TraceId(NonZeroU128);

impl TraceId {
    /// Puts an id together from its two parts; `None` if both are zero.
    ///
    /// # Units
    /// `epoch_seconds` counts whole seconds since 1970-01-01 UTC.
    #[must_use]
    pub fn new(epoch_seconds: u32, random: [u8; 12]) -> Option<Self> {
        let number = random
            .iter()
            .fold(u128::from(epoch_seconds), |number, &byte| {
                number << 8 | u128::from(byte)
            });
        NonZeroU128::new(number).map(Self)
    }

    /// Makes the id of a trace that begins `now`.
    ///
    /// `rng` is drawn from twice. The guide asks for a cryptographic source where ids may be seen from outside, for they
    /// travel in response headers. A clock outside 1970 to 2106 is taken as the nearer end.
    ///
    /// # Examples
    /// ```
    /// use std::time::{Duration, UNIX_EPOCH};
    /// use mesh_xray::TraceId;
    ///
    /// let id = TraceId::generate(UNIX_EPOCH + Duration::from_secs(0x5759_e988), || 0xbd86_2e3f_e1be_46a9);
    /// assert_eq!(id.to_string(), "1-5759e988-bd862e3fbd862e3fe1be46a9");
    /// ```
    #[must_use]
    pub fn generate(now: SystemTime, mut rng: impl FnMut() -> u64) -> Self {
        let seconds = now
            .duration_since(UNIX_EPOCH)
            .map_or(0, |elapsed| elapsed.as_secs());
        let seconds = u32::try_from(seconds).unwrap_or(u32::MAX);
        // The upper half of a draw, because simple generators are weakest in their low bits.
        let high = u128::from(rng() >> 32);
        let number = u128::from(seconds) << 96 | high << 64 | u128::from(rng());
        Self(NonZeroU128::new(number).unwrap_or(NonZeroU128::MIN))
    }

    /// Reads an id as it stands in a header, in either spelling and either case.
    ///
    /// # Errors
    /// [`InvalidId::TraceId`] if the text has another shape or another version, [`InvalidId::Zero`] if it is all zeros.
    pub fn parse(text: &[u8]) -> Result<Self, InvalidId> {
        let number = undashed(text).and_then(|digits| {
            let (high, low) = digits.split_at(16);
            Some(u128::from(hex_number(high)?) << 64 | u128::from(hex_number(low)?))
        });
        let number = number.ok_or(InvalidId::TraceId)?;
        NonZeroU128::new(number).map(Self).ok_or(InvalidId::Zero)
    }

    /// Takes over a W3C trace id (16 bytes, first byte first); `None` if it is all zeros.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 16]) -> Option<Self> {
        NonZeroU128::new(u128::from_be_bytes(bytes)).map(Self)
    }

    /// The same id as the 16 bytes of a W3C trace id.
    #[must_use]
    pub fn to_bytes(self) -> [u8; 16] {
        self.0.get().to_be_bytes()
    }

    /// The same id as `traceparent` spells it: 32 lower-case hex digits, no dashes.
    #[must_use]
    pub fn to_w3c(self) -> [u8; 32] {
        let number = self.0.get();
        let mut text = [0; 32];
        text[..16].copy_from_slice(&hex_digits((number >> 64) as u64));
        text[16..].copy_from_slice(&hex_digits(number as u64));
        text
    }

    /// The time part, in seconds since 1970-01-01 UTC; random in an id that began as a W3C one.
    #[must_use]
    pub fn epoch_seconds(self) -> u32 {
        let [a, b, c, d, ..] = self.to_bytes();
        u32::from_be_bytes([a, b, c, d])
    }

    pub(crate) fn to_ascii(self) -> [u8; Self::LEN] {
        let digits = self.to_w3c();
        let mut text = *b"1-********-************************";
        text[2..10].copy_from_slice(&digits[..8]);
        text[11..].copy_from_slice(&digits[8..]);
        text
    }

    pub(crate) const LEN: usize = 35;
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        pad_ascii(f, &self.to_ascii())
    }
}

impl fmt::Debug for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TraceId({self})")
    }
}

impl FromStr for TraceId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        Self::parse(text.as_bytes())
    }
}

/// Names one segment or subsegment: one service's work for a request, or one call it made.
///
/// In the header it is the `Parent`: the caller's call, under which the callee's segment hangs.
///
/// # Shape
/// `53995c3f42cd8ad8`: 16 hex digits, read in either case, written in lower case. Unique within its trace only.
///
/// # Source
/// X-Ray developer guide, "Segment documents", field `id`.
///
/// # Examples
/// ```
/// use mesh_xray::SegmentId;
///
/// let id: SegmentId = "53995C3F42CD8AD8".parse()?;
/// assert_eq!(id.to_string(), "53995c3f42cd8ad8");
/// # Ok::<(), mesh_xray::InvalidId>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SegmentId(NonZeroU64);

impl SegmentId {
    /// Makes a new id from one draw of `rng`.
    #[must_use]
    pub fn generate(mut rng: impl FnMut() -> u64) -> Self {
        Self(NonZeroU64::new(rng()).unwrap_or(NonZeroU64::MIN))
    }

    /// Reads an id as it stands in a header, in either case.
    ///
    /// # Errors
    /// [`InvalidId::SegmentId`] if the text is not 16 hex digits, [`InvalidId::Zero`] if they are all zeros.
    pub fn parse(text: &[u8]) -> Result<Self, InvalidId> {
        let number = hex_number(text).ok_or(InvalidId::SegmentId)?;
        NonZeroU64::new(number).map(Self).ok_or(InvalidId::Zero)
    }

    /// Takes over a W3C parent id (8 bytes, first byte first); `None` if it is all zeros.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 8]) -> Option<Self> {
        NonZeroU64::new(u64::from_be_bytes(bytes)).map(Self)
    }

    /// The same id as the 8 bytes of a W3C parent id.
    #[must_use]
    pub fn to_bytes(self) -> [u8; 8] {
        self.0.get().to_be_bytes()
    }

    pub(crate) fn to_ascii(self) -> [u8; Self::LEN] {
        hex_digits(self.0.get())
    }

    pub(crate) const LEN: usize = 16;
}

impl fmt::Display for SegmentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        pad_ascii(f, &self.to_ascii())
    }
}

impl fmt::Debug for SegmentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SegmentId({self})")
    }
}

impl FromStr for SegmentId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        Self::parse(text.as_bytes())
    }
}

/// Why a text is not an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum InvalidId {
    /// The text does not have the shape of a trace id.
    #[error("expected a trace id: `1-`, 8 hex digits, `-`, 24 hex digits")]
    TraceId,
    /// The text does not have the shape of a segment id.
    #[error("expected a segment id: 16 hex digits")]
    SegmentId,
    /// The shape is right and every digit is zero, which names nothing.
    #[error("an id of zeros names nothing")]
    Zero,
}

/// The 32 digits of an id in either spelling; whether they are digits is not looked at.
fn undashed(text: &[u8]) -> Option<[u8; 32]> {
    let Some(dashed) = text
        .strip_prefix(b"1-")
        .filter(|_| text.len() == TraceId::LEN)
    else {
        return text.try_into().ok();
    };
    let (seconds, random) = dashed.split_at_checked(8)?;
    let mut digits = [0; 32];
    digits[..8].copy_from_slice(seconds);
    digits[8..].copy_from_slice(random.strip_prefix(b"-")?);
    Some(digits)
}

fn pad_ascii(f: &mut fmt::Formatter<'_>, text: &[u8]) -> fmt::Result {
    f.pad(str::from_utf8(text).map_err(|_| fmt::Error)?)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn only_a_whole_version_one_id_is_a_trace_id() {
        let malformed = [
            "",
            "1-",
            "1-xyz",
            "2-5759e988-bd862e3fe1be46a994272793",
            "1-5759e988-bd862e3fe1be46a99427279",
            "1-5759e988-bd862e3fe1be46a9942727933",
            "1-5759e988bd862e3fe1be46a994272793",
            "1-5759e98-8bd862e3fe1be46a994272793",
            "1-5759e988-bd862e3fe1be46a99427279g",
            "1-+759e988-bd862e3fe1be46a994272793",
            " 1-5759e988-bd862e3fe1be46a994272793",
            "5759e988-bd862e3fe1be46a994272793",
            "5759e988bd862e3fe1be46a99427279",
            "1-5759e988-bd862e3fe1be46a99427279é",
        ];
        for text in malformed {
            assert_eq!(text.parse::<TraceId>(), Err(InvalidId::TraceId), "{text:?}");
        }
    }

    #[test]
    fn only_sixteen_hex_digits_are_a_segment_id() {
        for text in [
            "",
            "xyz",
            "53995c3f42cd8ad",
            "53995c3f42cd8ad80",
            "53995c3f42cd8adg",
            "-3995c3f42cd8ad8",
        ] {
            assert_eq!(
                text.parse::<SegmentId>(),
                Err(InvalidId::SegmentId),
                "{text:?}"
            );
        }
    }

    #[test]
    fn zero_is_no_id() {
        assert_eq!(
            TraceId::parse(b"1-00000000-000000000000000000000000"),
            Err(InvalidId::Zero)
        );
        assert_eq!(TraceId::parse(&[b'0'; 32]), Err(InvalidId::Zero));
        assert_eq!(SegmentId::parse(&[b'0'; 16]), Err(InvalidId::Zero));
        assert_eq!(TraceId::new(0, [0; 12]), None);
        assert_eq!(TraceId::from_bytes([0; 16]), None);
        assert_eq!(SegmentId::from_bytes([0; 8]), None);
    }

    #[test]
    fn a_source_of_zeros_still_makes_ids() {
        assert_eq!(
            TraceId::generate(UNIX_EPOCH, || 0).to_string(),
            "1-00000000-000000000000000000000001"
        );
        assert_eq!(SegmentId::generate(|| 0).to_string(), "0000000000000001");
    }

    #[test]
    fn generated_trace_id_holds_the_second_it_was_made_in() {
        let cases = [
            (
                UNIX_EPOCH + Duration::from_millis(1_465_510_280_999),
                1_465_510_280,
            ),
            (UNIX_EPOCH - Duration::from_secs(9), 0),
            (UNIX_EPOCH + Duration::from_secs(1 << 40), u32::MAX),
        ];
        for (now, want) in cases {
            assert_eq!(
                TraceId::generate(now, || u64::MAX).epoch_seconds(),
                want,
                "{now:?}"
            );
        }
    }

    #[test]
    fn every_way_to_make_an_id_agrees() -> Result<(), InvalidId> {
        let random = [
            0xbd, 0x86, 0x2e, 0x3f, 0xe1, 0xbe, 0x46, 0xa9, 0x94, 0x27, 0x27, 0x93,
        ];
        let id: TraceId = "1-5759e988-bd862e3fe1be46a994272793".parse()?;
        assert_eq!(TraceId::new(0x5759_e988, random), Some(id));
        assert_eq!(TraceId::from_bytes(id.to_bytes()), Some(id));
        assert_eq!(TraceId::parse(&id.to_w3c())?, id);
        assert_eq!(&id.to_w3c(), b"5759e988bd862e3fe1be46a994272793");

        let id: SegmentId = "53995c3f42cd8ad8".parse()?;
        assert_eq!(SegmentId::from_bytes(id.to_bytes()), Some(id));
        assert_eq!(SegmentId::generate(|| 0x5399_5c3f_42cd_8ad8), id);
        Ok(())
    }

    #[test]
    fn absent_ids_take_no_room() {
        assert_eq!(size_of::<Option<TraceId>>(), 16);
        assert_eq!(size_of::<Option<SegmentId>>(), 8);
    }
}
