//! Finds the names that one module's code uses: walks its items and resolves every path in them.

use std::collections::BTreeSet;

use syn::visit::{self, Visit};
use syn::{Attribute, Block, ImplItem, Item, Macro, Meta, Pat, Stmt};

use super::names::{Imported, NamePath, Names, attributes};
use super::resolve::{Found, Place, Resolver};
use super::scopes::Scopes;
use super::tokens;
use super::tree::only_for_tests;

/// The names that a module uses from other modules.
#[derive(Default)]
pub struct Uses {
    /// The defining module, and the name that is used.
    pub items: BTreeSet<(Place, String)>,
    /// Paths that begin in this package and do not resolve. Either the code does not compile or this reader misses
    /// something.
    pub unresolved: BTreeSet<String>,
}

pub fn uses_of(resolver: &Resolver, from: Place) -> Uses {
    let module = &resolver.targets[from.target].modules[from.module];
    let mut walker = Walker { resolver, from, scopes: Scopes::default(), variables: Vec::new(), uses: Uses::default() };
    walker.imports(&module.names.imported);
    for item in &module.items {
        walker.visit_item(item);
    }
    walker.uses
}

struct Walker<'a> {
    resolver: &'a Resolver<'a>,
    from: Place,
    scopes: Scopes,
    /// The variables of the functions around the current position.
    variables: Vec<BTreeSet<String>>,
    uses: Uses,
}

impl Walker<'_> {
    /// A `use` imports the item it names, even if the code never names it again, as with a trait. For a module imported
    /// as a whole, only the items that are used through it count.
    fn imports(&mut self, imported: &[Imported]) {
        for import in imported.iter().filter(|import| !import.is_reexport) {
            self.path(&import.path, !import.everything);
        }
    }

    fn path(&mut self, path: &NamePath, must_resolve: bool) {
        if self.is_variable(path) {
            return;
        }
        let meanings = self.scopes.seen_from_outside(path);
        for meaning in &meanings {
            let found = self.resolver.resolve(self.from, meaning);
            if found.is_empty() && must_resolve && Resolver::is_ours(meaning) && meanings.len() == 1 {
                self.uses.unresolved.insert(meaning.segments.join("::"));
            }
            for found in found {
                if let Found::Item(place) = found {
                    self.uses.items.insert((place, used_name(self.resolver, place, path)));
                }
            }
        }
    }

    fn is_variable(&self, path: &NamePath) -> bool {
        path.segments.len() == 1 && self.variables.iter().any(|names| names.contains(&path.segments[0]))
    }

    fn within_function(&mut self, variables: Variables, walk: impl FnOnce(&mut Self)) {
        self.variables.push(variables.names);
        walk(self);
        self.variables.pop();
    }

    fn tokens(&mut self, tokens: proc_macro2::TokenStream) {
        for found in tokens::paths(tokens) {
            if found.is_surely_a_name {
                self.path(&found.path, false);
            }
        }
    }

    /// `#[serde(with = "crate::hex")]` names a function or a module with two functions.
    fn text_path(&mut self, text: &str) {
        let Ok(path) = syn::parse_str::<syn::Path>(text) else { return };
        let path = NamePath::of(&path);
        self.path(&path, false);
        for found in self.resolver.resolve(self.from, &path) {
            if let Found::Module(place) = found {
                self.uses.items.insert((place, path.last().to_string()));
            }
        }
    }
}

/// The name in the module that defines the item. If the path continues after the item, this is not the last segment.
fn used_name(resolver: &Resolver, place: Place, path: &NamePath) -> String {
    let names = &resolver.targets[place.target].modules[place.module].names;
    let defined = path.segments.iter().rev().find(|segment| !names.bindings(segment).is_empty());
    defined.map_or_else(|| path.last().to_string(), String::clone)
}

impl<'ast> Visit<'ast> for Walker<'_> {
    fn visit_item(&mut self, item: &'ast Item) {
        if only_for_tests(attributes(item)) || matches!(item, Item::Use(_) | Item::Mod(_)) {
            return;
        }
        visit::visit_item(self, item);
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        let variables = Variables::of(|variables| variables.visit_item_fn(item));
        self.within_function(variables, |walker| visit::visit_item_fn(walker, item));
    }

    fn visit_impl_item(&mut self, item: &'ast ImplItem) {
        let attributes = match item {
            ImplItem::Fn(item) => &item.attrs,
            ImplItem::Const(item) => &item.attrs,
            ImplItem::Type(item) => &item.attrs,
            _ => return visit::visit_impl_item(self, item),
        };
        if !only_for_tests(attributes) {
            let variables = Variables::of(|variables| variables.visit_impl_item(item));
            self.within_function(variables, |walker| visit::visit_impl_item(walker, item));
        }
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        let variables = Variables::of(|variables| variables.visit_trait_item_fn(item));
        self.within_function(variables, |walker| visit::visit_trait_item_fn(walker, item));
    }

    fn visit_block(&mut self, block: &'ast Block) {
        let items = block.stmts.iter().filter_map(|statement| match statement {
            Stmt::Item(item) if !only_for_tests(attributes(item)) => Some(item),
            _ => None,
        });
        let mut names = Names::of(items);
        let imported = std::mem::take(&mut names.imported);
        // A block's imports are resolved outside the block, unless another import of the block brings in their first
        // name.
        self.scopes.enter(names);
        for import in imported.iter().filter(|import| !import.is_reexport) {
            let binds_itself = import.path.segments.len() == 1;
            if !binds_itself {
                self.path(&import.path, !import.everything);
            }
        }
        visit::visit_block(self, block);
        self.scopes.leave();
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        self.path(&NamePath::of(path), true);
        visit::visit_path(self, path);
    }

    fn visit_pat_ident(&mut self, pattern: &'ast syn::PatIdent) {
        // A constant, or a new variable.
        let name = pattern.ident.to_string();
        if name.starts_with(|c: char| c.is_uppercase()) {
            self.path(&NamePath { leading_colon: false, segments: vec![name] }, false);
        }
        visit::visit_pat_ident(self, pattern);
    }

    fn visit_macro(&mut self, item: &'ast Macro) {
        let name = NamePath::of(&item.path);
        self.path(&name, true);
        if let [name] = name.segments.as_slice()
            && let Some(place) = self.resolver.macro_above(self.from, name)
        {
            self.uses.items.insert((place, format!("{name}!")));
        }
        self.tokens(item.tokens.clone());
    }

    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        let known = ["doc", "cfg", "cfg_attr", "allow", "expect", "path"];
        if known.iter().any(|name| attribute.path().is_ident(name)) {
            return;
        }
        let Meta::List(list) = &attribute.meta else { return };
        self.tokens(list.tokens.clone());
        if attribute.path().is_ident("serde") {
            for token in list.tokens.clone() {
                if let proc_macro2::TokenTree::Literal(literal) = token
                    && let Ok(text) = syn::parse_str::<syn::LitStr>(&literal.to_string())
                {
                    self.text_path(&text.value());
                }
            }
        }
    }

    /// `pub(in crate::raft)` restricts visibility and imports nothing.
    fn visit_visibility(&mut self, _: &'ast syn::Visibility) {}
}

/// The variables of a function. A lower-case word that names a variable is not a path.
#[derive(Default)]
struct Variables {
    names: BTreeSet<String>,
}

impl Variables {
    fn of(collect: impl FnOnce(&mut Variables)) -> Variables {
        let mut variables = Variables::default();
        collect(&mut variables);
        variables
    }
}

impl<'ast> Visit<'ast> for Variables {
    fn visit_pat(&mut self, pattern: &'ast Pat) {
        if let Pat::Ident(variable) = pattern {
            let name = variable.ident.to_string();
            if !name.starts_with(|c: char| c.is_uppercase()) {
                self.names.insert(name);
            }
        }
        visit::visit_pat(self, pattern);
    }
}
