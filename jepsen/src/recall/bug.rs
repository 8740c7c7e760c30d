//! The patches and what their headers say.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};

use crate::nemesis::Nemesis;
use crate::workload::Workload;

/// The pseudo bug of the control: nothing is switched on, and every layer must be green.
pub const CONTROL: &str = "control";
/// The patch that every other one needs.
pub(super) const SWITCH: &str = "000-switch";

/// A bug that can be planted.
#[derive(Clone, Debug)]
pub struct Bug {
    /// Its name: the patch's, and what the environment has.
    pub name: String,
    /// What is wrong, in a sentence.
    pub broken: String,
    /// The promise that it breaks.
    pub promise: String,
    /// Callers who should notice.
    pub workloads: Vec<Workload>,
    /// Faults without which it does not show.
    pub nemeses: Vec<Nemesis>,
}

/// All bugs of a checkout, by name.
///
/// # Errors
/// When a patch cannot be read, or its header does not say what it must.
pub fn all(source: &Path) -> anyhow::Result<Vec<Bug>> {
    let mut bugs = Vec::new();
    for path in files(source)? {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        if name != SWITCH {
            let text = fs::read_to_string(&path)?;
            bugs.push(read(&name, &text).with_context(|| format!("the header of {}", path.display()))?);
        }
    }
    Ok(bugs)
}

/// All patches, by name, the switch first.
pub(super) fn files(source: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let folder = patches(source);
    let entries = fs::read_dir(&folder).with_context(|| format!("no planted bugs in {}", folder.display()))?;
    let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<_>>>()?;
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "patch"));
    paths.sort();
    Ok(paths)
}

/// Where the patches of a checkout are.
fn patches(source: &Path) -> PathBuf {
    source.join("jepsen/planted")
}

/// A header is lines `Name: value` before the first line of the diff.
fn read(name: &str, text: &str) -> anyhow::Result<Bug> {
    let header: Vec<&str> = text.lines().take_while(|line| !line.starts_with("diff ")).collect();
    let field = |field: &str| {
        let found = header.iter().filter_map(|line| line.split_once(": ")).find(|(key, _)| *key == field);
        found.map(|(_, value)| value.trim()).with_context(|| format!("no line \"{field}: ...\""))
    };
    let (workloads, nemeses) = (field("Workload")?, field("Nemesis")?);
    let bug = Bug {
        name: name.to_owned(),
        broken: field("Bug")?.to_owned(),
        promise: field("Promise")?.to_owned(),
        workloads: if workloads == "all" { Workload::ALL.to_vec() } else { listed(workloads, Workload::named)? },
        nemeses: listed(nemeses, Nemesis::named)?,
    };
    ensure!(!bug.broken.is_empty() && !bug.promise.is_empty(), "it must say what is broken, and what promise");
    Ok(bug)
}

fn listed<T>(list: &str, named: fn(&str) -> Option<T>) -> anyhow::Result<Vec<T>> {
    let one = |wanted: &str| named(wanted).with_context(|| format!("there is no {wanted:?}"));
    list.split(',').map(str::trim).map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_read_and_a_wrong_one_is_not() {
        let text = "Bug: it is wrong.\nPromise: it is right.\nWorkload: retry,hold\nNemesis: power-all\n\ndiff --git a/x b/x\n";
        let bug = read("it", text).expect("a header");
        assert_eq!((bug.broken.as_str(), bug.promise.as_str()), ("it is wrong.", "it is right."));
        assert_eq!((bug.workloads, bug.nemeses), (vec![Workload::Retry, Workload::Hold], vec![Nemesis::PowerAll]));
        for wrong in ["Promise", "power-all", "Workload"] {
            read("it", &text.replace(wrong, "nothing")).expect_err(wrong);
        }
    }

    #[test]
    fn every_patch_of_this_checkout_says_what_it_breaks() {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let bugs = all(&source).expect("headers");
        assert!(bugs.len() >= 28, "{} bugs", bugs.len());
        let switched = |bug: &Bug| {
            let patch = fs::read_to_string(super::patches(&source).join(format!("{}.patch", bug.name)));
            patch.expect("a patch").contains(&format!("planted::is(\"{}\")", bug.name))
        };
        let not: Vec<&str> = bugs.iter().filter(|bug| !switched(bug)).map(|bug| bug.name.as_str()).collect();
        assert!(not.is_empty(), "not off by default: {not:?}");
    }
}
