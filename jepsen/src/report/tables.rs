//! The tables below the pictures.

use super::bands::family;
use super::html::{at, escaped, plural, shortened, table, thousands, took};
use super::reported::Reported;
use super::tally::{Latency, Row};

/// The most faults that are listed; all are in `faults.jsonl`.
const FAULTS: usize = 400;
/// The most notes shown of one checker.
const NOTES: usize = 12;

/// A table with a row per workload, and one for all.
pub(super) fn workloads(run: &Reported) -> String {
    let mut rows: Vec<Vec<String>> = run.tally.workloads.iter().map(|(name, row)| workload(&escaped(name), row)).collect();
    if rows.len() > 1 {
        rows.push(workload("<b>all</b>", &run.tally.all));
    }
    let heads = [
        "workload",
        "operations",
        "done",
        "refused",
        "not done",
        "unknown",
        "p50",
        "p99",
        "slowest",
        "longest time without an answer",
    ];
    format!("<section><h2>Workloads</h2>\n{}</section>\n", table(&heads, &rows))
}

fn workload(name: &str, row: &Row) -> Vec<String> {
    let time = |pick: fn(&Latency) -> u64| row.latency.as_ref().map_or_else(|| "-".into(), |latency| took(pick(latency)));
    let (from_ns, to_ns) = row.longest_gap_ns;
    let mut cells = vec![name.to_owned(), thousands(row.replies.iter().sum())];
    cells.extend(row.replies.map(thousands));
    cells.extend([time(|latency| latency.p50_ns), time(|latency| latency.p99_ns), time(|latency| latency.max_ns)]);
    cells.push(format!("{} <small>from {}</small>", took(to_ns - from_ns), at(from_ns)));
    cells
}

/// A table with the result of each checker.
pub(super) fn checkers(run: &Reported) -> String {
    let row = |check: &crate::check::Check| {
        let says = match check.findings.len() as u64 {
            0 if check.looked_at == 0 => "<span class=\"says unsure\">nothing to check</span>".into(),
            0 => "<span class=\"says good\">✓ nothing found</span>".into(),
            found => format!("<span class=\"says bad\">✗ {}</span>", plural(found, "finding")),
        };
        let notes = check.notes.iter().take(NOTES).map(|note| escaped(&shortened(note, 600)));
        let notes = notes.collect::<Vec<_>>().join("<br>");
        let took = format!("{} ms", thousands(check.took_ms));
        vec![escaped(&check.checker), says, thousands(check.looked_at), took, notes]
    };
    let rows: Vec<Vec<String>> = run.verdict.checks.iter().map(row).collect();
    let table = table(&["checker", "result", "items checked", "took", "notes"], &rows);
    format!("<section><h2>Checkers</h2>\n{table}</section>\n")
}

/// A table of the faults, by time.
pub(super) fn faults(run: &Reported) -> String {
    let mut lines: Vec<(u64, Vec<String>)> = Vec::new();
    for band in &run.bands.faults {
        let ended = band.ended.as_deref().unwrap_or("no end was recorded");
        let length = took(band.to_ns - band.from_ns);
        lines.push((band.from_ns, fault(&band.nemesis, band.from_ns, &length, &band.nodes, &format!("{} → {ended}", band.what))));
    }
    for band in &run.bands.recoveries {
        let ended = band.ended.as_deref().unwrap_or_default();
        lines.push((band.to_ns, fault("recovery", band.to_ns, "", &band.nodes, ended)));
    }
    for moment in &run.bands.moments {
        let what = if moment.phase == "not-done" { format!("NOT DONE: {}", moment.what) } else { moment.what.clone() };
        lines.push((moment.at_ns, fault(&moment.nemesis, moment.at_ns, "", &moment.nodes, &what)));
    }
    lines.sort_by_key(|(at_ns, _)| *at_ns);
    let more = lines.len().saturating_sub(FAULTS) as u64;
    let rows: Vec<Vec<String>> = lines.into_iter().take(FAULTS).map(|(_, row)| row).collect();
    let rest =
        if more > 0 { format!("<p class=\"small\">and {} more, in faults.jsonl</p>", thousands(more)) } else { String::new() };
    let table = table(&["at", "lasted", "fault", "nodes", "what happened → how it ended"], &rows);
    format!("<section><h2>Faults</h2>\n{table}{rest}</section>\n")
}

fn fault(nemesis: &str, at_ns: u64, length: &str, nodes: &[u32], what: &str) -> Vec<String> {
    let dot = if nemesis == "recovery" { "recovery".to_owned() } else { format!("f-{}", family(nemesis)) };
    let name = format!("<span class=\"name\"><i class=\"dot {dot}\"></i>{}</span>", escaped(nemesis));
    let nodes: Vec<String> = nodes.iter().map(u32::to_string).collect();
    vec![at(at_ns), length.to_owned(), name, nodes.join(", "), escaped(&shortened(what, 500))]
}

/// The versions and settings of the run.
pub(super) fn versions(run: &Reported) -> String {
    let setup = &run.history.setup;
    let mut rows: Vec<Vec<String>> =
        setup.versions.iter().map(|(name, version)| vec![escaped(name), format!("<code>{}</code>", escaped(version))]).collect();
    rows.push(vec!["began".into(), format!("<code>{}</code>", escaped(&setup.started))]);
    rows.push(vec!["ended".into(), format!("<code>{}</code>", escaped(&setup.ended))]);
    rows.push(vec!["clock difference".into(), format!("up to {} ms", thousands(setup.skew_ms))]);
    let hotels = setup.hotels.iter().map(|hotel| format!("{} (shard {})", hotel.property, hotel.shard));
    rows.push(vec!["hotels".into(), escaped(&shortened(&hotels.collect::<Vec<_>>().join(", "), 1_000))]);
    format!("<section><h2>Versions and settings</h2>\n{}</section>\n", table(&["name", "value"], &rows))
}

/// Links to the other files in the run's folder.
pub(super) fn files(run: &Reported) -> String {
    let mut links = String::new();
    for node in 1..=run.history.setup.nodes.min(99) {
        links += &format!("<li><a href=\"cluster/node-{node}/keyrackd.log\">log of node {node}</a></li>\n");
    }
    for (file, what) in [
        ("verdict.json", "all findings"),
        ("history.jsonl", "every invocation and completion"),
        ("history.edn", "the same in Jepsen's format"),
        ("faults.jsonl", "every fault"),
        ("finale.json", "the final state of every node"),
        ("witness.jsonl", "the order that explains every answer"),
        ("SHA256SUMS", "checksums of the files behind the verdict; check them with sha256sum --check"),
    ] {
        links += &format!("<li><a href=\"{file}\">{file}</a> {what}</li>\n");
    }
    format!("<section><h2>Files</h2>\n<ul class=\"files\">{links}</ul></section>\n")
}
