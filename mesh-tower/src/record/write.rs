//! The writer's side: records become log lines and trace documents here, on a thread of their own.

use std::{
    fmt,
    io::{self, Write},
    mem,
    sync::Arc,
    thread,
    time::{Duration, Instant, SystemTime},
};

use mesh_core::access_log::Record;

use super::{
    Records,
    ring::{Batch, Entry, Ring},
};
use crate::{runtime::clock, trace::Emitter};

/// Where records go, and the buffers that they go through.
pub(super) struct Output {
    access_log: Option<Box<dyn Write + Send>>,
    /// Whether the access log could not be written the last time.
    failed: bool,
    emitter: Option<Emitter>,
    batch: Batch,
    lines: Vec<u8>,
}

impl Output {
    pub(super) fn new(access_log: Option<Box<dyn Write + Send>>, emitter: Option<Emitter>) -> Self {
        Self {
            access_log,
            failed: false,
            emitter,
            batch: Batch::default(),
            lines: Vec::new(),
        }
    }

    /// Takes all records out of the ring.
    pub(super) fn write(&mut self, ring: &Ring) {
        let times = Times::now();
        let mut batch = mem::take(&mut self.batch);
        ring.drain(&mut batch, |batch| {
            let mut unwritten = ring.unwritten(batch.len());
            if self.log(batch, times).is_ok() {
                unwritten.written(batch.entries.len());
            }
            if let Some(emitter) = &mut self.emitter {
                for traced in batch.traced.drain(..) {
                    emitter.emit(traced, |at| times.wall(at));
                    unwritten.written(1);
                }
            }
        });
        self.batch = batch;
    }

    fn log(&mut self, batch: &Batch, times: Times) -> io::Result<()> {
        let Some(access_log) = self
            .access_log
            .as_mut()
            .filter(|_| !batch.entries.is_empty())
        else {
            return Ok(());
        };
        for entry in &batch.entries {
            record(entry, &batch.text, times).write_line(&mut self.lines);
        }
        let written = access_log
            .write_all(&self.lines)
            .and_then(|()| access_log.flush());
        self.lines.clear();
        self.report(&written);
        written
    }

    /// Says it once when lines begin to be lost, and once when they no longer are.
    fn report(&mut self, written: &io::Result<()>) {
        match written {
            Err(error) if !self.failed => {
                tracing::warn!(%error, "the access log cannot be written: its lines are lost");
            }
            Ok(()) if self.failed => tracing::info!("the access log can be written again"),
            _ => {}
        }
        self.failed = written.is_err();
    }
}

impl fmt::Debug for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Output")
            .field("access_log", &self.access_log.is_some())
            .field("emitter", &self.emitter)
            .finish_non_exhaustive()
    }
}

fn record<'a>(entry: &'a Entry, text: &'a [u8], times: Times) -> Record<'a> {
    let [path, authority, forwarded_for, user_agent, request_id] = entry.text.read(text);
    let mut record = Record::new(
        times.wall(entry.started),
        entry.method.as_str().as_bytes(),
        path.unwrap_or_default(),
        entry.version,
    );
    record.status = entry.status;
    record.flags = entry.flags;
    record.bytes_received = entry.bytes_received;
    record.bytes_sent = entry.bytes_sent;
    record.duration = entry.duration;
    record.upstream_service_time = entry.upstream_service_time;
    record.upstream_host = entry.upstream_host;
    (record.authority, record.forwarded_for) = (authority, forwarded_for);
    (record.user_agent, record.request_id) = (user_agent, request_id);
    record
}

/// The two clocks at one moment: requests note only the one that cannot be set back.
#[derive(Clone, Copy, Debug)]
struct Times {
    now: Instant,
    wall: SystemTime,
}

impl Times {
    fn now() -> Self {
        Self {
            now: clock::now(),
            wall: clock::wall(),
        }
    }

    /// The time of day of a moment that has passed.
    fn wall(self, at: Instant) -> SystemTime {
        let ago = self.now.saturating_duration_since(at);
        self.wall.checked_sub(ago).unwrap_or(SystemTime::UNIX_EPOCH)
    }
}

/// Starts the thread that writes until the recorder is gone; it is not a task, because files and terminals block.
pub(super) fn start(mut output: Output, records: Arc<Records>) -> io::Result<thread::Thread> {
    let thread = thread::Builder::new()
        .name("mesh-records".to_owned())
        .spawn(move || {
            let writing = Writing(&records);
            writing.run(&mut output);
        })?;
    Ok(thread.thread().clone())
}

/// Lives as long as somebody writes; a log that panics ends it, too.
struct Writing<'a>(&'a Records);

impl Writing<'_> {
    fn run(&self, output: &mut Output) {
        let Records { ring, rounds, .. } = self.0;
        loop {
            if !rounds.is_asked() {
                thread::park_timeout(EVERY);
            }
            let (round, last) = rounds.begin();
            output.write(ring);
            rounds.end(round);
            if last {
                return;
            }
        }
    }
}

impl Drop for Writing<'_> {
    fn drop(&mut self) {
        self.0.ring.close();
        self.0.rounds.end_all();
    }
}

/// A record waits no longer than this: whoever watches a log sees it at once.
const EVERY: Duration = Duration::from_millis(50);
