//! The entry points of a cluster: each sends the workload in its own way and counts the outcomes.
//!
//! # Invariants
//! - So many requests are in flight at any time: a worker sends the next one when its last one is answered.
//! - Requests that begin before or after the measured time are sent but not measured.
//!
//! Start with `grpc.rs`, the shortest.

mod grpc;
mod http;
mod stream;

pub use grpc::grpc;
pub use http::http;
pub use stream::stream;
