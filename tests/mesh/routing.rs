//! Routing held against Envoy: the same mesh and the same request, in a real Envoy 1.40 and in `Snapshot::route`, or by a gateway in
//! `Snapshot::enter`; the same route must take it, or none in both, and a gateway must make the same of it.
//!
//! The meshes are random ones, and those of the folder that `MESH_CORPUS` names. Envoy gets what App Mesh sent its sidecars. What may differ stands in one table, [`explained`], with a source and a test for each
//! row; anything else that differs is a mistake of ours. `MESH_DIFF=1000000` compares so many requests, those of the seeds from
//! `MESH_DIFF_SEED` on.

mod ask;
mod compare;
mod corpus;
mod draw;
mod envoy_config;
mod envoy_gateway;
mod envoy_host;
mod envoy_route;
mod explained;
mod expressions;
mod gateway;
mod mesh;
mod random;
mod requests;
mod role;
mod shown;
mod sidecar;
mod tally;
mod wire;
mod wish;
mod words;
