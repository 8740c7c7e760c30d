//! `keyrack pki`: the certificate authority of the crate `keyrack-pki` as a command.
//!
//! # Invariants
//! - Invalid names, hosts and days end with exit code 2 before any file is written.
//! - `rotate` checks all files before it replaces the first.
//! - Every subcommand prints the certificates that it wrote.
//!
//! Start with `run.rs`; `options.rs` has the options, `show.rs` prints certificates.

mod options;
mod run;
mod show;

pub use options::PkiCommand;
pub use run::pki;
