//! The packages of the workspace, the roots of their targets, and the texts of all sources.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

/// Texts of sources by their path from the workspace: `cluster/src/raft/mod.rs`.
pub type Texts = BTreeMap<String, String>;

/// A package to analyse: the root files of its targets, and all sources of the workspace.
pub struct Package {
    /// The folder in the workspace.
    pub folder: String,
    /// The name under which the package's binaries import its library: `keyrack_cluster`.
    pub library: String,
    /// The root files of the library, if there is one, and of the binaries. The library comes first.
    pub roots: Vec<String>,
    pub texts: Arc<Texts>,
}

/// Every member that the workspace's `Cargo.toml` lists. A member without a folder is left out.
pub fn packages(workspace: &Path) -> Vec<Package> {
    let manifest = table(&workspace.join("Cargo.toml"));
    let members = manifest["workspace"]["members"].as_array().expect("the workspace lists its members");
    let folders = members.iter().map(|member| member.as_str().expect("a member is a folder"));
    let folders: Vec<&str> = folders.filter(|folder| workspace.join(folder).join("Cargo.toml").exists()).collect();
    let mut texts = Texts::new();
    for folder in &folders {
        collect(&workspace.join(folder).join("src"), workspace, &mut texts);
    }
    let texts = Arc::new(texts);
    folders.iter().map(|folder| package(folder, &table(&workspace.join(folder).join("Cargo.toml")), &texts)).collect()
}

fn package(folder: &str, manifest: &toml::Table, texts: &Arc<Texts>) -> Package {
    let name = manifest["package"]["name"].as_str().expect("a package has a name");
    let library = manifest.get("lib").and_then(|lib| lib.get("name")).and_then(toml::Value::as_str).unwrap_or(name);
    let mut roots: Vec<String> = ["lib.rs", "main.rs"].iter().map(|file| format!("{folder}/src/{file}")).collect();
    for binary in manifest.get("bin").and_then(toml::Value::as_array).into_iter().flatten() {
        let path = binary.get("path").and_then(toml::Value::as_str);
        roots.extend(path.map(|path| format!("{folder}/{path}")));
    }
    let further = texts.keys().filter(|path| is_further_binary(path.strip_prefix(&format!("{folder}/src/bin/"))));
    roots.extend(further.cloned());
    let mut seen = BTreeSet::new();
    roots.retain(|root| texts.contains_key(root) && seen.insert(root.clone()));
    assert!(!roots.is_empty(), "{folder} has neither a library nor a binary to read");
    Package { folder: folder.to_string(), library: library.replace('-', "_"), roots, texts: texts.clone() }
}

/// The binaries that Cargo finds automatically: `src/bin/x.rs` and `src/bin/x/main.rs`.
fn is_further_binary(below_bin: Option<&str>) -> bool {
    below_bin.is_some_and(|path| match path.split_once('/') {
        None => true,
        Some((_, file)) => file == "main.rs",
    })
}

fn table(manifest: &Path) -> toml::Table {
    let text = std::fs::read_to_string(manifest).unwrap_or_else(|e| panic!("{} cannot be read: {e}", manifest.display()));
    text.parse().unwrap_or_else(|e| panic!("{} cannot be parsed: {e}", manifest.display()))
}

fn collect(folder: &Path, workspace: &Path, texts: &mut Texts) {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|e| panic!("{} cannot be read: {e}", folder.display()));
    for path in entries.map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            collect(&path, workspace, texts);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let relative = path.strip_prefix(workspace).unwrap().to_string_lossy().into_owned();
            texts.insert(relative, std::fs::read_to_string(&path).unwrap());
        }
    }
}
