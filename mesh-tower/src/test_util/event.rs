//! What happens in a simulation, in the order of its clock.

use std::{fmt, time::Duration};

use mesh_core::metric::{Flags, Outcome};
use parking_lot::Mutex;
use tokio::time::Instant;

use super::Place;

/// Something that happened. Prints as one line.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Event {
    /// When, after the start of the simulation. That of an attempt or a call is when it began.
    pub at: Duration,
    /// What it was.
    pub kind: EventKind,
}

/// What can happen.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum EventKind {
    /// An endpoint began to serve.
    Started(Place),
    /// An endpoint drained and ended.
    Stopped(Place),
    /// An endpoint ended without a word.
    Crashed(Place),
    /// Nothing goes from one to the other any more, nor back.
    Partitioned(Place, Place),
    /// What was partitioned is no more.
    Healed(Place, Place),
    /// Another configuration came into force, the so-many-eth after the first.
    Applied(u64),
    /// A connection was made.
    Connected {
        /// Who made it.
        from: Place,
        /// Who took it.
        to: Place,
    },
    /// A connection was refused: nobody listened.
    Refused {
        /// Who wanted it.
        from: Place,
        /// Who was not there.
        to: Place,
    },
    /// A connection was never made, because the link lost it.
    Lost {
        /// Who wanted it.
        from: Place,
        /// Who never heard of it.
        to: Place,
    },
    /// The link broke a connection in place of carrying what was sent.
    Reset {
        /// Who sent.
        from: Place,
        /// To whom.
        to: Place,
    },
    /// A call was tried once.
    Attempt {
        /// Who called.
        from: Place,
        /// Where it was sent.
        to: Place,
        /// Which attempt of its call, from 1.
        number: u32,
        /// How it ended, and after how long; `None` where it was given up.
        outcome: Option<(Outcome, Duration)>,
    },
    /// A call.
    Call {
        /// Who called.
        from: Place,
        /// The virtual service, where the request named one.
        to: Option<String>,
        /// The status that a sidecar's caller would have seen; 0 for none.
        status: u16,
        /// The status that a gRPC call ended with; `None` where it was not told.
        grpc: Option<i32>,
        /// Why it did not simply succeed.
        flags: Flags,
        /// How often it was tried.
        attempts: u32,
        /// Until its response's body had ended.
        took: Duration,
    },
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:>9.3} s  {}", self.at.as_secs_f64(), self.kind)
    }
}

impl fmt::Display for EventKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Started(place) => write!(f, "{place} serves"),
            Self::Stopped(place) => write!(f, "{place} has drained"),
            Self::Crashed(place) => write!(f, "{place} crashes"),
            Self::Partitioned(one, other) => write!(f, "{one} and {other} are partitioned"),
            Self::Healed(one, other) => write!(f, "{one} and {other} are healed"),
            Self::Applied(number) => write!(f, "configuration {number} is in force"),
            Self::Connected { from, to } => write!(f, "{from} -> {to} connected"),
            Self::Refused { from, to } => write!(f, "{from} -> {to} refused"),
            Self::Lost { from, to } => write!(f, "{from} -> {to} lost"),
            Self::Reset { from, to } => write!(f, "{from} -> {to} reset"),
            Self::Attempt {
                from,
                to,
                number,
                outcome: Some((outcome, took)),
            } => write!(
                f,
                "{from} -> {to} attempt {number}: {outcome:?} after {took:?}"
            ),
            Self::Attempt {
                from, to, number, ..
            } => write!(f, "{from} -> {to} attempt {number}: given up"),
            Self::Call {
                from,
                to,
                status,
                grpc,
                flags,
                attempts,
                took,
            } => {
                let to = to.as_deref().unwrap_or("nowhere");
                let grpc = grpc.map_or_else(String::new, |grpc| format!(" grpc {grpc}"));
                write!(
                    f,
                    "{from} => {to} {status}{grpc} {flags} after {took:?}, attempts {attempts}"
                )
            }
        }
    }
}

/// Where events are written down.
#[derive(Debug)]
pub(super) struct Journal {
    began: Instant,
    events: Mutex<Vec<Event>>,
}

impl Journal {
    /// Begins now.
    pub(super) fn new() -> Self {
        Self {
            began: Instant::now(),
            events: Mutex::default(),
        }
    }

    /// How long ago it began.
    pub(super) fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }

    /// It happens now.
    pub(super) fn note(&self, kind: EventKind) {
        self.note_at(Instant::now(), kind);
    }

    /// It happened then.
    pub(super) fn note_at(&self, at: Instant, kind: EventKind) {
        let at = at.saturating_duration_since(self.began);
        self.events.lock().push(Event { at, kind });
    }

    /// What happened, by its time; at the same time, as it was written down.
    pub(super) fn read(&self) -> Vec<Event> {
        let mut events = self.events.lock().clone();
        events.sort_by_key(|event| event.at);
        events
    }
}

#[cfg(test)]
mod tests {
    use mesh_core::metric::Flag;

    use super::*;

    #[test]
    fn an_event_is_a_line_to_read() {
        let (from, to) = (Place::from("web"), Place::from(("orders", 1)));
        let ms = Duration::from_millis;
        for (kind, line) in [
            (
                EventKind::Attempt {
                    from: from.clone(),
                    to: to.clone(),
                    number: 2,
                    outcome: Some((Outcome::Status(503), ms(3))),
                },
                "    1.250 s  web -> orders/1 attempt 2: Status(503) after 3ms",
            ),
            (
                EventKind::Call {
                    from: from.clone(),
                    to: Some("orders.local".to_owned()),
                    status: 200,
                    grpc: None,
                    flags: Flags::NONE,
                    attempts: 2,
                    took: ms(7),
                },
                "    1.250 s  web => orders.local 200 - after 7ms, attempts 2",
            ),
            (
                EventKind::Call {
                    from: from.clone(),
                    to: None,
                    status: 200,
                    grpc: Some(12),
                    flags: Flags::NONE.with(Flag::NoRoute),
                    attempts: 0,
                    took: ms(0),
                },
                "    1.250 s  web => nowhere 200 grpc 12 NR after 0ns, attempts 0",
            ),
            (
                EventKind::Partitioned(from, to),
                "    1.250 s  web and orders/1 are partitioned",
            ),
        ] {
            let at = ms(1250);
            assert_eq!(Event { at, kind }.to_string(), line);
        }
    }
}
