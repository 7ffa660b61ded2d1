//! What each part of the mesh costs: a mesh with the part beside a mesh without it, and each end alone beside nothing.
//!
//! `cargo bench -p mesh-benches --bench stack [-- --quick]`. Caller and called service run on one thread. The parts are compared over a
//! connection inside the process, as a kernel's noise is larger than they are; the ends alone over loopback. Ways to call take turns in
//! blocks, and a figure is the median difference between the medians of two blocks of the same turn: what is done off the request path
//! is not in it. Then the mesh's client beside those that one would use otherwise; the configuration's place beside a `watch`; last, the
//! trace header alone, beside opentelemetry-aws.

mod clients;
mod configuration;
mod header;

use std::net::SocketAddr;

use mesh_benches::{
    Error, bare,
    caller::Caller,
    counts,
    figure::{self, median},
    mesh::{Features, Node, Pair, Traces},
    sink::Sink,
    timing::{self, Block},
};
use mesh_tower::test_util::MemoryNetwork;

fn main() -> Result<(), Error> {
    let quick = std::env::args().any(|argument| argument == "--quick");
    let turns = if quick { 20 } else { 300 };
    figure::print_machine();
    figure::print_peers(&[
        "hyper",
        "hyper-util",
        "reqwest",
        "tonic",
        "tower",
        "tower-http",
        "tokio",
    ])?;
    println!("stack: {turns} turns of {CALLS} calls, one thread");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let sink = Sink::start()?;
        parts(turns, sink.addr()).await?;
        ends(turns).await?;
        clients::measure(turns).await?;
        configuration::measure(turns).await
    })?;
    header::measure(turns)?;
    counts::print(env!("CARGO_BIN_EXE_counts"), "stack")
}

/// Both ends together, and what each part adds to them.
async fn parts(turns: usize, traces: SocketAddr) -> Result<(), Error> {
    let plain = Features {
        access_log: false,
        traces: None,
        retries: 0,
        network: Some(MemoryNetwork::new()),
    };
    let traced = |sampled| Features {
        traces: Some(Traces {
            to: traces,
            sampled: Some(sampled),
        }),
        ..plain.clone()
    };
    let retried = Features {
        retries: 2,
        ..plain.clone()
    };
    let logged = Features {
        access_log: true,
        ..plain.clone()
    };
    let mut kept = Vec::new();
    let mut callers = vec![Caller::Bare(bare::in_memory().await?)];
    for features in [&plain, &retried, &logged, &traced(0.0), &traced(1.0)] {
        let pair = Pair::start(features).await?;
        callers.push(Caller::mesh(&pair.caller.mesh)?);
        kept.push(pair);
    }
    let measured = timing::turns(turns, &mut callers, CALLS).await?;
    added("both_ends", &measured, 1, 0);
    added("retry_policy", &measured, 2, 1);
    added("access_log", &measured, 3, 1);
    added("xray_unsampled", &measured, 4, 1);
    added("xray_sampled", &measured, 5, 1);
    Ok(())
}

/// A mesh at one end, and a bare service at the other.
async fn ends(turns: usize) -> Result<(), Error> {
    let features = Features {
        access_log: false,
        traces: None,
        retries: 0,
        network: None,
    };
    let service = bare::serve().await?;
    let caller = Node::caller(&features, service).await?;
    let called = Node::called(&features).await?;
    let mut callers = [
        Caller::Bare(bare::connect(service).await?),
        Caller::mesh(&caller.mesh)?,
        Caller::Bare(bare::connect(called.addr()?).await?),
    ];
    let measured = timing::turns(turns, &mut callers, CALLS).await?;
    added("outbound", &measured, 1, 0);
    added("inbound", &measured, 2, 0);
    Ok(())
}

fn added(what: &str, measured: &[Vec<Block>], with: usize, without: usize) {
    let differences = measured
        .iter()
        .map(|turn| (turn[with].p50 - turn[without].p50) * 1e3);
    let nanoseconds = format!("{:.0}", median(differences.collect()));
    figure::print("stack", "mesh", what, nanoseconds, "ns");
}

const CALLS: usize = 500;
