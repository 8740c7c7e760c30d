//! What every part of a page is drawn from.

use super::bands::Bands;
use super::tally::Tally;
use crate::check::Verdict;
use crate::history::History;

/// What every part of a page is drawn from.
pub(super) struct Reported<'a> {
    pub history: &'a History,
    pub verdict: &'a Verdict,
    pub tally: Tally,
    pub bands: Bands,
}
