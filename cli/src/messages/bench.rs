//! Failures of `keyrack bench`.

use std::path::PathBuf;

use super::files::json_in_words;
use crate::terminal::path_text;

/// A run that cannot be made or that found a fault.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    /// Not the output of `keyrackd dev --json`.
    #[error("{} is not the line that `keyrackd dev --json` prints: {}. Write that line to the file.", path_text(.path), json_in_words(.cause))]
    DevFile {
        /// The file.
        path: PathBuf,
        /// The error of the parser.
        cause: serde_json::Error,
    },
    /// The hotels were not created.
    #[error("cannot create the hotels of the run")]
    SetUp,
    /// A stream ended.
    #[error("the node closed the BookMany stream. Check that it runs, and start the run again.")]
    StreamEnded,
    /// The task that reads the usage ended.
    #[error("the usage of the nodes was not read: the task that reads it has ended")]
    Usage,
    /// A booking without dates.
    #[error("the booking {0} has no dates that can be read. Use the `keyrack` of the cluster's version.")]
    NoDates(String),
    /// Wrong counters.
    #[error("{0} nights have a wrong counter or are sold above the limit: see the column \"wrong\". Please report this run.")]
    Violations(u64),
}

/// The note before the hotels of a run are created.
pub fn set_up(endpoints: &[String]) -> String {
    format!("creating the hotels of the run at {}; each request waits up to 30 s for a node", endpoints.join(", "))
}

/// The failure of an answer without a booking and without a refusal.
pub const EMPTY_ANSWER: &str = "the node sent an empty answer";
