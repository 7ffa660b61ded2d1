//! The two messages of the gRPC health protocol, as bytes on the wire.
//!
//! They are small enough to be read and written by hand; a protobuf library would weigh more than the rest of the checks.
//!
//! # Source
//! gRPC, "GRPC Health Checking Protocol": `grpc.health.v1.Health/Check` with the empty service name, which stands for the
//! whole server.

use super::Answer;

/// The path of the check.
pub const PATH: &str = "/grpc.health.v1.Health/Check";

/// The request: a message prefix, and no field, for the service's name is empty.
pub const REQUEST: [u8; PREFIX] = [0; PREFIX];

/// The longest answer that is read. One that names nothing but a status takes seven bytes.
///
/// # Units
/// Bytes.
pub const MAX_ANSWER: usize = 1024;

/// What an answer means: its `grpc-status` (`None`: it had none, or it was no number), and its body.
///
/// # Examples
/// ```
/// use mesh_core::health::{Answer, grpc};
///
/// assert_eq!(grpc::answer(Some(0), &[0, 0, 0, 0, 2, 8, 1]), Answer::Good);
/// assert_eq!(grpc::answer(Some(0), &[0, 0, 0, 0, 2, 8, 2]), Answer::NotServing(2));
/// assert_eq!(grpc::answer(Some(12), &[]), Answer::GrpcStatus(12)); // no such service
/// ```
#[must_use]
pub fn answer(status: Option<u32>, body: &[u8]) -> Answer {
    match (status, serving(body)) {
        (Some(0), Some(SERVING)) => Answer::Good,
        (Some(0), Some(other)) => Answer::NotServing(other),
        (Some(0), None) | (None, _) => Answer::Malformed,
        (Some(other), _) => Answer::GrpcStatus(other),
    }
}

/// The status in a prefixed `HealthCheckResponse`.
fn serving(body: &[u8]) -> Option<u64> {
    let (prefix, mut rest) = body.split_first_chunk::<PREFIX>()?;
    let [compressed, length @ ..] = prefix;
    if *compressed != 0 || usize::try_from(u32::from_be_bytes(*length)).ok()? != rest.len() {
        return None;
    }
    // An absent field has its default, which is UNKNOWN.
    let mut status = 0;
    while !rest.is_empty() {
        let key = varint(&mut rest)?;
        match (key >> 3, key & 7) {
            (STATUS, VARINT) => status = varint(&mut rest)?,
            (_, wire_type) => skip(wire_type, &mut rest)?,
        }
    }
    Some(status)
}

/// Fields that a later version of the protocol may have are read over.
fn skip(wire_type: u64, rest: &mut &[u8]) -> Option<()> {
    let length = match wire_type {
        VARINT => return varint(rest).map(drop),
        FIXED64 => 8,
        LENGTH_DELIMITED => usize::try_from(varint(rest)?).ok()?,
        FIXED32 => 4,
        _ => return None,
    };
    *rest = rest.get(length..)?;
    Some(())
}

fn varint(rest: &mut &[u8]) -> Option<u64> {
    let mut value = 0_u64;
    for shift in (0..u64::BITS).step_by(7) {
        let (&byte, after) = rest.split_first()?;
        *rest = after;
        value |= u64::from(byte & 0x7F) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

/// Bytes before each message: whether it is compressed, and how long it is.
const PREFIX: usize = 5;
/// The number of the field that is read.
const STATUS: u64 = 1;
const SERVING: u64 = 1;
const VARINT: u64 = 0;
const FIXED64: u64 = 1;
const LENGTH_DELIMITED: u64 = 2;
const FIXED32: u64 = 5;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::{Rng, SplitMix};

    fn prefixed(message: &[u8]) -> Vec<u8> {
        let length = u32::try_from(message.len()).expect("short");
        [&[0][..], &length.to_be_bytes(), message].concat()
    }

    #[test]
    fn the_status_is_read_whatever_stands_around_it() {
        for (message, want) in [
            (&[8, 1][..], Some(1)),
            (&[8, 2], Some(2)),
            (&[], Some(0)),
            (&[8, 2, 8, 1], Some(1)), // the last one counts
            (&[18, 3, 1, 2, 3, 8, 1], Some(1)),
            (&[0x25, 1, 2, 3, 4, 8, 1], Some(1)),
            (&[0x21, 1, 2, 3, 4, 5, 6, 7, 8, 8, 1], Some(1)),
            (&[16, 0x96, 1, 8, 1], Some(1)),
            (&[8], None),
            (&[8, 0x81], None),
            (&[18, 9, 1], None),
            (&[0x0B, 8, 1], None), // a group, which nothing sends
        ] {
            assert_eq!(serving(&prefixed(message)), want, "{message:?}");
        }
    }

    #[test]
    fn a_message_that_is_not_whole_is_malformed() {
        for body in [
            &[][..],
            &[0, 0, 0, 0],
            &[0, 0, 0, 0, 2, 8],
            &[0, 0, 0, 0, 1, 8, 1],
            &[1, 0, 0, 0, 2, 8, 1],
            &[0, 0xFF, 0xFF, 0xFF, 0xFF, 8, 1],
        ] {
            assert_eq!(answer(Some(0), body), Answer::Malformed, "{body:?}");
        }
        assert_eq!(answer(None, &prefixed(&[8, 1])), Answer::Malformed);
    }

    #[test]
    fn no_bytes_at_all_stop_the_reader() {
        let mut rng = SplitMix::new(11);
        for _ in 0..if cfg!(miri) { 200 } else { 20_000 } {
            let length = usize::try_from(rng.below(24)).expect("small");
            let message: Vec<u8> = (0..length)
                .map(|_| rng.next_u64().to_le_bytes()[0])
                .collect();
            let _ = serving(&message);
            let _ = serving(&prefixed(&message));
        }
    }
}
