//! A run's folder: history, verdict, witness, report.

use std::fs;
use std::io::{BufWriter, Write};
use std::path::Path;

use anyhow::{Context, bail};

use crate::check::{Verdict, judge};
use crate::history::{self, History};
use crate::report;

/// Writes everything.
pub fn write(folder: &Path, history: &History, verdict: &Verdict) -> anyhow::Result<()> {
    history.save(folder)?;
    write_verdict(folder, history, verdict)
}

/// Judges a run's folder again, and writes the new verdict into it.
///
/// # Errors
/// When a file cannot be read, or is not as the run wrote it and was not said to be `edited`.
pub fn rejudge(folder: &Path, edited: bool) -> anyhow::Result<(History, Verdict)> {
    let history = History::load(folder)?;
    let changed = history::changed_files(folder)?;
    if !edited && !changed.is_empty() {
        let (folder, changed) = (folder.display(), changed.join(", "));
        bail!("{folder}: not as the run wrote it: {changed} (SHA256SUMS); with --edited it is judged all the same");
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
