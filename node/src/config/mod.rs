//! The configuration: one TOML file, overridden by the environment.
//!
//! Invariants:
//! - A [`Config`] that [`Config::load`] returns has been checked: this node is among its peers, ids are unique, and every
//!   URL and key in it can be parsed.
//! - Every setting has a default, so that an older file still loads; an unknown setting is an error that names its line.
//! - `KEYRACK_A_B` overrides the setting `a.b`. Lists of tables are set in the file only.
//!
//! Start with `settings.rs` (what can be set), then `load.rs` (how it is read). Whether a node may run with a configuration
//! at all is another question: see `insecure.rs`.

mod cluster;
mod load;
mod oidc;
mod settings;

pub use oidc::Oidc;
pub use settings::{Config, Guests, Keys, Limits, Listen, Log, Receipts, Tls, Witness};
