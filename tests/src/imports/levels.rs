//! Imports between the modules of one folder. A subfolder counts as one module.
//!
//! An import between two files belongs to exactly one folder: the deepest that contains both. There it connects two of
//! the folder's modules, or a module and the folder's own file, its `mod.rs`.

use std::collections::{BTreeMap, BTreeSet};

use super::circles::{Cycle, Tie, circles};
use super::edges::{Edge, Imports};
use super::names::ModuleId;
use super::tree::Tree;

/// An import as its folder sees it.
pub struct Lifted<'a> {
    /// `cluster/src/raft`.
    pub folder: String,
    /// The importing and the imported module. The folder's own file keeps its file name: `mod.rs`.
    pub from: String,
    pub to: String,
    pub edge: &'a Edge,
}

/// The cycles among the modules of each folder, except those that [`file_cycles`](super::file_cycles) reports.
pub fn folder_cycles(imports: &Imports) -> Vec<String> {
    let mut by_folder: BTreeMap<String, Vec<Lifted>> = BTreeMap::new();
    for lifted in lifted(imports) {
        by_folder.entry(lifted.folder.clone()).or_default().push(lifted);
    }
    let mut found = Vec::new();
    for (folder, lifted) in by_folder {
        let ties: Vec<Tie> = lifted.iter().map(|lifted| Tie { from: &lifted.from, to: &lifted.to, edge: lifted.edge }).collect();
        let edges: Vec<&Edge> = lifted.iter().map(|lifted| lifted.edge).collect();
        let named: Vec<Vec<Edge>> = among_files(&edges).into_iter().map(|circle| circle.imports).collect();
        let new = circles(&ties).into_iter().filter(|circle| !named.contains(&circle.imports));
        found.extend(new.map(|circle| format!("{folder}: {circle}")));
    }
    found
}

/// The cycles among files.
pub fn among_files(edges: &[&Edge]) -> Vec<Cycle> {
    let ties: Vec<Tie> = edges.iter().map(|edge| Tie { from: &edge.from, to: &edge.to, edge }).collect();
    circles(&ties)
}

/// All imports within a target. A binary's imports of the library are left out: the library cannot import back.
pub fn lifted(imports: &Imports) -> Vec<Lifted<'_>> {
    let mut found = Vec::new();
    for tree in &imports.targets {
        let by_file = tree.by_file();
        for edge in &imports.edges {
            if let (Some(from), Some(to)) = (by_file.get(edge.from.as_str()), by_file.get(edge.to.as_str())) {
                found.push(lift(tree, *from, *to, edge));
            }
        }
    }
    found
}

/// The folders that hold modules.
pub fn folders(imports: &Imports) -> BTreeSet<String> {
    let of_tree = |tree: &Tree| -> Vec<String> { tree.by_file().into_values().map(|id| folder_below(tree, id)).collect() };
    let folders = imports.targets.iter().flat_map(of_tree);
    folders.filter(|folder| modules_of(imports, folder).len() > 1).collect()
}

/// The modules of a folder that have files, and the folder's own file.
pub fn modules_of(imports: &Imports, folder: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for tree in &imports.targets {
        for id in tree.by_file().into_values() {
            if folder_below(tree, id) == folder {
                names.insert(file_name(&tree.modules[id].file).to_string());
            }
            if tree.modules[id].parent.is_some_and(|parent| folder_below(tree, parent) == folder) {
                names.insert(module_name(tree, id));
            }
        }
    }
    names
}

fn lift<'a>(tree: &Tree, from: ModuleId, to: ModuleId, edge: &'a Edge) -> Lifted<'a> {
    let (from_line, to_line) = (tree.line_of(from), tree.line_of(to));
    let shared = from_line.iter().zip(&to_line).take_while(|(from, to)| from == to).count();
    // Both lines start at the root.
    let parent = from_line[shared - 1];
    let node = |line: &[ModuleId]| match line.get(shared) {
        Some(child) => module_name(tree, *child),
        None => file_name(&tree.modules[parent].file).to_string(),
    };
    Lifted { folder: folder_below(tree, parent), from: node(&from_line), to: node(&to_line), edge }
}

/// `cluster/src/raft/mod.rs` is `raft`, `cluster/src/reads.rs` is `reads`.
fn module_name(tree: &Tree, module: ModuleId) -> String {
    let file = &tree.modules[module].file;
    let stem = file.strip_suffix("/mod.rs").or_else(|| file.strip_suffix(".rs")).unwrap_or(file);
    file_name(stem).to_string()
}

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// The folder of a module's submodules: for `x/mod.rs` and roots the folder they are in, for `x.rs` the folder `x`.
fn folder_below(tree: &Tree, module: ModuleId) -> String {
    let file = &tree.modules[module].file;
    match file.rsplit_once('/') {
        Some((folder, name)) if name == "mod.rs" || tree.modules[module].parent.is_none() => folder.to_string(),
        _ => file.strip_suffix(".rs").unwrap_or(file).to_string(),
    }
}
