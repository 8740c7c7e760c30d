//! The report of a run: one HTML file with its pictures inside. It needs no network, no script and no other file.
//!
//! A run has about 100,000 operations, but a page has room for a few hundred items. So the page draws counts of operations
//! (`tally.rs`). It draws single operations only if a finding names them (`zoom.rs`).
//!
//! Invariants:
//! - the same history and verdict give the same bytes;
//! - every text of a run is escaped, because error messages of nodes may contain anything;
//! - the page of a long run stays small: every list has a limit, and the page shows how many items it leaves out.
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
