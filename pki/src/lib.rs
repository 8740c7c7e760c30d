//! A small certificate authority (CA): it issues the certificates of nodes, operators and desks.
//!
//! `keyrack pki` and `keyrackd dev` share it. A deployment may use its own CA instead: nodes and clients only read the
//! certificates. A certificate names its holder with a SPIFFE URI in its SAN ([`Identity`]). The CA is in one folder
//! ([`Authority`]):
//!
//! | file | contents |
//! |---|---|
//! | `ca.pem` | the trusted CA certificates, newest first: every node and client gets a copy |
//! | `ca.key` | the newest CA's key: its holder can impersonate every node, operator and desk |
//! | `node-1.pem`, `node-1.key` | a node's certificate and key; likewise `operator-anna` and `desk-lisbon` |
//!
//! # Invariants
//! - Keys are ECDSA P-256 in PKCS#8 PEM files that only their owner can read.
//! - Files are replaced atomically: a crash leaves the old file or the new one.
//! - [`Authority::init`] and [`Authority::issue`] never overwrite a file.
//! - No certificate expires later than its CA, and no error text holds key material.
//!
//! # Replacing the CA
//! In this order every node and client trusts every certificate in use:
//! 1. [`Authority::rotate_ca`], then copy `ca.pem` to every node and client.
//! 2. [`Authority::rotate`] for every certificate, then copy it to its holder.
//! 3. [`Authority::drop_old_cas`], then copy `ca.pem` to every node and client again.
//!
//! Start with `authority.rs`: the folder and its operations. `certificate.rs` builds certificates, `details.rs` reads them,
//! `files.rs` writes files.

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
