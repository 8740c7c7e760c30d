//! TLS between the nodes: identities, credentials and verification.
//!
//! Every connection between nodes is TLS 1.3 with certificates on both sides, in development too. The certificate's one
//! SPIFFE URI names the node and its cluster. [`super::Admission`] decides whether that node may take part.
//!
//! `identity.rs` reads the URI, `credentials.rs` checks that key, certificate and trust bundle match, `verifier.rs` decides which
//! nodes may be at the other end, `watched.rs` ends open connections whose certificate is not accepted any more, `peer_tls.rs` holds the settings and replaces them while the node runs, `accept.rs` and
//! `dial.rs` make the connections, `handshake_slots.rs` bounds the handshakes under way, `refusals.rs` limits the log lines about
//! failed ones. Start with `verifier.rs`.
//!
//! Invariants:
//! - a connection is used only if the other end is the intended node, at any address;
//! - sessions are never resumed, so a replaced trust bundle and an expiry count from the next handshake on;
//! - the number of concurrent handshakes is bounded, and a slow handshake does not delay the others;
//! - the number of open connections of each node is bounded.

mod accept;
mod credentials;
mod dial;
mod handshake_slots;
mod identity;
mod peer_tls;
mod refusals;
mod verifier;
mod watched;

#[cfg(test)]
mod handshake_tests;
#[cfg(test)]
mod test_authority;

pub use accept::{PeerNode, incoming};
pub use credentials::{Credentials, CredentialsError, Revoked};
pub use dial::Dial;
pub use identity::{Identity, IdentityError, IdentityKind};
pub use peer_tls::{PeerTls, PeerTlsError};
pub use refusals::{Refusals, handshake_failure};
#[cfg(test)]
pub use test_authority::TestAuthority;
