//! The findings of the checkers, with pictures of their operations.

use std::collections::BTreeMap;

use super::html::{at, escaped, plural, shortened, table, thousands};
use super::reported::Reported;
use super::tally::Reply;
use super::{operation_text, zoom};
use crate::check::{Check, Finding};
use crate::history::Op;

/// The most findings of one checker and kind that are drawn; the others are listed.
const DRAWN_OF_A_KIND: usize = 3;
/// The most findings that are drawn in total.
const DRAWN: usize = 20;
/// The most findings of one checker and kind that are listed in addition to those drawn.
const LISTED_OF_A_KIND: usize = 40;
/// The most findings that are listed in total.
const LISTED: usize = 600;
/// The most operations of one finding that are shown in full.
const OPERATIONS_IN_FULL: usize = 20;
/// The most characters shown of a finding's text.
const LONGEST: usize = 2_000;

/// The section of all findings; empty if there are none.
pub(super) fn section(run: &Reported) -> String {
    let mut html = String::new();
    let (mut drawn, mut listed) = (0, 0);
    for check in &run.verdict.checks {
        for (kind, findings) in by_kind(check) {
            let (head, count) = (escaped(&format!("{}: {kind}", check.checker)), thousands(findings.len() as u64));
            html += &format!("<h3>{head} <small>{count}</small></h3>\n");
            let shown = findings.len().min(DRAWN_OF_A_KIND).min(DRAWN - drawn);
            drawn += shown;
            html += &findings[..shown].iter().map(|finding| full(run, finding)).collect::<String>();
            let lines = (findings.len() - shown).min(LISTED_OF_A_KIND).min(LISTED - listed);
            listed += lines;
            html += &list(&findings[shown..], lines);
        }
    }
    if html.is_empty() { html } else { format!("<section class=\"findings\"><h2>Findings</h2>\n{html}</section>\n") }
}

fn by_kind(check: &Check) -> BTreeMap<&str, Vec<&Finding>> {
    let mut kinds: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
    for finding in &check.findings {
        kinds.entry(&finding.kind).or_default().push(finding);
    }
    kinds
}

fn full(run: &Reported, finding: &Finding) -> String {
    let ops: Vec<&Op> = finding.ops.iter().filter_map(|id| zoom::find(run.history, *id)).collect();
    let mut html = format!("<article><p>{}</p>\n", escaped(&shortened(&finding.text, LONGEST)));
    html += &zoom::picture(run.history, &ops);
    if !ops.is_empty() {
        let rows: Vec<Vec<String>> = ops.iter().take(OPERATIONS_IN_FULL).map(|op| row(op)).collect();
        html += &table(&["operation", "caller", "invoked at", "answered at", "node", "log position", "call", "outcome"], &rows);
    }
    if ops.len() > OPERATIONS_IN_FULL {
        html += &format!("<p class=\"small\">and {}</p>", plural((ops.len() - OPERATIONS_IN_FULL) as u64, "more operation"));
    }
    html + "</article>\n"
}

fn row(op: &Op) -> Vec<String> {
    let answered = match op.returned_ns {
        None => "never".into(),
        Some(returned_ns) if op.resolved_late => format!("{} (after the run)", at(returned_ns)),
        Some(returned_ns) => at(returned_ns),
    };
    let text = |text: String| escaped(&shortened(&text, 800));
    vec![
        op.id.to_string(),
        op.process.to_string(),
        at(op.invoked_ns),
        answered,
        op.node.to_string(),
        operation_text::position(op),
        text(operation_text::call(&op.call)),
        format!("<i class=\"dot {}\"></i>{}", Reply::of(op).class(), text(operation_text::outcome(&op.outcome))),
    ]
}

fn list(findings: &[&Finding], most: usize) -> String {
    if findings.is_empty() {
        return String::new();
    }
    let line = |finding: &&Finding| {
        let ids: Vec<String> = finding.ops.iter().take(OPERATIONS_IN_FULL).map(u64::to_string).collect();
        let ops = if ids.is_empty() { String::new() } else { format!(" <small>operations {}</small>", ids.join(", ")) };
        format!("<li>{}{ops}</li>\n", escaped(&shortened(&finding.text, 300)))
    };
    let lines: String = findings.iter().take(most).map(line).collect();
    let more = (findings.len() - most) as u64;
    let rest = if more > 0 { format!("<li>and {} more, in verdict.json</li>", thousands(more)) } else { String::new() };
    format!("<details><summary>{}</summary><ul>\n{lines}{rest}</ul></details>\n", plural(findings.len() as u64, "more finding"))
}
