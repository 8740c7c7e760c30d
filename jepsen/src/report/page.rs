//! Puts the page of a run together from its sections.

use super::bands::Bands;
use super::reported::Reported;
use super::tally::Tally;
use super::{findings, headline, html, tables, timeline};
use crate::check::Verdict;
use crate::history::History;

/// The page of a run.
pub fn page(history: &History, verdict: &Verdict) -> String {
    let tally = Tally::of(history);
    let bands = Bands::of(history, tally.end_ns);
    let run = Reported { history, verdict, tally, bands };
    let title = format!("{}: {}", headline::verdict(history, verdict), headline::name(history));
    let body = [
        headline::section(&run),
        timeline::section(&run),
        findings::section(&run),
        tables::workloads(&run),
        tables::checkers(&run),
        tables::faults(&run),
        tables::versions(&run),
        tables::files(&run),
    ];
    html::document(&title, &body.concat())
}
