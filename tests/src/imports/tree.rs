//! The modules of one target and their files.

use std::collections::BTreeMap;

use syn::{Attribute, Expr, Item, ItemMod, Lit, Meta};

use super::names::{self, ModuleId, Names};
use super::package::Texts;

pub struct Module {
    /// The file with its code. An inline module is in its parent's file.
    pub file: String,
    pub parent: Option<ModuleId>,
    /// Has its own file, so it is not written as `mod x { .. }`.
    pub owns_file: bool,
    /// The names it declares and imports.
    pub names: Names,
    /// Its code, without code that is compiled only for tests.
    pub items: Vec<Item>,
}

/// All modules of one target; the root is the first.
pub struct Tree {
    pub modules: Vec<Module>,
}

impl Tree {
    /// Reads a target from its root file. Panics if a module has no file or a file is not valid Rust.
    pub fn read(root: &str, texts: &Texts) -> Tree {
        let mut tree = Tree { modules: Vec::new() };
        let folder = parent_folder(root).to_string();
        tree.add_file(root, None, &folder, texts);
        tree
    }

    /// The module of each file.
    pub fn by_file(&self) -> BTreeMap<&str, ModuleId> {
        let owners = self.modules.iter().enumerate().filter(|(_, module)| module.owns_file);
        owners.map(|(id, module)| (module.file.as_str(), id)).collect()
    }

    /// The modules from the root down to this one.
    pub fn line_of(&self, id: ModuleId) -> Vec<ModuleId> {
        let mut line: Vec<ModuleId> = std::iter::successors(Some(id), |id| self.modules[*id].parent).collect();
        line.reverse();
        line
    }

    /// `children` is the folder with the files of the module's submodules.
    fn add_file(&mut self, file: &str, parent: Option<ModuleId>, children: &str, texts: &Texts) -> ModuleId {
        let text = texts.get(file).unwrap_or_else(|| panic!("{file} is not among the sources that were read"));
        let parsed = syn::parse_file(text).unwrap_or_else(|e| panic!("{file} cannot be parsed: {e}"));
        self.add(file, parent, true, parsed.items, children, texts)
    }

    fn add(
        &mut self,
        file: &str,
        parent: Option<ModuleId>,
        owns_file: bool,
        items: Vec<Item>,
        children: &str,
        texts: &Texts,
    ) -> ModuleId {
        let id = self.modules.len();
        let shipped = items.into_iter().filter(|item| !only_for_tests(names::attributes(item)));
        let (declared, items): (Vec<Item>, Vec<Item>) = shipped.partition(|item| matches!(item, Item::Mod(_)));
        let names = Names::of(&items);
        self.modules.push(Module { file: file.to_string(), parent, owns_file, names, items });
        for item in declared {
            let Item::Mod(item) = item else { unreachable!("this list has only modules") };
            let name = item.ident.to_string();
            let child = self.add_child(id, item, children, texts);
            self.modules[id].names.add_module(name, child);
        }
        id
    }

    fn add_child(&mut self, parent: ModuleId, item: ItemMod, folder: &str, texts: &Texts) -> ModuleId {
        let file = self.modules[parent].file.clone();
        let path = path_attribute(&item.attrs);
        let name = item.ident.to_string();
        if let Some((_, items)) = item.content {
            let inner = joined(folder, path.as_deref().unwrap_or(&name));
            return self.add(&file, Some(parent), false, items, &inner, texts);
        }
        if let Some(path) = path {
            // A path attribute is relative to the folder of the file. The file it names has its submodules beside it.
            let base = if self.modules[parent].owns_file { parent_folder(&file) } else { folder };
            let named = joined(base, &path);
            let children = parent_folder(&named).to_string();
            return self.add_file(&named, Some(parent), &children, texts);
        }
        let (beside, below) = (joined(folder, &format!("{name}.rs")), joined(folder, &format!("{name}/mod.rs")));
        let found = if texts.contains_key(&beside) { beside } else { below };
        assert!(texts.contains_key(&found), "{file} declares the module {name}, which has no file");
        self.add_file(&found, Some(parent), &joined(folder, &name), texts)
    }
}

/// `#[cfg(test)]`, or an `all` or `any` that holds only in tests.
pub fn only_for_tests(attributes: &[Attribute]) -> bool {
    let conditions = attributes.iter().filter(|attribute| attribute.path().is_ident("cfg"));
    conditions.filter_map(|attribute| attribute.parse_args::<Meta>().ok()).any(|condition| needs_test(&condition))
}

fn needs_test(condition: &Meta) -> bool {
    let Meta::List(list) = condition else { return condition.path().is_ident("test") };
    let parts = list.parse_args_with(syn::punctuated::Punctuated::<Meta, syn::Token![,]>::parse_terminated);
    let parts = parts.map(Vec::from_iter).unwrap_or_default();
    match () {
        () if list.path.is_ident("all") => parts.iter().any(needs_test),
        () if list.path.is_ident("any") => !parts.is_empty() && parts.iter().all(needs_test),
        () => false,
    }
}

fn path_attribute(attributes: &[Attribute]) -> Option<String> {
    let attribute = attributes.iter().find(|attribute| attribute.path().is_ident("path"))?;
    let Meta::NameValue(pair) = &attribute.meta else { return None };
    let Expr::Lit(literal) = &pair.value else { return None };
    let Lit::Str(path) = &literal.lit else { return None };
    Some(path.value())
}

fn parent_folder(file: &str) -> &str {
    file.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// Joins two paths and resolves `..`.
fn joined(folder: &str, below: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in below.split('/') {
        match part {
            ".." => drop(parts.pop()),
            "." | "" => {}
            part => parts.push(part),
        }
    }
    parts.join("/")
}
