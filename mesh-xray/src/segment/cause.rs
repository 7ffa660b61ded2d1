//! [`Cause`]: the error behind a fault.

use std::borrow::Cow;
use std::error::Error;
use std::iter;

use super::json::Object;
use crate::id::SegmentId;

/// The errors behind a fault, each caused by the one after it.
///
/// # Units
/// The first 4 errors are kept, and 250 characters of each text.
///
/// # Source
/// X-Ray developer guide, "Segment documents", `cause`. Stacks are not recorded: errors in Rust have none.
///
/// # Examples
/// ```
/// use mesh_xray::segment::Cause;
/// # let random = || 7;
///
/// let refused = std::io::Error::from(std::io::ErrorKind::ConnectionRefused);
/// let cause = Cause::of_error("ConnectRefused", &refused, random).remote();
/// assert_eq!(cause.exceptions[0].message, "connection refused");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Cause {
    /// The outermost first.
    pub exceptions: Vec<Exception>,
}

impl Cause {
    /// One error: its kind, as a word to group by, and what it says.
    #[must_use]
    pub fn new(
        id: SegmentId,
        kind: impl Into<Cow<'static, str>>,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        let exception = Exception {
            kind: Some(kind.into()),
            ..Exception::new(id, message)
        };
        Self {
            exceptions: vec![exception],
        }
    }

    /// An error of some kind and its sources, whose kinds are not known. Draws an id from `rng` for each.
    #[must_use]
    pub fn of_error(
        kind: impl Into<Cow<'static, str>>,
        error: &(dyn Error + 'static),
        mut rng: impl FnMut() -> u64,
    ) -> Self {
        let chain = iter::successors(Some(error), |&error| error.source());
        let mut exceptions: Vec<_> = chain
            .take(MAX_EXCEPTIONS)
            .map(|error| Exception::new(SegmentId::generate(&mut rng), error.to_string()))
            .collect();
        if let Some(outermost) = exceptions.first_mut() {
            outermost.kind = Some(kind.into());
        }
        Self { exceptions }
    }

    /// Says that the far end caused it.
    #[must_use]
    pub fn remote(mut self) -> Self {
        for exception in &mut self.exceptions {
            exception.remote = true;
        }
        self
    }

    pub(super) fn write(&self, cause: &mut Object<'_>) {
        let kept = self.exceptions.get(..MAX_EXCEPTIONS);
        let kept = kept.unwrap_or(&self.exceptions);
        let causes = kept.iter().skip(1).map(|exception| Some(exception.id));
        let linked = kept.iter().zip(causes.chain([None]));
        cause.array("exceptions", linked, |out, (exception, cause)| {
            Object::write(out, |object| exception.write(object, cause));
        });
    }
}

/// One error of a [`Cause`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Exception {
    /// By which the one it caused refers to it.
    pub id: SegmentId,
    /// `ConnectRefused`, say; absent if only the message is known.
    pub kind: Option<Cow<'static, str>>,
    /// What it says.
    pub message: Cow<'static, str>,
    /// The far end caused it.
    pub remote: bool,
}

impl Exception {
    /// An error of which only the message is known.
    #[must_use]
    pub fn new(id: SegmentId, message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            id,
            kind: None,
            message: message.into(),
            remote: false,
        }
    }

    fn write(&self, object: &mut Object<'_>, cause: Option<SegmentId>) {
        object.plain("id", &self.id.to_ascii());
        if let Some(kind) = &self.kind {
            object.text("type", kind, MAX_CHARS);
        }
        object.text("message", &self.message, MAX_CHARS);
        object.flag_if("remote", self.remote);
        if let Some(cause) = cause {
            object.plain("cause", &cause.to_ascii());
        }
    }
}

const MAX_EXCEPTIONS: usize = 4;
const MAX_CHARS: usize = 250;

#[cfg(test)]
mod tests {
    use thiserror::Error;

    use super::*;

    #[derive(Debug, Error)]
    #[error("level {level}")]
    struct Level {
        level: u32,
        source: Option<Box<Self>>,
    }

    fn levels(count: u32) -> Level {
        let chain = (1..count).rev().fold(None, |source, level| {
            Some(Box::new(Level { level, source }))
        });
        Level {
            level: 0,
            source: chain,
        }
    }

    #[test]
    fn each_error_names_the_one_that_caused_it() {
        let mut next = 0;
        let rng = || {
            next += 1;
            next
        };
        let mut out = Vec::new();
        Object::write(&mut out, |object| {
            Cause::of_error("Outer", &levels(2), rng)
                .remote()
                .write(object)
        });
        assert_eq!(
            str::from_utf8(&out),
            Ok(concat!(
                r#"{"exceptions":[{"id":"0000000000000001","type":"Outer","message":"level 0","remote":true,"#,
                r#""cause":"0000000000000002"},{"id":"0000000000000002","message":"level 1","remote":true}]}"#
            ))
        );
    }

    #[test]
    fn four_errors_of_a_chain_are_kept() {
        let chain = Cause::of_error("Outer", &levels(9), || 1);
        let messages: Vec<_> = chain
            .exceptions
            .iter()
            .map(|exception| &*exception.message)
            .collect();
        assert_eq!(messages, ["level 0", "level 1", "level 2", "level 3"]);
    }
}
