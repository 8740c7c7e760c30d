//! Collects every message of Keyrack from its sources, as one Markdown page.
//!
//! | file | messages |
//! |---|---|
//! | `problems.rs` | titles and details of the API, in four languages |
//! | `events.rs` | log events |
//! | `errors.rs` | errors and notes of the programs |
//! | `commands.rs` | the help of every command, on its own page |
//!
//! Start with [`page`].

mod cell;
mod commands;
mod errors;
mod events;
mod problems;

use std::path::Path;

pub use commands::command_page;
pub use events::{LogEvent, log_events};

const HEAD: &str = "# Messages

A test writes this page from the sources: `make messages`. `{name}` and `{ $name }` are placeholders for a value.

";

/// All messages as a Markdown page.
pub fn page(workspace: &Path) -> String {
    let mut page = HEAD.to_owned();
    page += &problems::section(workspace);
    page += &events::section(workspace);
    page += &errors::section(workspace);
    page
}
