//! The wire and storage formats of Keyrack, and their conversions from and to the domain.
//!
//! [`v1`] is public: the gRPC services, whose messages are also the JSON bodies of the HTTP edge.
//! [`internal`] is what nodes say to each other and what they store; [`rows`] and [`commands`] turn it into the types of
//! `keyrack-inventory` and back. [`codes`] has the stable error codes that callers rely on.
//!
//! Invariants: what is encoded here decodes to the same value; bytes that are no value are [`Malformed`], never a panic; a
//! row that any released version wrote can be read for ever (`tests/pinned`). Numbers of fields and of variants are never
//! reused. Nothing here knows of networks, storage or HTTP.
//!
//! Start with `commands.rs` and `rows.rs`; the messages are in `proto/keyrack`. In the names of functions, `pb` is the
//! generated message.

pub mod access;
mod booking;
mod catalog;
pub mod codes;
pub mod commands;
mod fields;
mod guest;
pub mod internal;
mod pages;
mod rejection;
mod reply;
pub mod rows;
pub mod v1;

pub use codes::Code;
pub use fields::{Malformed, array};

/// The descriptors of all services, for gRPC reflection.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/keyrack.descriptors.bin"));
