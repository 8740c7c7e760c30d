//! A run as a page for people: one HTML file with its pictures inside. It needs no network, no script and no other file.
//!
//! A run has a hundred thousand operations, a page has room for a few hundred things. So operations are counted first
//! (`tally`) and drawn as counts; only those that a finding names are drawn one by one. The same history and verdict
//! give the same bytes. Every text of a run is escaped: error messages of nodes are not ours.

mod axis;
mod bands;
mod files;
mod findings;
mod headline;
mod html;
mod index;
mod tables;
mod tally;
mod timeline;
mod words;
mod zoom;

pub use files::{write_index, write_page};

use crate::check::Verdict;
use crate::history::History;
use bands::Bands;
use tally::Tally;

const STYLE: &str = include_str!("page.css");

/// What every part of a page is drawn from.
struct Run<'a> {
    history: &'a History,
    verdict: &'a Verdict,
    tally: Tally,
    bands: Bands,
}

/// The page of a run.
pub fn page(history: &History, verdict: &Verdict) -> String {
    let tally = Tally::of(history);
    let bands = Bands::of(history, tally.end_ns);
    let run = Run { history, verdict, tally, bands };
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
