//! The API's JSON: by itself, and as each kind of resource that a command line can say it is.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mesh_core::load::Reader;

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let Some(errors) = mesh_fuzz::read(&text, Reader::default) else {
        return;
    };
    if !errors
        .errors()
        .any(|problem| UNSAID.contains(&problem.code))
    {
        return;
    }
    for kind in mesh_fuzz::KINDS.iter() {
        let reader = || Reader::default().mesh("shop").allow_missing();
        mesh_fuzz::read(&text, || reader().bare(*kind, "orders/canary"));
    }
});

/// What a command line says where the file does not.
const UNSAID: [&str; 3] = ["missing-name", "missing-parent", "unknown-kind"];
