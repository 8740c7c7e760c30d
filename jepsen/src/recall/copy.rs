//! The scratch copy: the files that git tracks, with all patches applied. The checkout is only read.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};

use super::bug;

/// Creates the copy below `target`, or updates the existing one. Unchanged files keep their modification time, so that cargo
/// rebuilds only the changes.
pub(super) fn make(source: &Path, target: &Path) -> anyhow::Result<PathBuf> {
    fs::create_dir_all(target)?;
    let fresh = tempfile::tempdir_in(target)?;
    apply_all(source, fresh.path())?;
    let copy = target.join("planted-source");
    let (wanted, there) = (files_below(fresh.path())?, files_below(&copy)?);
    for path in there.difference(&wanted) {
        fs::remove_file(copy.join(path))?;
    }
    for path in &wanted {
        let (new, old) = (fresh.path().join(path), copy.join(path));
        if fs::read(&old).ok() != Some(fs::read(&new)?) {
            fs::create_dir_all(old.parent().unwrap_or(&copy))?;
            fs::copy(&new, &old)?;
        }
    }
    Ok(copy)
}

/// Copies the tracked files into the empty folder `into` and applies all patches, in the order of their names.
///
/// # Errors
/// If a patch does not apply. The error has git's message.
pub fn apply_all(source: &Path, into: &Path) -> anyhow::Result<()> {
    let listed = Command::new("git").arg("-C").arg(source).args(["ls-files", "-z"]).output().context("cannot run git")?;
    ensure!(listed.status.success(), "{} is not a git checkout", source.display());
    for name in String::from_utf8(listed.stdout)?.split('\0').filter(|name| !name.is_empty()) {
        let (from, to) = (source.join(name), into.join(name));
        // A tracked file that was deleted, or a dangling link.
        if !from.is_file() {
            continue;
        }
        fs::create_dir_all(to.parent().unwrap_or(into))?;
        fs::copy(&from, &to).with_context(|| format!("cannot copy {name}"))?;
    }
    let patches = bug::files(source)?;
    let names: String = bug::all(source)?.iter().map(|bug| format!("{}\n", bug.name)).collect();
    fs::write(into.join("inventory/src/planted.txt"), names)?;
    let is_switch = |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(bug::SWITCH));
    ensure!(patches.first().is_some_and(is_switch), "there is no patch {}-...", bug::SWITCH);
    for patch in patches {
        // -C1: one unchanged line around a change is enough, because two bugs may change neighbouring lines.
        let mut git = Command::new("git");
        git.current_dir(into).args(["apply", "-C1", "--whitespace=nowarn"]).arg(std::path::absolute(&patch)?);
        // If the copy is inside a git checkout, git must not take its paths as relative to that checkout.
        git.env("GIT_CEILING_DIRECTORIES", into.parent().unwrap_or(into)).env_remove("GIT_DIR");
        let applied = git.output().context("cannot run git")?;
        let says = String::from_utf8_lossy(&applied.stderr);
        ensure!(applied.status.success(), "{} does not apply: {}", patch.display(), says.trim());
    }
    Ok(())
}

/// The files below a folder, relative to it; empty if the folder does not exist.
fn files_below(folder: &Path) -> anyhow::Result<BTreeSet<PathBuf>> {
    let mut found = BTreeSet::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(here) = folders.pop() {
        if !here.exists() {
            continue;
        }
        for entry in fs::read_dir(here)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                folders.push(entry.path());
            } else {
                found.insert(entry.path().strip_prefix(folder)?.to_owned());
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_patch_applies_and_the_checkout_is_unchanged() {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let before = fs::read(source.join("inventory/src/lib.rs")).expect("the source can be read");
        let folder = tempfile::tempdir().expect("a temporary folder can be created");
        apply_all(&source, folder.path()).expect("all patches apply");
        assert_eq!(fs::read(source.join("inventory/src/lib.rs")).expect("the source can be read"), before);
        let planted = fs::read_to_string(folder.path().join("inventory/src/lib.rs")).expect("the copy can be read");
        assert!(planted.contains("pub mod planted;"));
    }
}
