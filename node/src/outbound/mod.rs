//! The node's only way to call other servers: small HTTP exchanges with witnesses and with the issuers of staff tokens.
//!
//! Invariants:
//! - An exchange has its own connection, follows no redirect, uses no proxy, and is bounded in time and in bytes: the
//!   server at the other end is not trusted to stop.
//! - TLS trusts Mozilla's public authorities and those of the one configured file.
//! - A URL never carries a name or password: URLs end up in logs.
//!
//! Start with [`Outbound`] in `client.rs`; [`Url`] in `url.rs` says which addresses are accepted.

mod client;
#[cfg(test)]
mod tests;
mod url;

pub use client::Outbound;
pub use url::Url;
