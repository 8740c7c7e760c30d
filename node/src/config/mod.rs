//! The configuration: one TOML file, overridden by the environment.
//!
//! Invariants:
//! - A [`Config`] that [`Config::load`] returns has been checked: this node is one of its peers, ids are unique, and every URL
//!   and key of a witness or an issuer can be parsed.
//! - Every setting has a default, so that an older file still loads. An unknown setting is an error that names its line.
//! - `KEYRACK_A_B` overrides the setting `a.b`. Lists of tables are set in the file only.
//!
//! Start with `settings.rs`, which has all settings, then `load.rs`, which reads them, and `faults.rs`, which checks
//! them. `comments.rs` explains them in the
//! printed default, `renamed.rs` accepts old names. `insecure.rs` decides whether a node may run with a configuration.

mod cluster;
mod comments;
mod faults;
mod load;
mod oidc;
mod renamed;
mod settings;
mod variables;

pub use oidc::Oidc;
pub use renamed::Renamed;
pub use settings::{Config, Guests, Keys, Limits, Listen, Log, Receipts, Tls, Witness};
