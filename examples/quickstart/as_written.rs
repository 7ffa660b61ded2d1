//! Part one: the template as users wrote it, oddities included.

use std::error::Error;

use crate::{
    report::{self, Column},
    running::{Running, node},
    services::{ServiceB, service_a},
    template,
    traffic::Caller,
};

/// Runs it, and gives the number of requests sent.
pub(crate) async fn run() -> Result<usize, Box<dyn Error>> {
    let path = template::path("seed.yaml");
    println!("1. The template as written: {}\n", path.display());
    let config = mesh_tower::load(&path)?;
    println!("   The loader warns of what its author may not expect, and takes it as it is:\n");
    template::print_warnings(config.warnings());
    println!("\n   {} resources, no errors.", config.resources());

    let b = Running::start(node(&config, "service-b"), |_| {
        Ok(ServiceB::sound("service-b").app())
    })
    .await?;
    let a = node(&config, "service-a").endpoint("service-b", b.addr());
    let a = Running::start(a, service_a).await?;
    println!(
        "   service-a listens on {}, service-b on {}",
        a.addr(),
        b.addr()
    );

    let replies = Caller::of(a.addr())?.send(REQUESTS).await;
    report::print_table(
        &[Column::of("all requests", replies.iter())],
        &["service-b"],
    );
    report::print_verdict(&replies)?;
    a.stop().await?;
    b.stop().await?;
    Ok(replies.len())
}

const REQUESTS: usize = 200;
