//! Pages of folders.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};

use super::index::{self, Entry};
use crate::check::Verdict;
use crate::history::{self, History};

/// Writes `report.html` into a run's folder from the history and the verdict that are in it.
///
/// # Errors
/// With the file that could not be read or written.
pub fn write_page(folder: &Path) -> anyhow::Result<PathBuf> {
    let (history, verdict) = read(folder)?;
    write(folder.join("report.html"), &super::page(&history, &verdict))
}

/// Writes `report.html` into each of the runs' folders that are in a folder, and an `index.html` of them beside.
///
/// A folder that has no whole run is named in the index with the reason: a run that did not finish is no good run.
///
/// # Errors
/// When the folder holds no folders, or with the file that could not be written.
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
    ensure!(!(entries.is_empty() && unread.is_empty()), "{} is no run's folder and holds none", folder.display());
    let path = write(folder.join("index.html"), &index::page(&entries, &unread))?;
    ensure!(!entries.is_empty(), "{}: no run in it is whole; {} says why", folder.display(), path.display());
    Ok(path)
}

fn read(folder: &Path) -> anyhow::Result<(History, Verdict)> {
    let history = History::load(folder)?;
    let path = folder.join("verdict.json");
    let verdict = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let verdict: Verdict =
        serde_json::from_slice(&verdict).with_context(|| format!("{} is not what it should be", path.display()))?;
    let changed = history::changed_files(folder)?;
    // One that was judged as edited says so itself.
    let told = changed.iter().all(|file| verdict.edited.iter().any(|edited| edited == file));
    ensure!(told, "{}: not as the run wrote it: {}", folder.display(), changed.join(", "));
    Ok((history, verdict))
}

/// By name, which begins with the time of the run.
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
