//! The mesh's client beside those that a service would use otherwise, each over one connection on loopback to the same bare service.
//!
//! Only the calling end differs. `mesh_benches::clients` says what each of them does beside calling.

use mesh_benches::{
    Error,
    clients::{self, Clients},
    timing,
};

/// Measures and prints.
pub(crate) async fn measure(turns: usize) -> Result<(), Error> {
    compare("http1", clients::http1().await?, turns).await?;
    compare("http2", clients::http2().await?, turns).await
}

async fn compare(what: &str, clients: Clients, turns: usize) -> Result<(), Error> {
    let (subjects, mut callers): (Vec<_>, Vec<_>) = clients.into_iter().unzip();
    let measured = timing::turns(turns, &mut callers, super::CALLS).await?;
    timing::print_added("stack", what, &subjects, &measured);
    Ok(())
}
