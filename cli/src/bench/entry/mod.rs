//! The entry points of a cluster: each sends the workload over its protocol and counts the outcomes.
//!
//! # Invariants
//! - The number of requests in flight is constant: a worker sends its next request after the previous answer.
//! - Requests that begin before or after the measured time are sent but not measured.
//!
//! Start with `grpc.rs`, the shortest.

mod grpc;
mod http;
mod stream;

pub use grpc::grpc;
pub use http::http;
pub use stream::stream;
