//! Calls to other servers: small HTTP exchanges with witnesses and with issuers of staff tokens.
//!
//! Invariants:
//! - An exchange has its own connection, follows no redirect, uses no proxy, and is bounded in time and in bytes, because the
//!   other server is not trusted.
//! - TLS trusts Mozilla's public authorities and those in the configured file.
//! - A URL never has a user name or password, because URLs end up in logs.
//!
//! Start with [`Outbound`] in `client.rs`. [`Url`] in `url.rs` decides which addresses are accepted.

mod client;
#[cfg(test)]
mod tests;
mod url;

pub use client::Outbound;
pub use url::Url;
