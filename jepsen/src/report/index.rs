//! The index page: a table of runs.

use super::headline;
use super::html::{document, escaped, plural, shortened, table, thousands, took};
use super::tally::Tally;
use crate::check::{Finding, Verdict};
use crate::history::History;

/// A row of the table.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    folder: String,
    valid: bool,
    operations: u64,
    faults: u64,
    duration_ns: u64,
    workloads: String,
    nemeses: String,
    seed: u64,
    found: u64,
    worst: Option<(String, String)>,
    verdict: &'static str,
    /// The planted bug that was enabled.
    planted: Option<String>,
    /// The nemeses that could not run.
    not_run: Vec<String>,
}

impl Entry {
    pub fn of(folder: String, history: &History, verdict: &Verdict) -> Entry {
        let worst = worst(verdict).map(|(checker, finding)| (format!("{checker}: {}", finding.kind), finding.text.clone()));
        Entry {
            folder,
            valid: verdict.valid,
            operations: history.ops.len() as u64,
            faults: history.faults_done(),
            duration_ns: Tally::of(history).end_ns,
            workloads: history.setup.workloads.join(", "),
            nemeses: history.setup.nemeses.join(", "),
            seed: history.setup.seed,
            found: verdict.checks.iter().map(|check| check.findings.len() as u64).sum(),
            worst,
            verdict: headline::verdict(history, verdict),
            planted: headline::planted(history).map(str::to_owned),
            not_run: history.setup.not_run.keys().cloned().collect(),
        }
    }
}

/// The page. `unread` has the folders without a page, each with the reason.
pub(super) fn page(entries: &[Entry], unread: &[(String, String)]) -> String {
    let sum = |pick: fn(&Entry) -> u64| entries.iter().map(pick).sum::<u64>();
    let bad = entries.iter().filter(|entry| !entry.valid).count() as u64;
    let (class, sign, saying) = match bad {
        _ if entries.is_empty() => ("unsure", "?", "No runs".to_owned()),
        0 => ("good", "✓", "Every run kept every promise".to_owned()),
        bad => ("bad", "✗", format!("{bad} of {} did not keep a promise", plural(entries.len() as u64, "run"))),
    };
    let mut body = format!(
        "<header class=\"{class}\"><div class=\"sign\" aria-hidden=\"true\">{sign}</div><div><h1>{saying}</h1>\
         <p>{}, {}, {}, {} of run time</p></div></header>\n",
        plural(entries.len() as u64, "run"),
        plural(sum(|entry| entry.operations), "operation"),
        plural(sum(|entry| entry.faults), "fault"),
        took(sum(|entry| entry.duration_ns)),
    );
    if !unread.is_empty() {
        let line = |(folder, why): &(String, String)| format!("<li><b>{}</b>: {}</li>\n", escaped(folder), escaped(why));
        let lines: String = unread.iter().map(line).collect();
        body += &format!(
            "<section class=\"not-run\"><h2>NOT READ</h2><p>These runs did not finish, or their files are damaged.</p>\
            <ul>\n{lines}</ul></section>\n"
        );
    }
    let heads = ["run", "verdict", "workloads", "nemeses", "seed", "operations", "faults", "duration", "findings", "worst"];
    let rows: Vec<Vec<String>> = entries.iter().map(row).collect();
    body += &format!("<section>{}</section>\n", table(&heads, &rows));
    document(&saying, &body)
}

fn row(entry: &Entry) -> Vec<String> {
    let says = match entry.verdict {
        _ if !entry.valid => "<span class=\"says bad\">✗ not kept</span>",
        "Every promise was kept" => "<span class=\"says good\">✓ kept</span>",
        _ => "<span class=\"says unsure\">? inconclusive</span>",
    };
    let worst = match &entry.worst {
        Some((kind, text)) => format!("<b>{}</b> {}", escaped(kind), escaped(&shortened(text, 160))),
        None => String::new(),
    };
    let mut nemeses = escaped(&entry.nemeses);
    if !entry.not_run.is_empty() {
        nemeses += &format!(" <small class=\"not\">NOT RUN: {}</small>", escaped(&entry.not_run.join(", ")));
    }
    if let Some(bug) = &entry.planted {
        nemeses += &format!(" <small class=\"not\">planted bug: {}</small>", escaped(bug));
    }
    vec![
        format!("<a href=\"{}/report.html\">{}</a>", address(&entry.folder), escaped(&entry.folder)),
        says.to_owned(),
        escaped(&entry.workloads),
        nemeses,
        entry.seed.to_string(),
        thousands(entry.operations),
        thousands(entry.faults),
        took(entry.duration_ns),
        thousands(entry.found),
        worst,
    ]
}

/// The finding that a reader should see first. Lost data come first, checks without a decision last.
fn worst(verdict: &Verdict) -> Option<(&str, &Finding)> {
    const MOST_SERIOUS_FIRST: [&str; 7] =
        ["lost-write", "oversell", "duplicate", "phantom-write", "diverged", "not-linearizable", "stale-read"];
    let rank = |finding: &Finding| match finding.kind.as_str() {
        "undecided" => MOST_SERIOUS_FIRST.len() + 1,
        kind => MOST_SERIOUS_FIRST.iter().position(|grave| *grave == kind).unwrap_or(MOST_SERIOUS_FIRST.len()),
    };
    let all = verdict.checks.iter().flat_map(|check| check.findings.iter().map(|finding| (check.checker.as_str(), finding)));
    all.min_by_key(|(_, finding)| rank(finding))
}

/// A folder's name, escaped for a link.
fn address(folder: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    folder.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}
