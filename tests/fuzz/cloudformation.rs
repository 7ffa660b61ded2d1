//! CloudFormation templates, and whatever else a text turns out to be.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mesh_core::load::Reader;

fuzz_target!(|bytes: &[u8]| {
    mesh_fuzz::read(&String::from_utf8_lossy(bytes), Reader::default);
});
