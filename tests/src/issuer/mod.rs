//! An OpenID Connect issuer. It publishes its keys on loopback, signs tokens with them, and forges some.
//!
//! It signs with AWS-LC and writes the tokens' text itself, so that a forgery can be anything. It knows nothing of how
//! Keyrack reads tokens.
//!
//! Invariants:
//! - it listens until it is dropped;
//! - each forgery differs from a valid token in one thing only, so an accepted forgery names the missing check.
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
