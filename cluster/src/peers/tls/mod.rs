//! TLS between the nodes: who a certificate is for, what a node shows, and whom it lets in.
//!
//! Every connection between nodes is TLS 1.3 with certificates on both sides, in development too. The certificate's one
//! SPIFFE URI says which node of which cluster it is; [`super::Admission`] says whether that node may take part.
//!
//! `identity.rs` reads the URI, `credentials.rs` checks that key, certificate and trust fit together, `verifier.rs` decides who
//! may be at the other end, `peer_tls.rs` holds the settings and replaces them while the node runs, `accept.rs` and `dial.rs`
//! make the connections, `refusals.rs` says why a handshake failed, once. Start with `verifier.rs`.
//!
//! Invariants:
//! - a connection is opened only to the very node that is meant, under whatever address;
//! - sessions are never resumed, so a replaced trust bundle and an expiry count from the next handshake on;
//! - handshakes under way are bounded, and a slow one holds up nobody.

mod accept;
mod credentials;
mod dial;
mod identity;
mod peer_tls;
mod refusals;
mod verifier;

#[cfg(test)]
mod handshake_tests;
#[cfg(test)]
mod test_authority;

pub use accept::{PeerNode, incoming};
pub use credentials::{Credentials, CredentialsError};
pub use dial::Dial;
pub use identity::{Identity, IdentityError, IdentityKind};
pub use peer_tls::{PeerTls, PeerTlsError};
pub use refusals::handshake_failure;
#[cfg(test)]
pub use test_authority::TestAuthority;
