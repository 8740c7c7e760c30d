//! Resolves a path through modules, imports and re-exports to the item it names.

use std::collections::BTreeSet;

use super::names::{Binding, ModuleId, NamePath};
use super::tree::Tree;

/// A module of one of the package's targets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub target: usize,
    pub module: ModuleId,
}

/// The meaning of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    Module(Place),
    /// Something that the module defines.
    Item(Place),
    /// From another crate, or part of the language.
    Outside,
}

/// The targets of one package; the library, if there is one, comes first.
pub struct Resolver<'a> {
    pub targets: &'a [Tree],
    /// The name of the library in the binaries.
    pub library: &'a str,
}

/// Imports that are being followed. They stop endless recursion: a name may import itself from elsewhere (`use
/// audit::audit`).
type Following = BTreeSet<(Place, NamePath)>;

impl Resolver<'_> {
    /// The meanings of a path that is written in `from`. Empty if it does not resolve. A path that continues after an
    /// item (`Kind::Variant`) names the item.
    pub fn resolve(&self, from: Place, path: &NamePath) -> Vec<Found> {
        self.follow(from, path, &mut Following::new())
    }

    /// Whether the first word shows that a path begins in this package. Such a path must resolve.
    pub fn is_ours(path: &NamePath) -> bool {
        !path.leading_colon && matches!(path.segments[0].as_str(), "crate" | "self" | "super")
    }

    /// The module, `from` or one above it, that defines a macro by example. Modules below see the macro without an
    /// import.
    pub fn macro_above(&self, from: Place, name: &str) -> Option<Place> {
        let modules = &self.targets[from.target].modules;
        let above = std::iter::successors(Some(from.module), |id| modules[*id].parent);
        let mut defining = above.filter(|id| modules[*id].names.macros.iter().any(|defined| defined == name));
        defining.next().map(|module| Place { module, ..from })
    }

    fn follow(&self, from: Place, path: &NamePath, following: &mut Following) -> Vec<Found> {
        let mut rest = path.segments.iter().map(String::as_str).peekable();
        let mut found = match rest.next() {
            Some(first) if path.leading_colon => self.crate_named(first),
            Some("crate" | "$crate") => vec![Found::Module(Place { module: 0, ..from })],
            Some("self") => vec![Found::Module(from)],
            Some("super") => {
                let mut place = self.parent(from);
                while rest.next_if_eq(&"super").is_some() {
                    place = place.and_then(|place| self.parent(place));
                }
                place.map(Found::Module).into_iter().collect()
            }
            Some(first) => self.in_scope(from, first, following),
            None => Vec::new(),
        };
        for segment in rest {
            let modules: Vec<Place> = found.iter().filter_map(Found::module).collect();
            // The segments after an item are its variants, methods or constants.
            if modules.is_empty() {
                return found;
            }
            found = modules.into_iter().flat_map(|module| self.member(module, segment, following)).collect();
        }
        if found.iter().any(|found| matches!(found, Found::Item(_))) {
            found.retain(|found| matches!(found, Found::Item(_)));
        }
        found
    }

    fn parent(&self, place: Place) -> Option<Place> {
        let parent = self.targets[place.target].modules[place.module].parent;
        parent.map(|module| Place { module, ..place })
    }

    fn in_scope(&self, from: Place, name: &str, following: &mut Following) -> Vec<Found> {
        let found = self.named(from, name, following);
        if found.is_empty() { self.crate_named(name) } else { found }
    }

    fn crate_named(&self, name: &str) -> Vec<Found> {
        vec![if name == self.library { Found::Module(Place { target: 0, module: 0 }) } else { Found::Outside }]
    }

    /// `module::name`. A name that is not visible there may come from a macro.
    fn member(&self, module: Place, name: &str, following: &mut Following) -> Vec<Found> {
        let found = self.named(module, name, following);
        let made_by_macro = found.is_empty() && self.targets[module.target].modules[module.module].names.makes_items;
        if made_by_macro { vec![Found::Item(module)] } else { found }
    }

    /// The meanings of a name in the scope of a module.
    fn named(&self, place: Place, name: &str, following: &mut Following) -> Vec<Found> {
        let names = &self.targets[place.target].modules[place.module].names;
        let mut found = Vec::new();
        for binding in names.bindings(name) {
            match binding {
                Binding::Module(module) => found.push(Found::Module(Place { module: *module, ..place })),
                Binding::Item => found.push(Found::Item(place)),
                Binding::Import(path) => {
                    found.extend(self.once(place, path, following, |resolver, following| resolver.follow(place, path, following)))
                }
            }
        }
        if !found.is_empty() || !names.bindings(name).is_empty() {
            return found;
        }
        for glob in &names.globs {
            let mut key = glob.clone();
            key.segments.extend(["*".to_string(), name.to_string()]);
            found.extend(self.once(place, &key, following, |resolver, following| {
                let from = resolver.follow(place, glob, following);
                from.iter().flat_map(|found| resolver.through_glob(found, name, following)).collect()
            }));
        }
        // Another crate's `*` may hold any name, so a match in this package is the better guess.
        if found.iter().any(|found| *found != Found::Outside) {
            found.retain(|found| *found != Found::Outside);
        }
        found
    }

    fn through_glob(&self, from: &Found, name: &str, following: &mut Following) -> Vec<Found> {
        match from {
            Found::Module(place) => self.named(*place, name, following),
            Found::Outside => vec![Found::Outside],
            // The variants of an enum.
            Found::Item(_) => Vec::new(),
        }
    }

    /// Follows an import unless it is already being followed.
    fn once(
        &self,
        place: Place,
        path: &NamePath,
        following: &mut Following,
        follow: impl FnOnce(&Self, &mut Following) -> Vec<Found>,
    ) -> Vec<Found> {
        let key = (place, path.clone());
        if !following.insert(key.clone()) {
            return Vec::new();
        }
        let found = follow(self, following);
        following.remove(&key);
        found
    }
}

impl Found {
    fn module(&self) -> Option<Place> {
        match self {
            Found::Module(place) => Some(*place),
            Found::Item(_) | Found::Outside => None,
        }
    }
}
