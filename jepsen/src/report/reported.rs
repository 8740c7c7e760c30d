//! The data of a page.

use super::bands::Bands;
use super::tally::Tally;
use crate::check::Verdict;
use crate::history::History;

/// The data that every section of a page uses.
pub(super) struct Reported<'a> {
    pub history: &'a History,
    pub verdict: &'a Verdict,
    pub tally: Tally,
    pub bands: Bands,
}
