//! Allocations of each operation and of each call of a bench: `counts pick|retry|route|stack`, which the benches themselves run.
//!
//! Of a call, those of both ends and of the connection between them: what a client adds is its difference from the bare one.

use std::{env, hint::black_box, sync::Barrier, thread};

use mesh_benches::{
    Error, clients,
    clients::Clients,
    figure,
    operation::{Operation, RUNS},
    pick, retry,
    route::{self, Table},
};

#[global_allocator]
static ALLOCATOR: dhat::Alloc = dhat::Alloc;

fn main() -> Result<(), Error> {
    let bench = env::args().nth(1).unwrap_or_default();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        match bench.as_str() {
            "pick" => {
                operations(&bench, pick::operations().await?);
                for endpoints in pick::CALLED {
                    let what = format!("call_{endpoints}_allocations");
                    calls(&bench, &what, clients::balanced(endpoints).await?).await?;
                }
                Ok(())
            }
            "retry" => {
                operations(&bench, retry::operations());
                Ok(())
            }
            "route" => {
                for table in route::tables()? {
                    operations(&bench, route::lookups(&table));
                    in_two_threads(&bench, &table);
                }
                Ok(())
            }
            "stack" => {
                calls(&bench, "http1_allocations", clients::http1().await?).await?;
                calls(&bench, "http2_allocations", clients::http2().await?).await
            }
            other => Err(format!("{other:?}: there are only pick, retry, route and stack").into()),
        }
    })
}

fn operations(bench: &str, operations: Vec<Operation>) {
    for mut operation in operations {
        operation.repeat(RUNS);
        let counted = Counted::begin();
        operation.repeat(RUNS);
        let what = format!("{}_allocations", operation.what);
        counted.print(bench, operation.subject, &what);
    }
}

/// What two threads allocate together that look up in one table.
fn in_two_threads(bench: &str, table: &Table) {
    let turn = Barrier::new(3);
    let lookups = || {
        for _ in 0..RUNS {
            black_box(table.find());
        }
        turn.wait();
    };
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                lookups();
                turn.wait();
                lookups();
            });
        }
        turn.wait();
        let counted = Counted::begin();
        turn.wait();
        turn.wait();
        counted.print(
            bench,
            "mesh",
            &format!("{}_two_threads_allocations", table.name),
        );
    });
}

async fn calls(bench: &str, what: &str, clients: Clients) -> Result<(), Error> {
    for (subject, mut caller) in clients {
        for _ in 0..RUNS {
            caller.call().await?;
        }
        let counted = Counted::begin();
        for _ in 0..RUNS {
            caller.call().await?;
        }
        counted.print(bench, subject, what);
    }
    Ok(())
}

/// What is allocated from now on, in [`RUNS`] runs.
struct Counted(dhat::Profiler);

impl Counted {
    fn begin() -> Self {
        Self(dhat::Profiler::builder().testing().build())
    }

    fn print(self, bench: &str, subject: &str, what: &str) {
        let blocks = dhat::HeapStats::get().total_blocks;
        drop(self.0);
        let each = format!("{:.1}", blocks as f64 / f64::from(RUNS));
        figure::print(bench, subject, what, each, "per call");
    }
}
