//! The node's certificate: read from files, shown to peers and clients, and replaced while the node runs.
//!
//! Invariants:
//! - Credentials are replaced as a whole. A certificate, key and trust bundle that do not match are refused, and the previous
//!   ones stay in use.
//! - The operators' listener accepts operators' certificates only. The others also accept a client without a certificate.
//! - A key file that other users may read is refused.
//!
//! [`Files`] reads and checks the files, [`ListenerTls`] is the TLS of the listeners, [`Rotation`] notices new files. Start with
//! `rotation.rs`. `keyrack_cluster::PeerTls` is the TLS between nodes.

mod client_verifier;
mod files;
mod listener_tls;
mod rotation;

pub use files::{Files, check_private};
/// The identity in a client's certificate, an extension of each of its requests.
pub use keyrack_cluster::Identity as ClientIdentity;
pub use listener_tls::{ListenerTls, client_identity};
pub use rotation::Rotation;
