//! A small certificate authority (CA): it issues the certificates of nodes, operators and desks.
//!
//! `keyrack pki` and `keyrackd dev` share it. A deployment may use a CA of its own instead: nodes and clients only
//! read the certificates. The name of a certificate's holder is a SPIFFE URI in its SAN ([`Identity`]). The CA lives
//! in one folder ([`Authority`]):
//!
//! | file | what |
//! |---|---|
//! | `ca.pem` | the trusted CA certificates, newest first: every node and client gets a copy |
//! | `ca.key` | the newest CA's key: whoever has it can pose as anyone in the cluster |
//! | `node-1.pem`, `node-1.key` | a node's certificate and key; likewise `operator-anna` and `desk-lisbon` |
//!
//! # Invariants
//! - Keys are ECDSA P-256 in PKCS#8 PEM files that only their owner can read.
//! - Files are replaced atomically: a crash leaves the old file or the new one.
//! - [`Authority::init`] and [`Authority::issue`] never overwrite a file.
//! - No certificate outlives its CA, and no error text holds key material.
//!
//! # Replacing the CA
//! Three steps, so that nobody meets a certificate that they do not trust: [`Authority::rotate_ca`], then copy `ca.pem`
//! to everybody; [`Authority::rotate`] every certificate and bring it to its owner; [`Authority::drop_old_cas`], then
//! copy `ca.pem` to everybody again.
//!
//! Start with `authority.rs`: the folder and its operations. `certificate.rs` builds what is signed, `details.rs` reads
//! it back, `files.rs` writes it.

mod authority;
mod certificate;
mod details;
mod error;
mod files;
mod identity;
#[cfg(test)]
mod tests;
mod validity;

pub use authority::Authority;
pub use details::{Details, read};
pub use error::PkiError;
pub use identity::{Identity, is_cluster_name};
pub use validity::DAYS;
