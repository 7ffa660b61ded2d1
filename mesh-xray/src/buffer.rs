//! [`HeaderBuffer`], the outgoing header value on the stack.

use std::fmt;

use crate::decision::Decision;
use crate::id::{SegmentId, TraceId};

/// A finished `X-Amzn-Trace-Id` value, ready for one header.
///
/// It is always a valid HTTP field value: printable ASCII, at least one field, no empty field, no whitespace at either
/// end. So building an `http::HeaderValue` from [`as_bytes`](Self::as_bytes) cannot fail.
///
/// # Units
/// At most 256 bytes ([`MAX_LEN`](Self::MAX_LEN)), which is where OpenTelemetry for Java cuts what it sends.
#[derive(Clone, PartialEq, Eq)]
pub struct HeaderBuffer {
    bytes: [u8; Self::MAX_LEN],
    len: usize,
}

impl HeaderBuffer {
    /// The longest value that is ever sent.
    pub const MAX_LEN: usize = 256;

    /// The value.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }

    /// `Root`, `Parent` and `Sampled` in their canonical order, each only when there is something to say.
    pub(crate) fn canonical(
        root: Option<TraceId>,
        parent: Option<SegmentId>,
        decision: Decision,
    ) -> Self {
        let mut buffer = Self {
            bytes: [0; Self::MAX_LEN],
            len: 0,
        };
        if let Some(root) = root {
            buffer.push_field(b"Root", &root.to_ascii());
        }
        if let Some(parent) = parent {
            buffer.push_field(b"Parent", &parent.to_ascii());
        }
        if let Some(sampled) = decision.as_wire() {
            buffer.push_field(b"Sampled", sampled);
        }
        buffer
    }

    /// Takes over a value that is already well formed; `None` if it is too long.
    pub(crate) fn verbatim(value: &[u8]) -> Option<Self> {
        let mut buffer = Self {
            bytes: [0; Self::MAX_LEN],
            len: 0,
        };
        buffer.bytes.get_mut(..value.len())?.copy_from_slice(value);
        buffer.len = value.len();
        Some(buffer)
    }

    /// Appends a field as a whole, or says that there is no room and leaves it out.
    #[inline]
    pub(crate) fn push_field(&mut self, name: &[u8], value: &[u8]) -> bool {
        let separator: &[u8] = if self.len == 0 { b"" } else { b";" };
        let parts = [separator, name, b"=", value];
        let length: usize = parts.iter().map(|part| part.len()).sum();
        let Some(mut room) = self.bytes.get_mut(self.len..self.len + length) else {
            return false;
        };
        for part in parts {
            let (target, rest) = room.split_at_mut(part.len());
            target.copy_from_slice(part);
            room = rest;
        }
        self.len += length;
        true
    }
}

impl AsRef<[u8]> for HeaderBuffer {
    fn as_ref(&self) -> &[u8] {
        self.as_bytes()
    }
}

impl fmt::Display for HeaderBuffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_bytes().escape_ascii().fmt(f)
    }
}

impl fmt::Debug for HeaderBuffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HeaderBuffer({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_goes_in_whole_or_not_at_all() {
        let mut buffer = HeaderBuffer::canonical(None, None, Decision::Sampled);
        let room = HeaderBuffer::MAX_LEN - "Sampled=1;Foo=".len();
        assert!(!buffer.push_field(b"Foo", &vec![b'x'; room + 1]));
        assert_eq!(buffer.as_bytes(), b"Sampled=1");
        assert!(buffer.push_field(b"Foo", &vec![b'x'; room]));
        assert_eq!(buffer.as_bytes().len(), HeaderBuffer::MAX_LEN);
    }

    #[test]
    fn a_longer_value_is_not_taken_over() {
        assert!(HeaderBuffer::verbatim(&[b'x'; HeaderBuffer::MAX_LEN]).is_some());
        assert!(HeaderBuffer::verbatim(&[b'x'; HeaderBuffer::MAX_LEN + 1]).is_none());
    }
}
