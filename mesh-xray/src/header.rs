//! Reads `X-Amzn-Trace-Id` into a [`TraceHeader`].
//!
//! The header comes from strangers, so there is no error to handle: what cannot be read is left out, and
//! [`TraceHeader::malformed`] says so for a counter.

use crate::buffer::HeaderBuffer;
use crate::decision::Decision;
use crate::field::{self, Field, Key};
use crate::id::{InvalidId, SegmentId, TraceId};

/// The header's name in the lower case that HTTP/2 requires.
pub const HEADER_NAME: &str = "x-amzn-trace-id";

/// What an inbound `X-Amzn-Trace-Id` says.
///
/// It owns what it keeps. A header that only names ids and a decision, which is nearly every one, is kept as 48 bytes
/// without an allocation; one with more in it keeps its text beside them.
///
/// # Shape
/// `Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1`, then any further `key=value`. Read in any
/// order and any case of the keys, with whitespace around fields and empty fields ignored, up to 1,024 bytes. The last of
/// several equal keys counts.
///
/// # Source
/// X-Ray developer guide, "Tracing header"; Application Load Balancer guide, "Request tracing" (`Self`). Differs from the
/// AWS SDKs: keys match in any case, and one bad field never costs the rest of the header.
///
/// # Examples
/// ```
/// use mesh_xray::{Decision, TraceHeader};
///
/// let header = TraceHeader::parse(b"root=1-5759E988-BD862E3FE1BE46A994272793; Sampled=?; CalledFrom=app");
/// assert_eq!(header.root().unwrap().to_string(), "1-5759e988-bd862e3fe1be46a994272793");
/// assert_eq!(header.parent(), None);
/// assert_eq!(header.sampled(), Decision::Requested);
/// assert_eq!(header.foreign().collect::<Vec<_>>(), [("CalledFrom", "app")]);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TraceHeader {
    root: Option<TraceId>,
    parent: Option<SegmentId>,
    sampled: Decision,
    malformed: bool,
    /// The carried fields as they came, kept only when ids and decision do not say it all.
    text: Option<Box<str>>,
}

impl TraceHeader {
    /// Reads one header value. Anything is accepted; the worst input gives an empty header.
    #[must_use]
    pub fn parse(value: &[u8]) -> Self {
        Self::parse_canonical(value).unwrap_or_else(|| Self::parse_any(value))
    }

    /// Reads what nearly every caller sends, at a third of the price of looking for fields; `None` for the rest.
    fn parse_canonical(value: &[u8]) -> Option<Self> {
        let (root, rest) = value
            .strip_prefix(b"Root=")?
            .split_at_checked(TraceId::LEN)?;
        let mut parent: &[u8] = b"";
        let mut decision = rest;
        if let Some(rest) = rest.strip_prefix(b";Parent=") {
            (parent, decision) = rest.split_at_checked(SegmentId::LEN)?;
        }
        // Upper case is to be passed through as it came, so it is no canonical spelling.
        if has_upper_case(root) || has_upper_case(parent) {
            return None;
        }
        Some(Self {
            root: Some(TraceId::parse(root).ok()?),
            parent: match parent {
                b"" => None,
                parent => Some(SegmentId::parse(parent).ok()?),
            },
            sampled: match decision.strip_prefix(b";Sampled=") {
                Some(decision) => Decision::from_wire(decision)?,
                None if decision.is_empty() => Decision::Undecided,
                None => return None,
            },
            ..Self::default()
        })
    }

    fn parse_any(value: &[u8]) -> Self {
        let mut header = Self::default();
        if value.len() > MAX_INBOUND {
            header.malformed = true;
            return header;
        }
        for field in field::split(value) {
            match field {
                Some(field) => header.take(field),
                None => header.malformed = true,
            }
        }
        if header.root.is_none() {
            header.parent = None;
        }
        header.text = header.text_beyond_ids(value);
        header
    }

    /// Reads a request that may have the header several times, or not at all: the first line with a trace id counts.
    ///
    /// If no line has one, the first line stands for what else it says.
    ///
    /// # Examples
    /// ```
    /// use mesh_xray::TraceHeader;
    ///
    /// let lines: [&[u8]; 2] = [b"garbage", b"Root=1-5759e988-bd862e3fe1be46a994272793"];
    /// let header = TraceHeader::from_lines(lines);
    /// assert!(header.root().is_some());
    /// assert!(header.malformed());
    /// ```
    #[must_use]
    pub fn from_lines<'v>(lines: impl IntoIterator<Item = &'v [u8]>) -> Self {
        let mut malformed = false;
        let mut first = None;
        for line in lines {
            let header = Self::parse(line);
            malformed |= header.malformed;
            if header.root.is_some() {
                return Self {
                    malformed,
                    ..header
                };
            }
            first.get_or_insert(header);
        }
        Self {
            malformed,
            ..first.unwrap_or_default()
        }
    }

    /// The trace, unless absent, malformed or zero.
    #[must_use]
    pub fn root(&self) -> Option<TraceId> {
        self.root
    }

    /// The caller's call, unless absent, malformed, zero or without a trace.
    #[must_use]
    pub fn parent(&self) -> Option<SegmentId> {
        self.parent
    }

    /// What the caller says about recording.
    #[must_use]
    pub fn sampled(&self) -> Decision {
        self.sampled
    }

    /// The hop counters by which Lambda finds endless loops; opaque, to be sent on unchanged.
    ///
    /// # Shape
    /// `1:a87bd80c:2`, up to 64 letters, digits, `:` and `|`. Anything else is not a lineage and is not sent on by a hop
    /// that takes part in the trace.
    #[must_use]
    pub fn lineage(&self) -> Option<&str> {
        let lineage = self
            .fields()
            .filter(|field| field.key == Key::Lineage)
            .last()?;
        is_lineage(lineage.value).then_some(lineage.value)
    }

    /// The application's own fields, key and value, in their order.
    pub fn foreign(&self) -> impl Iterator<Item = (&str, &str)> {
        self.fields()
            .filter(|field| field.key == Key::Foreign)
            .map(|field| (field.name, field.value))
    }

    /// Whether some field could not be read, or the value was over 1,024 bytes.
    ///
    /// Zero ids and empty fields are habits of other SDKs and do not count.
    #[must_use]
    pub fn malformed(&self) -> bool {
        self.malformed
    }

    pub(crate) fn text(&self) -> Option<&str> {
        self.text.as_deref()
    }

    fn fields(&self) -> impl Iterator<Item = Field<'_>> {
        field::kept(self.text().unwrap_or_default())
    }

    fn take(&mut self, field: Field<'_>) {
        let value = field.value.as_bytes();
        match field.key {
            Key::Root => self.root = self.checked(TraceId::parse(value)),
            Key::Parent => self.parent = self.checked(SegmentId::parse(value)),
            Key::Sampled => {
                let decision = Decision::from_wire(value);
                self.malformed |= decision.is_none();
                self.sampled = decision.unwrap_or_default();
            }
            Key::Lineage => self.malformed |= !is_lineage(field.value),
            Key::LoadBalancer | Key::Foreign => {}
        }
    }

    fn checked<T>(&mut self, id: Result<T, InvalidId>) -> Option<T> {
        self.malformed |= id.as_ref().is_err_and(|error| *error != InvalidId::Zero);
        id.ok()
    }

    fn text_beyond_ids(&self, value: &[u8]) -> Option<Box<str>> {
        let canonical = HeaderBuffer::canonical(self.root, self.parent, self.sampled);
        if says_no_more(value, canonical.as_bytes()) {
            return None;
        }
        let mut text = String::with_capacity(value.len());
        for field in field::carried(value) {
            if !text.is_empty() {
                text.push(';');
            }
            text.push_str(field.text);
        }
        Some(text.into())
    }
}

/// Looks at every byte, without a branch for each.
fn has_upper_case(text: &[u8]) -> bool {
    text.iter()
        .fold(false, |seen, byte| seen | byte.is_ascii_uppercase())
}

/// Whether the carried fields, spelled as they are, make up the canonical value.
fn says_no_more(value: &[u8], canonical: &[u8]) -> bool {
    let rest = field::carried(value).try_fold(canonical, |canonical, field| {
        match canonical.strip_prefix(field.text.as_bytes())? {
            [b';', rest @ ..] => Some(rest),
            rest => rest.is_empty().then_some(rest),
        }
    });
    rest.is_some_and(<[u8]>::is_empty)
}

fn is_lineage(value: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b':' | b'|');
    (1..=MAX_LINEAGE).contains(&value.len()) && value.bytes().all(allowed)
}

const MAX_INBOUND: usize = 1024;
const MAX_LINEAGE: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_of_ids_and_a_decision_keeps_no_text() {
        let cases = [
            ("", true),
            ("garbage", true),
            (
                "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1",
                true,
            ),
            ("Root=1-5759e988-bd862e3fe1be46a994272793; Sampled=?;", true),
            ("Self=1-2-3;Root=1-5759e988-bd862e3fe1be46a994272793", true),
            ("Sampled=1;Root=1-5759e988-bd862e3fe1be46a994272793", false),
            (
                "Root=1-5759e988-bd862e3fe1be46a994272793;CalledFrom=app",
                false,
            ),
        ];
        for (inbound, want) in cases {
            assert_eq!(
                TraceHeader::parse(inbound.as_bytes()).text().is_none(),
                want,
                "{inbound:?}"
            );
        }
    }

    #[test]
    fn the_short_way_reads_what_the_long_way_reads() {
        let canonical = [
            "Root=1-5759e988-bd862e3fe1be46a994272793",
            "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=0",
            "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8",
            "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1",
            "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=?",
        ];
        for value in canonical {
            let short = TraceHeader::parse_canonical(value.as_bytes());
            assert_eq!(
                short,
                Some(TraceHeader::parse_any(value.as_bytes())),
                "{value}"
            );
            for spoiled in spoilt(value.as_bytes()) {
                if let Some(short) = TraceHeader::parse_canonical(&spoiled) {
                    let long = TraceHeader::parse_any(&spoiled);
                    assert_eq!(short, long, "{}", spoiled.escape_ascii());
                }
            }
        }
    }

    /// The value cut off after each byte, and with each byte replaced by some others.
    fn spoilt(value: &[u8]) -> impl Iterator<Item = Vec<u8>> {
        (0..value.len()).flat_map(move |at| {
            let replaced = b"0aA;= R-?\xff".iter().map(move |&byte| {
                let mut value = value.to_vec();
                value[at] = byte;
                value
            });
            replaced.chain([value[..at].to_vec()])
        })
    }

    #[test]
    fn a_kept_header_is_small() {
        assert!(size_of::<TraceHeader>() <= 48);
    }
}
