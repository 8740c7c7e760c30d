//! A small certificate authority (CA), for those who have none: who nodes, operators and desks are.
//!
//! Everybody's name is a SPIFFE URI in the certificate ([`Identity`]); everything is in one folder ([`Authority`]):
//!
//! | file | what |
//! |---|---|
//! | `ca.pem` | the CA certificates that are trusted, newest first: every node and client gets a copy |
//! | `ca.key` | the newest CA's key: whoever has it can be anybody |
//! | `node-1.pem`, `node-1.key` | a node's certificate and key; likewise `operator-anna` and `desk-lisbon` |
//!
//! Keys are ECDSA P-256 in PKCS#8 PEM files that only their owner reads. Files are replaced whole: after a crash
//! there is the old one or the new one.
//!
//! A new CA takes three steps, so that at no time somebody meets a certificate that they do not trust:
//! [`Authority::rotate_ca`] and bring `ca.pem` to everybody, [`Authority::rotate`] every certificate and bring
//! them to their owners, [`Authority::drop_old_cas`] and bring `ca.pem` to everybody again.

mod authority;
mod certificate;
mod details;
mod error;
mod files;
mod identity;
#[cfg(test)]
mod tests;

pub use authority::Authority;
pub use certificate::DAYS;
pub use details::{Details, read};
pub use error::PkiError;
pub(crate) use files::check_private;
pub use identity::{Identity, is_cluster_name};
