//! The wire and storage formats of Keyrack, and their conversions from and to the domain.
//!
//! [`v1`] is the public API: the gRPC services, whose messages are also the JSON bodies of the HTTP API. [`internal`]
//! has the messages that nodes store and send to each other; [`rows`] and [`commands`] convert them from and to the
//! types of `keyrack-inventory`. [`codes`] has the stable error codes for callers.
//!
//! Invariants: an encoded value decodes to the same value. Bytes that are not a valid value are [`Malformed`], never a
//! panic. The memory of a message is bounded before it is decoded (`bounded.rs`). A row that any released version wrote stays readable (`tests/pinned`). Numbers of fields and variants are
//! never reused. This crate does not depend on networks, storage or HTTP.
//!
//! Start with `commands.rs` and `rows.rs`; the messages are in `proto/keyrack`. In the names of functions, `pb` is the
//! generated message.
//! generated message.

pub mod access;
mod booking;
pub mod bounded;
mod catalog;
pub mod codes;
pub mod commands;
mod fields;
mod guest;
pub mod internal;
pub mod json;
mod pages;
mod rejection;
mod reply;
pub mod rows;
pub mod v1;

pub use codes::Code;
pub use fields::{Malformed, array};

/// The descriptors of all services, for gRPC reflection.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/keyrack.descriptors.bin"));
