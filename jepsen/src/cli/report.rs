//! `keyrack-jepsen report`.

use std::path::Path;
use std::process::ExitCode;

use keyrack_jepsen::report::{write_index, write_page};

use super::print;

/// Writes the page of a run, or the pages of all runs in a folder and their index. Prints the path of the file to open.
pub fn report(folder: &Path) -> anyhow::Result<ExitCode> {
    let page = if folder.join("scene.json").exists() { write_page(folder)? } else { write_index(folder)? };
    print::text(&format!("{}\n", page.display()))?;
    Ok(ExitCode::SUCCESS)
}
