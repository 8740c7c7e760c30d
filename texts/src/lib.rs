//! The texts of the API's problems, in every language that Keyrack speaks.
//!
//! Each language has one file, `en/problems.ftl` and its siblings, in [Fluent](https://projectfluent.org)'s format. A problem has
//! a title, which belongs to its [`Code`](keyrack_proto::Code), and a detail, which is a [`Detail`] with typed arguments.
//!
//! # Invariants
//! - Every code has a title and every detail has a text, in every language, with the same arguments (`tests/complete.rs`).
//! - No text is composed anywhere else: what a caller reads is in one of the files.
//!
//! Start with `detail.rs`, which lists all details. To add one, add a row there and a message to each file.

mod detail;
mod language;
mod render;

pub use detail::{Argument, Detail};
pub use language::Language;
pub use render::title;
