//! [`Decision`]: the word about recording that travels with a trace.

/// Whether a trace is to be recorded, as far as the caller knows.
///
/// # Examples
/// ```
/// use mesh_xray::{Decision, TraceHeader};
///
/// assert_eq!(TraceHeader::parse(b"Sampled=0").sampled(), Decision::NotSampled);
/// assert_eq!(TraceHeader::parse(b"Sampled=true").sampled(), Decision::Undecided);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Decision {
    /// `Sampled=1`: record it.
    Sampled,
    /// `Sampled=0`: do not record it.
    NotSampled,
    /// `Sampled=?`: the callee decides, and says in its response what it decided.
    Requested,
    /// Nothing said, or nothing that could be read: the callee decides.
    #[default]
    Undecided,
}

impl Decision {
    pub(crate) fn from_wire(value: &[u8]) -> Option<Self> {
        match value {
            b"1" => Some(Self::Sampled),
            b"0" => Some(Self::NotSampled),
            b"?" => Some(Self::Requested),
            _ => None,
        }
    }

    pub(crate) fn as_wire(self) -> Option<&'static [u8]> {
        match self {
            Self::Sampled => Some(b"1"),
            Self::NotSampled => Some(b"0"),
            Self::Requested => Some(b"?"),
            Self::Undecided => None,
        }
    }
}
