//! Reads the patches and their headers.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};

use crate::nemesis::Nemesis;
use crate::workload::Workload;

/// The name of the control, which is a run without any bug: every layer must be green.
pub const CONTROL: &str = "control";
/// The names of the patches that all other patches need begin with this: each gives a crate the switch.
pub(super) const SWITCH: &str = "00";

/// A bug that can be planted.
#[derive(Clone, Debug)]
pub struct Bug {
    /// The patch's file name without its extension, and the value of `KEYRACK_PLANTED_BUG`.
    pub name: String,
    /// The bug, in one sentence.
    pub broken: String,
    /// The promise that it breaks.
    pub promise: String,
    /// The workloads that should find it.
    pub workloads: Vec<Workload>,
    /// The faults that are needed to find it.
    pub nemeses: Vec<Nemesis>,
}

/// All bugs of a checkout, ordered by name.
///
/// # Errors
/// If a patch cannot be read, or its header lacks a field or has an unknown value.
pub fn all(source: &Path) -> anyhow::Result<Vec<Bug>> {
    let mut bugs = Vec::new();
    for path in files(source)? {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        if !name.starts_with(SWITCH) {
            let text = fs::read_to_string(&path)?;
            bugs.push(read(&name, &text).with_context(|| format!("cannot read the header of {}", path.display()))?);
        }
    }
    Ok(bugs)
}

/// The paths of all patches, ordered by name. The switches are the first.
pub(super) fn files(source: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let folder = patches(source);
    let entries = fs::read_dir(&folder).with_context(|| format!("cannot read the planted bugs in {}", folder.display()))?;
    let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<_>>>()?;
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "patch"));
    paths.sort();
    Ok(paths)
}

/// The folder of a checkout's patches.
fn patches(source: &Path) -> PathBuf {
    source.join("jepsen/planted")
}

/// Reads a header: lines `Name: value` before the first line of the diff.
fn read(name: &str, text: &str) -> anyhow::Result<Bug> {
    let header: Vec<&str> = text.lines().take_while(|line| !line.starts_with("diff ")).collect();
    let field = |field: &str| {
        let found = header.iter().filter_map(|line| line.split_once(": ")).find(|(key, _)| *key == field);
        found.map(|(_, value)| value.trim()).with_context(|| format!("there is no line \"{field}: ...\""))
    };
    let (workloads, nemeses) = (field("Workload")?, field("Nemesis")?);
    let bug = Bug {
        name: name.to_owned(),
        broken: field("Bug")?.to_owned(),
        promise: field("Promise")?.to_owned(),
        workloads: if workloads == "all" { Workload::ALL.to_vec() } else { listed(workloads, Workload::named)? },
        nemeses: listed(nemeses, Nemesis::named)?,
    };
    ensure!(!bug.broken.is_empty() && !bug.promise.is_empty(), "the lines \"Bug:\" and \"Promise:\" must have a text");
    Ok(bug)
}

fn listed<T>(list: &str, named: fn(&str) -> Option<T>) -> anyhow::Result<Vec<T>> {
    let one = |wanted: &str| named(wanted).with_context(|| format!("unknown name {wanted:?}"));
    list.split(',').map(str::trim).map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_with_a_missing_or_unknown_field_is_refused() {
        let text = "Bug: it is wrong.\nPromise: it is right.\nWorkload: retry,hold\nNemesis: power-all\n\ndiff --git a/x b/x\n";
        let bug = read("it", text).expect("a valid header");
        assert_eq!((bug.broken.as_str(), bug.promise.as_str()), ("it is wrong.", "it is right."));
        assert_eq!((bug.workloads, bug.nemeses), (vec![Workload::Retry, Workload::Hold], vec![Nemesis::PowerAll]));
        for wrong in ["Promise", "power-all", "Workload"] {
            read("it", &text.replace(wrong, "nothing")).expect_err(wrong);
        }
    }

    #[test]
    fn every_patch_has_a_valid_header_and_is_off_by_default() {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let bugs = all(&source).expect("all headers are valid");
        assert!(bugs.len() >= 28, "{} bugs", bugs.len());
        let switched = |bug: &Bug| {
            let patch = fs::read_to_string(super::patches(&source).join(format!("{}.patch", bug.name)));
            patch.expect("the patch can be read").contains(&format!("planted::is(\"{}\")", bug.name))
        };
        let not: Vec<&str> = bugs.iter().filter(|bug| !switched(bug)).map(|bug| bug.name.as_str()).collect();
        assert!(not.is_empty(), "not off by default: {not:?}");
    }
}
