//! TLS between the nodes: who a certificate is for, what a node shows, and whom it lets in.
//!
//! Every connection between nodes is TLS 1.3 with certificates on both sides, in development too. The certificate's one
//! SPIFFE URI says which node of which cluster it is; [`super::Admission`] says whether that node may take part.

mod accept;
mod credentials;
mod dial;
mod identity;
mod peer_tls;
mod refusals;
mod verifier;

#[cfg(test)]
mod handshakes;
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
