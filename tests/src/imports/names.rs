//! The names that a module, or a block within a function, brings into scope.

use std::collections::BTreeMap;

use syn::{Attribute, ForeignItem, Item, ItemUse, UseTree, Visibility};

/// A module's place among all of its target.
pub type ModuleId = usize;

/// A path as it is written: `crate::raft::Group` is `["crate", "raft", "Group"]`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NamePath {
    /// `::name`: of another crate, whatever is in scope.
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

/// What a name stands for where it was brought into scope. One name may stand for a module, a type and a function.
#[derive(Clone, Debug)]
pub enum Binding {
    Module(ModuleId),
    /// Defined here.
    Item,
    Import(NamePath),
}

/// One name, or everything (`*`), that a `use` takes from somewhere.
pub struct Imported {
    pub path: NamePath,
    /// `pub use`, `pub(crate) use`: hands on, and imports only if the code uses the name.
    pub hands_on: bool,
    pub everything: bool,
}

#[derive(Default)]
pub struct Names {
    bound: BTreeMap<String, Vec<Binding>>,
    /// `use x::*`.
    pub globs: Vec<NamePath>,
    pub imported: Vec<Imported>,
    /// Names of macros that are defined here, which are seen below without an import.
    pub macros: Vec<String>,
    /// A macro makes items here: any name may be among them.
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
        let hands_on = match &item.vis {
            Visibility::Inherited => false,
            Visibility::Restricted(restricted) => !restricted.path.is_ident("self"),
            Visibility::Public(_) => true,
        };
        let start = NamePath { leading_colon: item.leading_colon.is_some(), segments: Vec::new() };
        self.import_tree(start, &item.tree, hands_on);
    }

    fn import_tree(&mut self, mut path: NamePath, tree: &UseTree, hands_on: bool) {
        let (name, bound) = match tree {
            UseTree::Path(step) => {
                path.segments.push(step.ident.to_string());
                return self.import_tree(path, &step.tree, hands_on);
            }
            UseTree::Group(group) => {
                return group.items.iter().for_each(|tree| self.import_tree(path.clone(), tree, hands_on));
            }
            UseTree::Glob(_) => {
                self.globs.push(path.clone());
                return self.imported.push(Imported { path, hands_on, everything: true });
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
        self.imported.push(Imported { path, hands_on, everything: false });
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
