//! Every test that looks at the workspace from outside, one module for each concern.

mod imports;
mod manifests;
