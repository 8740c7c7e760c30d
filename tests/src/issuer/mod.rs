//! An OpenID Connect issuer: it publishes its keys on loopback, signs tokens with them, and forges some.
//!
//! It signs with AWS-LC and writes the tokens' text itself, so that a forgery can be anything; it knows nothing of how the
//! product reads tokens.
//!
//! Invariants:
//! - it listens until it is dropped;
//! - each forgery differs from a good token in one thing only, so a token that is let in names the check that is missing.
//!
//! Start with `provider.rs`, then `forgery.rs`, the table of all forgeries.

mod forgery;
mod keys;
mod provider;
mod server;
mod state;

pub use forgery::Forgery;
pub use keys::{KeyKind, SigningKey, raw_token};
pub use provider::{AUDIENCE, Issuer};
pub use state::Health;
