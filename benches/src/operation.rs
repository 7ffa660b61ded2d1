//! One operation, done over and over beside others.

use std::{fmt, future::Future, pin::pin, task::Context, task::Poll, task::Waker};

use crate::timing::now;

/// Something that takes nanoseconds.
pub struct Operation {
    /// Whose it is.
    pub subject: &'static str,
    /// What it does, as its figure says.
    pub what: String,
    run: Box<dyn FnMut()>,
    runs: u32,
}

impl Operation {
    /// What `run` does each time.
    pub fn new(
        subject: &'static str,
        what: impl Into<String>,
        run: impl FnMut() + 'static,
    ) -> Self {
        Self {
            subject,
            what: what.into(),
            run: Box::new(run),
            runs: RUNS,
        }
    }

    /// The same, done so many times in one block.
    #[must_use]
    pub fn of_runs(self, runs: u32) -> Self {
        Self { runs, ..self }
    }

    /// Does it so many times.
    pub fn repeat(&mut self, times: u32) {
        for _ in 0..times {
            (self.run)();
        }
    }
}

impl fmt::Debug for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.subject, self.what)
    }
}

/// Lets operations take turns in blocks, mostly of [`RUNS`]: the nanoseconds that one run took in each turn, in the order of the operations.
pub fn turns(turns: usize, operations: &mut [Operation]) -> Vec<Vec<f64>> {
    let mut turn = || {
        operations
            .iter_mut()
            .map(|operation| {
                let start = now();
                operation.repeat(operation.runs);
                start.elapsed().as_secs_f64() * 1e9 / f64::from(operation.runs)
            })
            .collect()
    };
    // What is done lazily is done in a turn that counts for nothing.
    let _: Vec<f64> = turn();
    (0..turns).map(|_| turn()).collect()
}

/// What a future that never waits resolves to.
///
/// # Panics
/// It waits.
pub fn at_once<F: Future>(future: F) -> F::Output {
    let polled = pin!(future).poll(&mut Context::from_waker(Waker::noop()));
    match polled {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("nothing here has to wait"),
    }
}

/// How often an operation is done in one block.
pub const RUNS: u32 = 1_000;
