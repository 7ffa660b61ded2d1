//! Scratch

use mesh_benches::{
    Error, bare,
    caller::Caller,
    mesh::{Features, Pair},
};

#[global_allocator]
static ALLOCATOR: dhat::Alloc = dhat::Alloc;

fn main() -> Result<(), Error> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    for subject in ["bare", "mesh"] {
        let file = format!("/tmp/bench-dhat-{subject}.json");
        runtime.block_on(async {
            let mut pair = None;
            let mut caller = match subject {
                "bare" => Caller::Bare(bare::connect(bare::serve().await?).await?),
                _ => {
                    let pair = pair.insert(Pair::start(&Features::default()).await?);
                    Caller::mesh(&pair.caller)?
                }
            };
            for _ in 0..200 {
                caller.call().await?;
            }
            let profiler = dhat::Profiler::builder()
                .file_name(&file)
                .trim_backtraces(None)
                .build();
            for _ in 0..100 {
                caller.call().await?;
            }
            drop(profiler);
            Ok::<_, Error>(())
        })?;
    }
    Ok(())
}
