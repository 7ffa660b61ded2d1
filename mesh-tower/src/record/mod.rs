//! What is recorded of requests when they end: counted at once, written to the access log and sent to X-Ray off their path.
//!
//! Both `Observe` services begin their calls here, and the guard of each call ends it here, whichever way it ends.

mod ring;
mod rounds;
mod scope;
#[cfg(test)]
pub(crate) mod testing;
mod text;
#[cfg(any(test, feature = "test-util"))]
mod witness;
mod write;

use std::{
    io,
    sync::{Arc, OnceLock},
    thread::{self, Thread},
    time::Instant,
};

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Request};
use mesh_core::{metric::Number, rng::Rng};

pub(crate) use self::scope::{InScope, Scope};
#[cfg(any(test, feature = "test-util"))]
pub(crate) use self::witness::Witness;
use self::{
    ring::{Entry, Kept, Ring},
    rounds::Rounds,
    text::Text,
    write::Output,
};
use crate::{
    call::{Attempt, Call, RequestHead, Told},
    runtime::{
        meters::Meters,
        rng::{OwnRng, SharedRng},
    },
    trace::{Counted, Emitter, Trace, Traced, Tracer},
};

/// Where the requests of a mesh are recorded.
#[derive(Debug)]
pub(crate) struct Recorder {
    ids: Arc<SharedRng>,
    carried: Box<[HeaderName]>,
    meters: Arc<Meters>,
    tracer: Option<Tracer>,
    counted: Option<Counted>,
    logs: bool,
    /// `None` where nobody reads records.
    records: Option<Arc<Records>>,
    #[cfg(any(test, feature = "test-util"))]
    witness: Option<Witness>,
}

/// Records on their way out, shared with the thread that writes them.
#[derive(Debug)]
struct Records {
    ring: Ring,
    rounds: Rounds,
    writer: OnceLock<Thread>,
}

/// Whom records are written for.
#[derive(Default)]
pub(crate) struct Readers {
    pub(crate) access_log: Option<Box<dyn io::Write + Send>>,
    pub(crate) tracer: Option<(Tracer, Emitter)>,
    #[cfg(any(test, feature = "test-util"))]
    pub(crate) witness: Option<Witness>,
}

impl Recorder {
    pub(crate) fn new(
        ids: Arc<SharedRng>,
        carried: Vec<HeaderName>,
        meters: Arc<Meters>,
        readers: Readers,
    ) -> io::Result<Arc<Self>> {
        let Readers {
            access_log, tracer, ..
        } = readers;
        let (tracer, emitter) = tracer.unzip();
        let logs = access_log.is_some();
        let counted = emitter.as_ref().map(Emitter::counters);
        let records = match logs || tracer.is_some() {
            true => Some(Records::start(Output::new(access_log, emitter))?),
            false => None,
        };
        Ok(Arc::new(Self {
            ids,
            carried: carried.into(),
            meters,
            tracer,
            counted,
            logs,
            records,
            #[cfg(any(test, feature = "test-util"))]
            witness: readers.witness,
        }))
    }

    pub(crate) fn meters(&self) -> &Meters {
        &self.meters
    }

    /// The names of the headers that an inbound call's own calls take along.
    fn carried(&self) -> &[HeaderName] {
        &self.carried
    }

    /// What records show of a request's head, if there will be any of it.
    fn head<B>(&self, request: &Request<B>, told: &Told<'_>, trace: &Trace) -> Option<RequestHead> {
        (self.logs || trace.is_sampled()).then(|| RequestHead::of(request, told))
    }

    /// A name in logs for a request that nobody has named yet.
    ///
    /// # Source
    /// Envoy, `generate_request_id`: a random UUID (RFC 9562, version 4) in `x-request-id`.
    fn new_request_id(rng: &mut OwnRng<'_>) -> Option<HeaderValue> {
        let random = u128::from(rng.next_u64()) << 64 | u128::from(rng.next_u64());
        // Owned once and shared: a copy goes out with each attempt, and one stays for the log.
        HeaderValue::from_maybe_shared(Bytes::from_owner(uuid(random))).ok()
    }

    /// Writes what an ended call leaves to be read.
    fn record(&self, call: &Arc<Call>, now: Instant) {
        #[cfg(any(test, feature = "test-util"))]
        if let Some(witness) = &self.witness {
            witness.tell(call, now);
        }
        let Some(records) = &self.records else {
            return;
        };
        if let Some(head) = call.head().filter(|_| self.logs) {
            records.keep(|ring| ring.push(|text| entry(call, head, now, text)));
        }
        if let Some(traced) = Traced::of(call, now, self.tracer.as_ref()) {
            records.keep(|ring| ring.push_traced(traced));
        }
    }

    /// Metrics that are not those of any requests.
    pub(crate) fn numbers(&self) -> Vec<Number> {
        let mut numbers = Vec::new();
        if let Some(records) = &self.records {
            numbers.push(Number::counter(
                "mesh_records_dropped_total",
                "Log lines and requests' traces that were lost: no room while they waited, or the log could not be written.",
                records.ring.dropped(),
            ));
        }
        if let Some(counted) = &self.counted {
            numbers.extend(counted.numbers());
        }
        numbers
    }

    /// Waits until all records of requests that have ended are written; no longer than a second, should the log block.
    pub(crate) fn flush(&self) {
        if let Some(records) = &self.records {
            records.wait(records.rounds.ask(|| records.wake()));
        }
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        if let Some(records) = &self.records {
            let last = records.rounds.ask_for_last(|| records.wake());
            // Or a process that ends now would lose them.
            records.wait(last);
        }
    }
}

impl Records {
    fn start(output: Output) -> io::Result<Arc<Self>> {
        let records = Arc::new(Self {
            ring: Ring::new(),
            rounds: Rounds::default(),
            writer: OnceLock::new(),
        });
        let writer = write::start(output, records.clone())?;
        // Nobody else has seen it yet, so it is set here.
        let _ = records.writer.set(writer);
        Ok(records)
    }

    fn keep(&self, push: impl FnOnce(&Ring) -> Kept) {
        if push(&self.ring) == Kept::HalfFull {
            self.wake();
        }
    }

    fn wake(&self) {
        if let Some(writer) = self.writer.get() {
            writer.unpark();
        }
    }

    /// Waits until this round has ended; a log that asks for it itself cannot wait for itself.
    fn wait(&self, round: u64) {
        let here = thread::current().id();
        if self.writer.get().is_some_and(|writer| writer.id() != here) {
            self.rounds.wait(round);
        }
    }
}

fn entry(call: &Call, head: &RequestHead, now: Instant, text: &mut Vec<u8>) -> Entry {
    let (bytes_received, bytes_sent) = call.bytes();
    let last = call.attempts().last();
    let asked = last.map_or_else(|| call.started(), Attempt::started);
    Entry {
        started: call.started(),
        method: head.method.clone(),
        version: head.version,
        status: call.code(),
        flags: call.flags(),
        bytes_received,
        bytes_sent,
        duration: now.saturating_duration_since(call.started()),
        // What was given up has a time, too, but no head.
        upstream_service_time: call
            .status()
            .and_then(|_| call.head_at())
            .map(|head| head.saturating_duration_since(asked)),
        upstream_host: last.map(Attempt::endpoint),
        text: Text::write(
            text,
            [
                // CONNECT has none.
                Some(head.path().as_bytes()).filter(|_| head.method != Method::CONNECT),
                head.authority(),
                head.forwarded_for(),
                head.user_agent(),
                call.request_id().map(HeaderValue::as_bytes),
            ],
        ),
    }
}

/// The text of a random UUID.
fn uuid(random: u128) -> [u8; 36] {
    let random = random & !(0xf << 76) & !(0b11 << 62) | 0x4 << 76 | 0b10 << 62;
    let mut text = [b'-'; 36];
    for (byte, place) in random.to_be_bytes().into_iter().zip(PLACES) {
        text[place] = HEX[usize::from(byte >> 4)];
        text[place + 1] = HEX[usize::from(byte & 0xf)];
    }
    text
}

/// Where each byte stands in the text: after the fourth, the sixth, the eighth and the tenth there is a dash.
const PLACES: [usize; 16] = [0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34];

const HEX: &[u8; 16] = b"0123456789abcdef";

#[cfg(test)]
mod tests {
    use std::{sync::mpsc, time::Duration};

    use http::Request;
    use mesh_core::{
        Defaults,
        compile::compile,
        config::{Mesh, VirtualNode},
        metric::Direction,
    };
    use parking_lot::Mutex;

    use super::*;
    use crate::runtime::clock;

    #[test]
    fn a_log_that_is_the_last_to_hold_its_recorder_does_not_wait_for_itself() {
        struct Holds {
            recorder: Arc<Mutex<Option<Arc<Recorder>>>>,
            took: mpsc::Sender<Duration>,
        }
        impl io::Write for Holds {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                let start = clock::now();
                if let Some(last) = self.recorder.lock().take() {
                    last.flush();
                    drop(last);
                    self.took.send(start.elapsed()).expect("the test listens");
                }
                Ok(bytes.len())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let mesh = Mesh::builder("shop").virtual_node(VirtualNode::builder("web"));
        let model = mesh.build().expect("a valid mesh");
        let snapshot = compile(&model, "web", Defaults::Safe).expect("a node of the mesh");
        let (recorder, (took, listens)) = (Arc::<Mutex<_>>::default(), mpsc::channel());
        let log = Holds {
            recorder: recorder.clone(),
            took,
        };
        let readers = Readers {
            access_log: Some(Box::new(log)),
            ..Readers::default()
        };
        let held = testing::recorder(&snapshot, readers);
        let scope = Scope::new(Direction::Inbound, &held);
        let call = scope.begin_inbound(&mut Request::new(()), None);
        *recorder.lock() = Some(held);
        scope.end(&call);
        drop(scope);
        let took = listens.recv().expect("the log was written");
        assert!(took < Duration::from_millis(500), "{took:?}");
    }

    #[test]
    fn a_request_id_is_a_random_uuid() {
        let text = |random| String::from_utf8(uuid(random).to_vec()).expect("ASCII");
        assert_eq!(text(0), "00000000-0000-4000-8000-000000000000");
        assert_eq!(text(u128::MAX), "ffffffff-ffff-4fff-bfff-ffffffffffff");
        let some = 0x0123_4567_89ab_cdef_0123_4567_89ab_cdef;
        assert_eq!(text(some), "01234567-89ab-4def-8123-456789abcdef");
    }
}
