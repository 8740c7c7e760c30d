//! The names that a module, or a block within a function, brings into scope.

use std::collections::BTreeMap;

use syn::{Attribute, ForeignItem, Item, ItemUse, UseTree, Visibility};

/// A module's index in its target.
pub type ModuleId = usize;

/// A path as it is written: `crate::raft::Group` is `["crate", "raft", "Group"]`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NamePath {
    /// `::name` belongs to another crate, even if the name is in scope.
    pub leading_colon: bool,
    pub segments: Vec<String>,
}

impl NamePath {
    pub fn of(path: &syn::Path) -> NamePath {
        let segments = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        NamePath { leading_colon: path.leading_colon.is_some(), segments }
    }

    pub fn last(&self) -> &str {
        self.segments.last().map_or("", String::as_str)
    }
}

/// What a name means where it is in scope. One name may mean a module, a type and a function.
#[derive(Clone, Debug)]
pub enum Binding {
    Module(ModuleId),
    /// Defined here.
    Item,
    Import(NamePath),
}

/// One name, or everything (`*`), that a `use` imports.
pub struct Imported {
    pub path: NamePath,
    /// `pub use` or `pub(crate) use`: a re-export. It counts as an import only if the code also uses the name.
    pub is_reexport: bool,
    pub everything: bool,
}

#[derive(Default)]
pub struct Names {
    bound: BTreeMap<String, Vec<Binding>>,
    /// `use x::*`.
    pub globs: Vec<NamePath>,
    pub imported: Vec<Imported>,
    /// Macros that are defined here. Modules below see them without an import.
    pub macros: Vec<String>,
    /// A macro creates items here, so any name may exist.
    pub makes_items: bool,
}

impl Names {
    pub fn of<'a>(items: impl IntoIterator<Item = &'a Item>) -> Names {
        let mut names = Names::default();
        for item in items {
            names.add(item);
        }
        names
    }

    pub fn bindings(&self, name: &str) -> &[Binding] {
        self.bound.get(name).map_or(&[], Vec::as_slice)
    }

    pub fn add_module(&mut self, name: String, module: ModuleId) {
        self.bound.entry(name).or_default().push(Binding::Module(module));
    }

    pub fn add(&mut self, item: &Item) {
        match item {
            Item::Const(item) => self.define(&item.ident),
            Item::Enum(item) => self.define(&item.ident),
            Item::Fn(item) => self.define(&item.sig.ident),
            Item::Static(item) => self.define(&item.ident),
            Item::Struct(item) => self.define(&item.ident),
            Item::Trait(item) => self.define(&item.ident),
            Item::TraitAlias(item) => self.define(&item.ident),
            Item::Type(item) => self.define(&item.ident),
            Item::Union(item) => self.define(&item.ident),
            Item::ForeignMod(block) => block.items.iter().for_each(|item| match item {
                ForeignItem::Fn(item) => self.define(&item.sig.ident),
                ForeignItem::Static(item) => self.define(&item.ident),
                ForeignItem::Type(item) => self.define(&item.ident),
                _ => {}
            }),
            Item::Macro(item) => match &item.ident {
                Some(name) => {
                    self.define(name);
                    self.macros.push(name.to_string());
                }
                None => self.makes_items = true,
            },
            Item::Use(item) => self.import(item),
            _ => {}
        }
    }

    fn define(&mut self, name: &syn::Ident) {
        self.bound.entry(name.to_string()).or_default().push(Binding::Item);
    }

    fn import(&mut self, item: &ItemUse) {
        let is_reexport = match &item.vis {
            Visibility::Inherited => false,
            Visibility::Restricted(restricted) => !restricted.path.is_ident("self"),
            Visibility::Public(_) => true,
        };
        let start = NamePath { leading_colon: item.leading_colon.is_some(), segments: Vec::new() };
        self.import_tree(start, &item.tree, is_reexport);
    }

    fn import_tree(&mut self, mut path: NamePath, tree: &UseTree, is_reexport: bool) {
        let (name, bound) = match tree {
            UseTree::Path(step) => {
                path.segments.push(step.ident.to_string());
                return self.import_tree(path, &step.tree, is_reexport);
            }
            UseTree::Group(group) => {
                return group.items.iter().for_each(|tree| self.import_tree(path.clone(), tree, is_reexport));
            }
            UseTree::Glob(_) => {
                self.globs.push(path.clone());
                return self.imported.push(Imported { path, is_reexport, everything: true });
            }
            UseTree::Name(name) => (name.ident.to_string(), name.ident.to_string()),
            UseTree::Rename(name) => (name.ident.to_string(), name.rename.to_string()),
        };
        // `use a::{self}` is `use a`.
        let bound = if bound == "self" { path.last().to_string() } else { bound };
        if name != "self" || path.segments.is_empty() {
            path.segments.push(name);
        }
        if bound != "_" {
            self.bound.entry(bound).or_default().push(Binding::Import(path.clone()));
        }
        self.imported.push(Imported { path, is_reexport, everything: false });
    }
}

pub fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::ExternCrate(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::ForeignMod(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::TraitAlias(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Union(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}
