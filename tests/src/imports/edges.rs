//! The imports between the files of a package.

use std::collections::{BTreeMap, BTreeSet};

use super::package::Package;
use super::resolve::{Place, Resolver};
use super::tree::Tree;
use super::walk::uses_of;

/// One file imports another. Displayed as `a.rs -> b.rs: names`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edge {
    pub from: String,
    pub to: String,
    pub names: BTreeSet<String>,
}

impl std::fmt::Display for Edge {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<&str> = self.names.iter().map(String::as_str).collect();
        write!(f, "{} -> {}: {}", self.from, self.to, names.join(", "))
    }
}

/// All imports of a package.
pub struct Imports {
    pub folder: String,
    pub edges: Vec<Edge>,
    /// Paths that begin in the package and do not resolve, with their file. Must be empty.
    pub unresolved: Vec<String>,
    pub(super) targets: Vec<Tree>,
}

pub fn imports_of(package: &Package) -> Imports {
    let targets: Vec<Tree> = package.roots.iter().map(|root| Tree::read(root, &package.texts)).collect();
    let resolver = Resolver { targets: &targets, library: &package.library };
    let mut names: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
    let mut unresolved = BTreeSet::new();
    let file_of = |place: Place| targets[place.target].modules[place.module].file.clone();
    for (target, tree) in targets.iter().enumerate() {
        for module in 0..tree.modules.len() {
            let from = Place { target, module };
            let uses = uses_of(&resolver, from);
            unresolved.extend(uses.unresolved.into_iter().map(|path| format!("{}: {path}", file_of(from))));
            for (place, name) in uses.items {
                names.entry((file_of(from), file_of(place))).or_default().insert(name);
            }
        }
    }
    // A file's uses of its own names are not imports.
    names.retain(|(from, to), _| from != to);
    let edges = names.into_iter().map(|((from, to), names)| Edge { from, to, names }).collect();
    Imports { folder: package.folder.clone(), edges, unresolved: unresolved.into_iter().collect(), targets }
}
