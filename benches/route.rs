//! Which route takes a request, among ten and among ten thousand: the mesh's lookup beside a scan of its rules, matchit and Envoy.
//!
//! `cargo bench -p mesh-benches --bench route [-- --quick]`. Operations take turns in blocks, and a figure is the median of its blocks;
//! `mesh_benches::route` says what one is. `of_smallest` is a lookup's cost by that in the smallest table of its kind, `of_scan` by
//! that of the scan.
//! Envoy cannot be asked for a route alone: calls through one Envoy, over one connection that is kept open, stand for it, of which only the
//! last route takes the call. `added` is what comes on top of a bare connection, `scan` on top of the Envoy with one route; the mesh's
//! lookup in such tables, `last`, stands beside them.

use std::{
    hint::black_box,
    sync::{Arc, Barrier},
    thread,
};

use mesh_benches::{
    Error, bare,
    caller::Caller,
    counts,
    envoy::{self, Envoys},
    figure::{self, median},
    operation::{self, Operation, RUNS},
    route::{self, CALLED, Kind, ROUTES, Table},
    sink::Sink,
    timing::{self, now},
};

fn main() -> Result<(), Error> {
    let quick = std::env::args().any(|argument| argument == "--quick");
    let (blocks, turns) = if quick { (50, 10) } else { (500, 60) };
    figure::print_machine();
    figure::print_peers(&["matchit"])?;
    println!("route: {blocks} turns of {RUNS} lookups, {turns} of {CALLS} calls");
    let tables = route::tables()?;
    for of_one_kind in tables.chunks(ROUTES.len()) {
        one_thread(of_one_kind, blocks);
    }
    for table in &tables {
        let built = table.built.as_secs_f64() * 1e3;
        print("mesh", &format!("{}_built", table.name), built, "ms");
        let taken = median(two_threads(table, blocks));
        print("mesh", &format!("{}_two_threads", table.name), taken, "ns");
    }
    if envoy::available()? {
        println!("peer: envoy = {}", envoy::version());
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        runtime.block_on(calls(turns))?;
        let tables = CALLED.map(|routes| Table::new(Kind::Last, routes));
        one_thread(&tables.into_iter().collect::<Result<Vec<_>, _>>()?, blocks);
    }
    counts::print(env!("CARGO_BIN_EXE_counts"), "route")
}

/// Measures tables of one kind, the smallest first.
fn one_thread(tables: &[Arc<Table>], blocks: usize) {
    let of = |table| {
        route::lookups(table)
            .into_iter()
            .chain([route::scan(table)])
    };
    let mut operations: Vec<Operation> = tables.iter().flat_map(of).collect();
    let measured = operation::turns(blocks, &mut operations);
    let taken = |index: usize| median(measured.iter().map(|turn| turn[index]).collect());
    let taken: Vec<_> = (0..operations.len()).map(taken).collect();
    for (operation, taken) in operations.iter().zip(&taken) {
        print(operation.subject, &operation.what, *taken, "ns");
    }
    let mesh: Vec<_> = (0..operations.len())
        .filter(|index| operations[*index].subject == "mesh")
        .collect();
    for (index, table) in mesh.iter().zip(tables) {
        let last = operations
            .iter()
            .skip(*index)
            .position(|operation| operation.subject == "scan");
        let scan = taken[index + last.unwrap_or_default()];
        print(
            "mesh",
            &format!("{}_of_smallest", table.name),
            taken[*index] / taken[mesh[0]],
            "x",
        );
        print(
            "mesh",
            &format!("{}_of_scan", table.name),
            taken[*index] / scan,
            "x",
        );
    }
}

/// What a lookup takes while another thread looks up in the same table: the blocks of both.
fn two_threads(table: &Table, blocks: usize) -> Vec<f64> {
    let begin = Barrier::new(2);
    let block = |_| {
        let start = now();
        for _ in 0..RUNS {
            black_box(table.find());
        }
        start.elapsed().as_secs_f64() * 1e9 / f64::from(RUNS)
    };
    let blocks = || {
        begin.wait();
        (0..blocks).map(block).collect::<Vec<_>>()
    };
    thread::scope(|scope| {
        let other = scope.spawn(blocks);
        let mut taken = blocks();
        taken.extend(other.join().unwrap_or_default());
        taken
    })
}

async fn calls(turns: usize) -> Result<(), Error> {
    let (service, sink) = (bare::serve().await?, Sink::start()?);
    let mut callers = vec![Caller::Bare(bare::connect(service).await?)];
    let mut envoys = Vec::new();
    for routes in CALLED {
        let envoy = Envoys::routed(service, sink.addr(), routes).await?;
        callers.push(Caller::Bare(bare::connect(envoy.egress()).await?));
        envoys.push(envoy);
    }
    let measured = timing::turns(turns, &mut callers, CALLS).await?;
    let names = CALLED.map(|routes| format!("envoy_{routes}"));
    let subjects: Vec<_> = ["bare"]
        .into_iter()
        .chain(names.iter().map(String::as_str))
        .collect();
    timing::print_added("route", "call", &subjects, &measured);
    for (index, name) in names.iter().enumerate().skip(1) {
        let scan = measured
            .iter()
            .map(|turn| turn[index + 1].p50 - turn[1].p50);
        print(name, "call_scan_p50", median(scan.collect()), "us");
    }
    Ok(())
}

fn print(subject: &str, what: &str, number: f64, unit: &str) {
    // A ratio to a scan of ten thousand has its first digit late.
    let digits = if unit == "x" { 5 } else { 1 };
    figure::print(
        "route",
        subject,
        what,
        format_args!("{number:.digits$}"),
        unit,
    );
}

const CALLS: usize = 500;
