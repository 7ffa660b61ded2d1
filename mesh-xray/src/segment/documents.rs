//! [`Segment::documents`]: a segment in as many documents as it takes.

use super::Segment;

impl Segment {
    /// Encodes the segment and hands each document to `send`: one as a rule, with all calls in it.
    ///
    /// Calls beyond [`MAX_EMBEDDED`] get documents of their own, and all calls do if the segment would pass
    /// [`MAX_DOCUMENT`] with them. A document that is too large even so is left out; the number of those is returned, to be
    /// counted. `buffer` is scratch space, cleared before use and worth keeping.
    ///
    /// # Source
    /// X-Ray developer guide, "Segment documents": 64 kB each, and subsegments sent on their own.
    ///
    /// # Examples
    /// ```
    /// # use std::time::{Duration, UNIX_EPOCH};
    /// # use mesh_xray::{SegmentId, TraceId};
    /// # use mesh_xray::segment::{Name, Segment};
    /// # let trace = TraceId::generate(UNIX_EPOCH, || 5);
    /// let segment = Segment::new(Name::new("colors/blue"), SegmentId::generate(|| 7), trace, UNIX_EPOCH);
    /// let mut buffer = Vec::new();
    /// let too_large = segment.documents(&mut buffer, |document| println!("{}", document.escape_ascii()));
    /// assert_eq!(too_large, 0);
    /// ```
    pub fn documents(&self, buffer: &mut Vec<u8>, mut send: impl FnMut(&[u8])) -> usize {
        let most = self.subsegments.len().min(MAX_EMBEDDED);
        let (embedded, mut alone) = self.subsegments.split_at(most);
        buffer.clear();
        self.encode_with(embedded, buffer);
        if buffer.len() > MAX_DOCUMENT {
            alone = &self.subsegments;
            buffer.clear();
            self.encode_with(&[], buffer);
        }
        let mut too_large = offer(buffer, &mut send);
        for call in alone {
            buffer.clear();
            call.encode_alone(self.trace_id, self.id, self.start, buffer);
            too_large += offer(buffer, &mut send);
        }
        too_large
    }
}

/// Sends what is not too large; the number of documents left out.
fn offer(document: &[u8], send: &mut impl FnMut(&[u8])) -> usize {
    if document.len() > MAX_DOCUMENT {
        return 1;
    }
    send(document);
    0
}

/// The longest document that [`Segment::documents`] hands out, in bytes.
///
/// X-Ray takes 64 kB, without saying which kind of kilo: this is the smaller one. A datagram has room for it.
pub const MAX_DOCUMENT: usize = 64_000;

/// How many calls a segment's document holds at most.
///
/// Few requests make more. Those that do are shown with as many as fit, while the rest joins by its parent.
pub const MAX_EMBEDDED: usize = 8;
