//! The commands of an operator: principals, their API keys, nodes, and certificates.
//!
//! `principal.rs`, `key.rs`, `node.rs` and `property.rs` use the operators' API, which a node serves on its operators' listener to the
//! holder of an operator's certificate. `pki/` works on a local folder and contacts no node.
//!
//! # Invariants
//! - Requests and answers are the types of [`keyrack_client::operators`].
//! - `--json` prints the node's answer with all its fields. Only the text for people uses the types.
//! - A change is sent once. If its outcome is unknown, the operator checks and decides.
//!
//! Start with `api.rs`, the calls; `text.rs` has the answers as text.

mod api;
mod key;
mod node;
mod pki;
mod principal;
mod property;
mod text;

pub use key::{KeyCommand, key};
pub use node::{NodeCommand, node};
pub use pki::{PkiCommand, pki};
pub use principal::{PrincipalCommand, principal};
pub use property::remove_property;
