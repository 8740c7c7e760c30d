//! Staff sign in elsewhere: tokens (ID or access tokens in JWT form) of the configured OpenID Connect issuers are verified
//! here, with keys that the issuers publish. What a verified subject may do is decided by the directory of principals.
//!
//! Invariants:
//! - The key decides the algorithm, never the token (`keys.rs`). What a token may look like is in `token.rs`.
//! - No request fetches anything itself: one task per issuer does (`issuer.rs`), so made-up key names cannot make this node
//!   flood an issuer.
//! - An issuer that is down does not stop the node from starting, and for a day it keeps out nobody whose token is good.
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
