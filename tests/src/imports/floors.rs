//! The declared order of the modules of a folder, from the top floor down.

use std::collections::{BTreeMap, BTreeSet};

use super::edges::Imports;
use super::levels::{lifted, modules_of};

/// Which modules of a folder may import which: those on a floor import from floors below it, and from each other
/// without a circle.
pub struct Floors<'a> {
    /// `cluster/src`.
    pub folder: &'a str,
    /// From the top down; the modules of one floor in one text, with spaces between. The folder's own file, such as
    /// `lib.rs`, is above all others unless it is named.
    pub floors: &'a [&'a str],
}

/// Imports from a lower to a higher floor; modules that have no floor; names on floors that are no module.
pub fn against_the_floors(imports: &Imports, floors: &Floors) -> Vec<String> {
    let mut floor_of: BTreeMap<&str, usize> = BTreeMap::new();
    for (floor, names) in floors.floors.iter().enumerate() {
        floor_of.extend(names.split_whitespace().map(|name| (name, floor)));
    }
    let mut found = Vec::new();
    let modules = modules_of(imports, floors.folder);
    let nameless = modules.iter().filter(|name| !name.ends_with(".rs") && !floor_of.contains_key(name.as_str()));
    found.extend(nameless.map(|name| format!("{}: {name} has no floor", floors.folder)));
    let gone = floor_of.keys().filter(|name| !modules.contains(**name));
    found.extend(gone.map(|name| format!("{}: {name} has a floor and is no module", floors.folder)));
    for lifted in lifted(imports).iter().filter(|lifted| lifted.folder == floors.folder) {
        let floor = |name: &str| floor_of.get(name).copied();
        let (from, to) = (floor(&lifted.from), floor(&lifted.to));
        // What has no floor was named above, but for the folder's own file: whatever imports that, imports upwards.
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

/// The modules of a folder from the top down, each as high as the imports allow: a proposal for [`Floors::floors`].
/// Modules in a circle, and what is below them, are the last floor.
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
