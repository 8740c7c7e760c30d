//! A run as a page for people: one HTML file with its pictures inside. It needs no network, no script and no other file.
//!
//! A run has a hundred thousand operations, a page has room for a few hundred things. So operations are counted first
//! (`tally.rs`) and drawn as counts; only those that a finding names are drawn one by one (`zoom.rs`).
//!
//! Invariants:
//! - the same history and verdict give the same bytes;
//! - every text of a run is escaped, because error messages of nodes may hold anything;
//! - however long the run, the page stays small: every list has a limit, and what is left out is counted.
//!
//! Start with `page.rs`, which puts the sections together; `files.rs` writes pages and the index of a folder of runs.

mod axis;
mod bands;
mod files;
mod findings;
mod headline;
mod html;
mod index;
mod operation_text;
mod page;
mod reported;
mod tables;
mod tally;
mod timeline;
mod zoom;

pub use files::{write_index, write_page};
pub use page::page;
