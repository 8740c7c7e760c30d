//! What the checkers found, with pictures of the operations that show it.

use std::collections::BTreeMap;

use super::html::{at, escaped, plural, shortened, table, thousands};
use super::reported::Reported;
use super::tally::Reply;
use super::{operation_text, zoom};
use crate::check::{Check, Finding};
use crate::history::Op;

/// Findings of one checker and kind that are drawn; the others are listed.
const DRAWN_OF_A_KIND: usize = 3;
/// Findings that are drawn in all.
const DRAWN: usize = 20;
/// Findings of one checker and kind that are listed beside those drawn.
const LISTED_OF_A_KIND: usize = 40;
/// Findings that are listed in all.
const LISTED: usize = 600;
/// Operations of one finding that are told in full.
const OPERATIONS_IN_FULL: usize = 20;
/// Characters of a finding's text.
const LONGEST: usize = 2_000;

/// All findings; nothing when there are none.
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
    if html.is_empty() { html } else { format!("<section class=\"findings\"><h2>What was found</h2>\n{html}</section>\n") }
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
        html += &table(
            &["operation", "caller", "asked at", "answered at", "node", "log", "what was asked", "what was answered"],
            &rows,
        );
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
