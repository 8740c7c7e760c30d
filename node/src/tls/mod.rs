//! The node's certificate: read from files, shown to peers and clients, replaced while the node runs.
//!
//! [`Files`] reads and checks it, [`EdgeTls`] is what the listeners for clients show and ask for, [`Rotation`] notices new
//! files. What nodes ask of each other is `keyrack_cluster::PeerTls`.

mod edge;
mod files;
mod holders;
mod rotation;

pub use edge::{EdgeTls, client_identity};
pub use files::{Files, check_private};
/// Who a client is by its certificate, as an extension of each of its requests.
pub use keyrack_cluster::Identity as ClientIdentity;
pub use rotation::Rotation;
