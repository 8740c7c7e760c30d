//! Staff sign in at an OpenID Connect issuer. This module verifies the issuer's tokens (ID or access tokens in JWT form) with the
//! keys that the issuer publishes. The directory of principals decides what a verified subject may do.
//!
//! Invariants:
//! - The key decides the algorithm, never the token (`keys.rs`). `token.rs` defines the form of a token.
//! - Only one task per issuer fetches keys (`issuer.rs`), never a request. So tokens with invented key names cannot make this
//!   node flood an issuer.
//! - An issuer that is down does not prevent a node's start. Valid tokens are accepted with its last keys for one day.
//! - No text of a token is ever logged.
//!
//! Start with `sign_in.rs`.

mod discovery;
mod issuer;
mod json;
mod keys;
mod refused;
mod sign_in;
mod subject;
#[cfg(test)]
mod tests;
mod token;
mod verified;

pub use sign_in::Oidc;
