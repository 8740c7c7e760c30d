//! The node's certificate: read from files, shown to peers and clients, replaced while the node runs.
//!
//! Invariants:
//! - Credentials are replaced as a whole: certificate, key and trust bundle that do not fit together are refused, and the
//!   previous ones stay in use.
//! - The operators' listener accepts operators' certificates only; the others accept a client without a certificate.
//! - No key file that others may read is used.
//!
//! [`Files`] reads and checks the files, [`ListenerTls`] is what the listeners show and ask for, [`Rotation`] notices new
//! files. Start with `rotation.rs`. What nodes ask of each other is `keyrack_cluster::PeerTls`.

mod client_verifier;
mod files;
mod listener_tls;
mod rotation;

pub use files::{Files, check_private};
/// Who a client is by its certificate, as an extension of each of its requests.
pub use keyrack_cluster::Identity as ClientIdentity;
pub use listener_tls::{ListenerTls, client_identity};
pub use rotation::Rotation;
