//! The HTTP/1.1 side of a cluster's nodes.
//!
//! Receipts, policies, checkpoints and bundles are pages, and the operators' API is JSON over HTTP: neither exists in
//! gRPC. [`Web`] asks nodes for pages and keeps idle connections; `bench` opens its connections itself.
//!
//! # Invariants
//! - Connecting and each exchange have a time limit, and a body has a maximum size.
//! - A connection owns the task that drives it. Dropping the connection ends the task.
//! - [`Web::send`] sends a change once. Whether to repeat it is the caller's decision.
//!
//! Start with `pages.rs`; `connection.rs` is one connection, `page.rs` one answer.

mod connection;
mod page;
mod pages;

pub use connection::Connection;
pub use pages::Web;
