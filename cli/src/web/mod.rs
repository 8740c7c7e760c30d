//! The HTTP/1.1 side of a cluster's nodes.
//!
//! Receipts, policies, checkpoints and bundles are pages, and the operators' API is JSON over HTTP: neither exists in
//! gRPC. [`Web`] requests pages from nodes and keeps idle connections. `bench` opens its own connections.
//!
//! # Invariants
//! - Connecting and each exchange have a time limit, and a body has a maximum size.
//! - A connection owns the task that drives it. Dropping the connection ends the task.
//! - [`Web::send`] sends a change once. The caller decides whether to repeat it.
//!
//! Start with `pages.rs`; `connection.rs` is one connection, `page.rs` one answer.

mod connection;
mod page;
mod pages;

pub use connection::Connection;
pub use page::Page;
pub use pages::Web;
