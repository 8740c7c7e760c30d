//! The head of the page: the verdict and its basis.

use super::html::{escaped, plural, thousands, took};
use super::reported::Reported;
use super::tally::Reply;
use crate::check::Verdict;
use crate::history::{History, Op, Outcome};

/// The verdict in a sentence.
pub(super) fn verdict(history: &History, verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict { valid: false, .. } => "A promise was not kept",
        Verdict { checks, .. } if checks.iter().all(|check| check.looked_at == 0) => "Nothing was checked",
        _ if history.why_inconclusive().is_some() => "The run proves nothing",
        _ => "Every promise was kept",
    }
}

/// The run in one line.
pub(super) fn name(history: &History) -> String {
    let setup = &history.setup;
    format!("{} under {}, seed {}", listed(&setup.workloads), listed(&setup.nemeses), setup.seed)
}

/// The planted bug that was enabled, if there was one.
pub(super) fn planted(history: &History) -> Option<&str> {
    history.setup.bug.as_deref()
}

/// The command that repeats the run.
pub(super) fn command(history: &History) -> String {
    let setup = &history.setup;
    let not_run = setup.not_run.keys().filter(|nemesis| !setup.nemeses.contains(nemesis));
    let nemeses: Vec<&str> = setup.nemeses.iter().chain(not_run).map(String::as_str).collect();
    let mut command = format!(
        "keyrack-jepsen run --workload {} --nemesis {} --seconds {} --seed {} --nodes {} --callers {} --rate {}",
        setup.workloads.join(","),
        if nemeses.is_empty() { "none".into() } else { nemeses.join(",") },
        setup.seconds,
        setup.seed,
        setup.nodes,
        setup.callers,
        setup.rate,
    );
    if setup.quick {
        command += " --quick";
    }
    if setup.loopback {
        command += " --loopback";
    }
    if let Some(bug) = planted(history) {
        command = format!("KEYRACK_BIN_DIR=$CARGO_TARGET_DIR/planted/release {command} --bug {bug}");
    }
    command
}

/// The banner, the numbers, and the list of what was not run.
pub(super) fn section(run: &Reported) -> String {
    let (history, found) = (run.history, run.verdict.checks.iter().map(|check| check.findings.len() as u64).sum::<u64>());
    let saying = verdict(history, run.verdict);
    let (class, sign) = match saying {
        "Every promise was kept" => ("good", "✓"),
        "A promise was not kept" => ("bad", "✗"),
        _ => ("unsure", "?"),
    };
    let says = run.verdict.checks.iter().filter(|check| check.looked_at > 0).count() as u64;
    let judged = match found {
        0 => format!("{} found nothing", plural(says, "checker")),
        _ => format!("{} by {}", plural(found, "finding"), plural(finders(run.verdict), "checker")),
    };
    let mut html = format!(
        "<header class=\"{class}\"><div class=\"sign\" aria-hidden=\"true\">{sign}</div><div><h1>{saying}</h1>\
         <p>{} · {judged} · began {}{}</p></div></header>\n",
        escaped(&name(history)),
        escaped(&history.setup.started),
        planted(history).map(|bug| format!(" · <b class=\"planted\">planted bug: {}</b>", escaped(bug))).unwrap_or_default(),
    );
    if !run.verdict.edited.is_empty() {
        let edited = escaped(&run.verdict.edited.join(", "));
        html += &format!("<section class=\"not-run\"><h2>EDITED</h2><p>Changed after the run: {edited}</p></section>\n");
    }
    html += &numbers(run);
    html += &not_run(run);
    html += &format!(
        "<p class=\"again\"><span>Run it again</span><code>{}</code></p>\
         <p class=\"small\">The same seed gives the same calls and faults. \
         Threads and packets may still interleave differently.</p>\n",
        escaped(&command(history)),
    );
    html
}

fn finders(verdict: &Verdict) -> u64 {
    verdict.checks.iter().filter(|check| !check.findings.is_empty()).count() as u64
}

fn numbers(run: &Reported) -> String {
    let replies = run.tally.all.replies;
    let tile = |class: &str, number: String, name: &str, more: String| {
        format!("<li class=\"{class}\"><b>{number}</b><span>{name}</span><small>{}</small></li>\n", escaped(&more))
    };
    let mut html = String::from("<ul class=\"numbers\">\n");
    let count = run.history.ops.len() as u64;
    let per_second = count as f64 / (run.tally.end_ns as f64 / 1e9);
    html += &tile("", thousands(count), "operations", format!("{per_second:.0} a second"));
    html += &tile("done", thousands(replies[0]), "done", "acknowledged".into());
    html += &tile("refused", thousands(replies[1]), "refused", "with a reason".into());
    html += &tile("not-done", thousands(replies[2]), "not done", "nothing took effect".into());
    html += &tile("unknown", thousands(replies[3]), "unknown", resolved(run.history));
    let not_done = run.bands.moments.iter().filter(|fault| fault.phase == "not-done").count();
    let failed = if not_done > 0 { format!(", {not_done} could not be injected") } else { String::new() };
    html += &tile(
        "",
        thousands(run.history.faults_done()),
        "faults",
        format!("of {}{failed}", plural(run.bands.nemeses().len() as u64, "kind")),
    );
    html += &tile("", took(run.tally.end_ns), "duration", format!("{} nodes", run.history.setup.nodes));
    html += &tile("", run.history.setup.seed.to_string(), "seed", String::new());
    html + "</ul>\n"
}

/// The final outcomes of the operations that were unknown when the run ended.
fn resolved(history: &History) -> String {
    let unknown = || history.ops.iter().filter(|op| Reply::of(op) == Reply::Unknown);
    let count = |is: fn(&Op) -> bool| unknown().filter(|op| is(op)).count() as u64;
    let parts = [
        (count(|op| matches!(op.outcome, Outcome::Ok { .. })), "later found done"),
        (count(|op| matches!(op.outcome, Outcome::Refused { .. })), "later found refused"),
        (count(|op| matches!(op.outcome, Outcome::NotDone { .. })), "later found not done"),
        (count(|op| matches!(op.outcome, Outcome::Unknown { .. }) && op.call.is_read()), "reads without an answer"),
        (count(Op::is_unknown_write), "writes still unknown"),
    ];
    let shown: Vec<String> = parts.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{what}: {}", thousands(*n))).collect();
    if shown.is_empty() { "none".into() } else { shown.join(", ") }
}

fn not_run(run: &Reported) -> String {
    let mut lines: Vec<String> = Vec::new();
    for (nemesis, why) in run.history.not_run() {
        lines.push(format!("<li><b>{}</b>: {}</li>", escaped(nemesis), escaped(why)));
    }
    for fault in run.bands.moments.iter().filter(|fault| fault.phase == "not-done") {
        lines.push(format!("<li><b>{}</b>: {}</li>", escaped(&fault.nemesis), escaped(&fault.what)));
    }
    for check in run.verdict.checks.iter().filter(|check| check.looked_at == 0) {
        lines.push(format!("<li>checker <b>{}</b>: it had nothing to check</li>", escaped(&check.checker)));
    }
    if lines.is_empty() {
        return String::new();
    }
    format!("<section class=\"not-run\"><h2>NOT RUN</h2><ul>\n{}\n</ul></section>\n", lines.join("\n"))
}

fn listed(names: &[String]) -> String {
    if names.is_empty() { "none".into() } else { names.join(", ") }
}
