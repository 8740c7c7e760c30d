//! The declared order of a folder's modules. A floor is one layer; the first floor is the top.

use std::collections::{BTreeMap, BTreeSet};

use super::edges::Imports;
use super::levels::{lifted, modules_of};

/// Which modules of a folder may import which. A module imports from floors below its own, or from its own floor
/// without a cycle.
pub struct Layers<'a> {
    /// `cluster/src`.
    pub folder: &'a str,
    /// From the top down. Each text has the modules of one floor, separated by spaces. The folder's own file, such as
    /// `lib.rs`, is above all floors unless it is listed.
    pub floors: &'a [&'a str],
}

/// Lists imports from a lower to a higher floor, modules without a floor, and names on floors that are not modules.
pub fn layer_violations(imports: &Imports, floors: &Layers) -> Vec<String> {
    let mut floor_of: BTreeMap<&str, usize> = BTreeMap::new();
    for (floor, names) in floors.floors.iter().enumerate() {
        floor_of.extend(names.split_whitespace().map(|name| (name, floor)));
    }
    let mut found = Vec::new();
    let modules = modules_of(imports, floors.folder);
    let nameless = modules.iter().filter(|name| !name.ends_with(".rs") && !floor_of.contains_key(name.as_str()));
    found.extend(nameless.map(|name| format!("{}: {name} has no floor", floors.folder)));
    let gone = floor_of.keys().filter(|name| !modules.contains(**name));
    found.extend(gone.map(|name| format!("{}: {name} has a floor but is not a module", floors.folder)));
    for lifted in lifted(imports).iter().filter(|lifted| lifted.folder == floors.folder) {
        let floor = |name: &str| floor_of.get(name).copied();
        let (from, to) = (floor(&lifted.from), floor(&lifted.to));
        // Modules without a floor are reported above, except the folder's own file. An import of that file goes
        // upwards.
        let upwards = match (from, to) {
            (Some(from), Some(to)) => to < from,
            (Some(_), None) => lifted.to.ends_with(".rs"),
            (None, _) => false,
        };
        if upwards {
            found.push(format!("{} is below {}: {}", lifted.from, lifted.to, lifted.edge));
        }
    }
    found
}

/// A proposal for [`Layers::floors`]: each module as high as the imports allow. Modules in a cycle, and those below
/// them, form the last floor.
pub fn proposed_floors(imports: &Imports, folder: &str) -> Vec<String> {
    let mut left = modules_of(imports, folder);
    let lifted: Vec<_> = lifted(imports).into_iter().filter(|lifted| lifted.folder == folder).collect();
    let mut floors = Vec::new();
    while !left.is_empty() {
        let is_imported = |name: &String| lifted.iter().any(|lifted| lifted.to == *name && left.contains(&lifted.from));
        let (below, top): (BTreeSet<String>, BTreeSet<String>) = left.iter().cloned().partition(is_imported);
        let (floor, rest) = if top.is_empty() { (below, BTreeSet::new()) } else { (top, below) };
        floors.push(Vec::from_iter(floor).join(" "));
        left = rest;
    }
    floors
}
