//! Writes a run's folder: history, verdict, witness, report.

use std::fs;
use std::io::{BufWriter, Write};
use std::path::Path;

use anyhow::{Context, bail};

use crate::check::{Verdict, judge};
use crate::history::{self, History};
use crate::report;

/// Writes all files of a run.
pub fn write(folder: &Path, history: &History, verdict: &Verdict) -> anyhow::Result<()> {
    history.save(folder)?;
    write_verdict(folder, history, verdict)
}

/// Judges a run's folder again, and writes the new verdict into it.
///
/// # Errors
/// If a file cannot be read, or has changed since the run and `edited` is false.
pub fn rejudge(folder: &Path, edited: bool) -> anyhow::Result<(History, Verdict)> {
    let history = History::load(folder)?;
    let changed = history::changed_files(folder)?;
    if !edited && !changed.is_empty() {
        let (folder, changed) = (folder.display(), changed.join(", "));
        bail!("{folder}: changed after the run: {changed} (compared with SHA256SUMS). Use --edited to judge it anyway");
    }
    let mut verdict = judge(&history);
    verdict.edited = changed.iter().map(ToString::to_string).collect();
    write_verdict(folder, &history, &verdict)?;
    Ok((history, verdict))
}

fn write_verdict(folder: &Path, history: &History, verdict: &Verdict) -> anyhow::Result<()> {
    let path = folder.join("verdict.json");
    fs::write(&path, serde_json::to_vec_pretty(verdict)?).with_context(|| format!("cannot write {}", path.display()))?;
    let path = folder.join("witness.jsonl");
    let file = fs::File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
    let mut lines = BufWriter::new(file);
    for step in &verdict.witness {
        serde_json::to_writer(&mut lines, step)?;
        lines.write_all(b"\n")?;
    }
    lines.flush()?;
    let path = folder.join("report.html");
    fs::write(&path, report::page(history, verdict)).with_context(|| format!("cannot write {}", path.display()))
}
