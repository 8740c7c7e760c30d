//! Writes pages into the folders of runs.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};

use super::index::{self, Entry};
use crate::check::Verdict;
use crate::history::{self, History};

/// Writes `report.html` into a run's folder, from the history and the verdict in it.
///
/// # Errors
/// If a file could not be read or written. The error names it.
pub fn write_page(folder: &Path) -> anyhow::Result<PathBuf> {
    let (history, verdict) = read(folder)?;
    write(folder.join("report.html"), &super::page(&history, &verdict))
}

/// Writes `report.html` into every run's folder inside `folder`, and an `index.html` of the runs into `folder`.
///
/// The index also names every folder without a complete run, with the reason, so that an unfinished run is not overlooked.
///
/// # Errors
/// If `folder` has no complete run, or a file could not be written. The error names it.
pub fn write_index(folder: &Path) -> anyhow::Result<PathBuf> {
    let (mut entries, mut unread) = (Vec::new(), Vec::new());
    for run in folders(folder)? {
        let name = run.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        match read(&run) {
            Ok((history, verdict)) => {
                write(run.join("report.html"), &super::page(&history, &verdict))?;
                entries.push(Entry::of(name, &history, &verdict));
            }
            Err(cause) => unread.push((name, format!("{cause:#}"))),
        }
    }
    ensure!(!(entries.is_empty() && unread.is_empty()), "{} is not a run's folder and has none inside", folder.display());
    let path = write(folder.join("index.html"), &index::page(&entries, &unread))?;
    ensure!(!entries.is_empty(), "{} has no complete run; {} lists the reasons", folder.display(), path.display());
    Ok(path)
}

fn read(folder: &Path) -> anyhow::Result<(History, Verdict)> {
    let history = History::load(folder)?;
    let path = folder.join("verdict.json");
    let verdict = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let verdict: Verdict = serde_json::from_slice(&verdict).with_context(|| format!("{} is malformed", path.display()))?;
    let changed = history::changed_files(folder)?;
    // A verdict on an edited history lists the changed files.
    let listed = changed.iter().all(|file| verdict.edited.iter().any(|edited| edited == file));
    ensure!(listed, "{}: changed after the run: {}", folder.display(), changed.join(", "));
    Ok((history, verdict))
}

/// The folders in order of name, which begins with the time of the run.
fn folders(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut folders = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            folders.push(path);
        }
    }
    folders.sort();
    Ok(folders)
}

fn write(path: PathBuf, page: &str) -> anyhow::Result<PathBuf> {
    fs::write(&path, page).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(path)
}
