//! What becomes a body by itself.

use bytes::Bytes;

use super::{Body, Kind, replay::Replayed};

impl From<Kind> for Body {
    fn from(kind: Kind) -> Self {
        Self { kind, report: None }
    }
}

impl From<Replayed> for Body {
    fn from(body: Replayed) -> Self {
        Kind::Replayed(body).into()
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        if bytes.is_empty() {
            Self::empty()
        } else {
            Kind::Full(bytes).into()
        }
    }
}

impl From<String> for Body {
    fn from(text: String) -> Self {
        Bytes::from(text).into()
    }
}

impl From<Vec<u8>> for Body {
    fn from(bytes: Vec<u8>) -> Self {
        Bytes::from(bytes).into()
    }
}

impl From<&'static str> for Body {
    fn from(text: &'static str) -> Self {
        Bytes::from_static(text.as_bytes()).into()
    }
}
