//! Kubernetes objects: alone, and where what they refer to may be elsewhere.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mesh_core::load::Reader;

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    if mesh_fuzz::read(&text, Reader::default).is_some() {
        let lax = || Reader::default().mesh("shop").allow_missing().lenient();
        mesh_fuzz::read(&text, lax);
    }
});
