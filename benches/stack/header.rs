//! The trace header alone: read from one message and written into the next, ours beside opentelemetry-aws.

use std::{collections::HashMap, hint::black_box};

use http::HeaderValue;
use mesh_benches::{
    Error,
    figure::{self, median},
    timing::now,
};
use mesh_xray::{SegmentId, TraceHeader, TraceId};
use opentelemetry::propagation::TextMapPropagator;
use opentelemetry_aws::trace::XrayPropagator;

/// Measures and prints.
pub(crate) fn measure(blocks: usize) -> Result<(), Error> {
    let subsegment = SegmentId::parse(b"53995c3f42cd8ad8")?;
    let ours = median_of(blocks, || {
        let trace = TraceHeader::parse(black_box(HEADER).as_bytes());
        let trace = trace.into_trace(|| TraceId::generate(std::time::UNIX_EPOCH, || 7));
        let written = trace.upstream_sampled(subsegment);
        drop(black_box(HeaderValue::from_bytes(written.as_bytes())));
    });
    let propagator = XrayPropagator::default();
    let carried = HashMap::from([("x-amzn-trace-id".to_owned(), HEADER.to_owned())]);
    let theirs = median_of(blocks, || {
        let context = propagator.extract(black_box(&carried));
        let mut written = HashMap::new();
        propagator.inject_context(&context, &mut written);
        drop(black_box(written));
    });
    figure::print("stack", "mesh", "xray_header", format!("{ours:.0}"), "ns");
    let theirs = format!("{theirs:.0}");
    figure::print("stack", "opentelemetry-aws", "xray_header", theirs, "ns");
    println!("peer: opentelemetry-aws = 0.21");
    Ok(())
}

/// The median time of one run, in nanoseconds.
fn median_of(blocks: usize, mut run: impl FnMut()) -> f64 {
    let mut block = || {
        let start = now();
        (0..RUNS).for_each(|_| run());
        start.elapsed().as_secs_f64() * 1e9 / f64::from(RUNS)
    };
    block();
    median((0..blocks).map(|_| block()).collect())
}

const HEADER: &str = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad9;Sampled=1";
const RUNS: u32 = 1_000;
