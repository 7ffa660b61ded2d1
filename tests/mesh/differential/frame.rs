//! Frames of HTTP/2, and header blocks in which nothing is compressed.

pub(super) const DATA: u8 = 0;
pub(super) const HEADERS: u8 = 1;
pub(super) const RST_STREAM: u8 = 3;
pub(super) const SETTINGS: u8 = 4;
pub(super) const PING: u8 = 6;
pub(super) const GOAWAY: u8 = 7;
pub(super) const WINDOW_UPDATE: u8 = 8;

pub(super) const END_STREAM: u8 = 1;
pub(super) const ACK: u8 = 1;
pub(super) const END_HEADERS: u8 = 4;

pub(super) fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("a short payload");
    let mut frame = length.to_be_bytes()[1..].to_vec();
    frame.extend([kind, flags]);
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

pub(super) fn fields(block: &mut Vec<u8>, lines: &[(&str, &str)]) {
    for (name, value) in lines {
        block.push(0);
        text(block, name);
        text(block, value);
    }
}

/// Names and values here are short: one byte holds their length.
pub(super) fn text(block: &mut Vec<u8>, text: &str) {
    block.push(u8::try_from(text.len()).expect("a short text"));
    block.extend(text.as_bytes());
}

/// `:status` is the eighth name of the static table; nothing is indexed, so there is nothing to remember.
pub(super) const STATUS: u8 = 8;
pub(super) const GRPC: (&str, &str) = ("content-type", "application/grpc");
/// An empty gRPC message, with its prefix.
pub(super) const MESSAGE: &[u8] = &[0; 5];
