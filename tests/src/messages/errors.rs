//! The errors and notes of the programs and libraries: `#[error("...")]` everywhere, and every text in the folders
//! `messages` of the programs.

use std::fmt::Write;
use std::path::Path;

use syn::visit::{self, Visit};

use crate::sizes::rust_files;

/// The crates with errors that a person can see, and the folder with the texts of each program.
const CRATES: [&str; 8] = ["cli", "node", "client", "cluster", "pki", "os-error", "merkle", "inventory"];
const FOLDERS: [&str; 2] = ["cli/src/messages", "node/src/messages"];

pub fn section(workspace: &Path) -> String {
    let mut page = String::new();
    for name in CRATES {
        let mut texts: Vec<(String, Vec<String>)> = Vec::new();
        for file in rust_files(workspace, &format!("{name}/src")) {
            let parsed = syn::parse_file(&file.text).unwrap_or_else(|cause| panic!("{}: {cause}", file.path));
            let mut found = Texts { all: FOLDERS.iter().any(|folder| file.path.starts_with(folder)), texts: Vec::new() };
            found.visit_file(&parsed);
            if !found.texts.is_empty() {
                texts.push((file.path, found.texts));
            }
        }
        texts.sort();
        let _ = write!(page, "## Messages in {name}\n\n");
        for (path, texts) in texts {
            let _ = write!(page, "### {path}\n\n");
            texts.iter().for_each(|text| _ = writeln!(page, "- {}", text.split_whitespace().collect::<Vec<_>>().join(" ")));
            page.push('\n');
        }
    }
    page.trim_end().to_owned() + "\n"
}

struct Texts {
    /// Every sentence of the file, not only those of error types.
    all: bool,
    texts: Vec<String>,
}

impl<'ast> Visit<'ast> for Texts {
    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        if module.ident != "tests" {
            visit::visit_item_mod(self, module);
        }
    }

    fn visit_attribute(&mut self, attribute: &'ast syn::Attribute) {
        let syn::Meta::List(list) = &attribute.meta else { return };
        if attribute.path().is_ident("error") {
            self.texts.extend(list.tokens.clone().into_iter().find_map(|token| literal(&token.to_string())));
        }
    }

    fn visit_lit_str(&mut self, text: &'ast syn::LitStr) {
        self.add(text.value());
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        for token in call.tokens.clone() {
            if let Some(text) = literal(&token.to_string()) {
                self.add(text);
            }
        }
    }
}

impl Texts {
    fn add(&mut self, text: String) {
        if self.all && text.split_whitespace().count() > 1 {
            self.texts.push(text);
        }
    }
}

/// The value of a string literal.
fn literal(token: &str) -> Option<String> {
    syn::parse_str::<syn::LitStr>(token).ok().map(|text| text.value())
}
