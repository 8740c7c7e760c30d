//! The node's certificate: read from files, shown to peers and clients, and replaced while the node runs.
//!
//! Invariants:
//! - Credentials are replaced as a whole. A certificate, key and trust bundle that do not match are refused, and the previous
//!   ones stay in use.
//! - The operators' listener accepts operators' certificates only. The others also accept a client without a certificate.
//! - A key file that other users may read is refused.
//! - A certificate is good for a request only if it is good at that time, however old its connection is.
//!
//! [`Files`] reads and checks the files, [`ListenerTls`] is the TLS of the listeners, [`Rotation`] notices new files. Start with
//! `rotation.rs`. `keyrack_cluster::PeerTls` is the TLS between nodes.

mod client_certificate;
mod client_verifier;
mod files;
mod listener_tls;
mod rotation;

pub use client_certificate::ClientCertificate;
pub use files::{Files, check_private};
pub use listener_tls::ListenerTls;
pub use rotation::Rotation;
