//! Measures the length of files and functions, for the test that keeps them short.

use std::path::Path;

use syn::visit::{self, Visit};

/// A Rust file and its path from the workspace.
pub struct RustFile {
    pub path: String,
    pub text: String,
}

/// Every Rust file of a crate, including tests, examples and benchmarks, without build output and hidden folders.
pub fn rust_files(workspace: &Path, room: &str) -> Vec<RustFile> {
    let mut files = Vec::new();
    collect(&workspace.join(room), workspace, &mut files);
    files
}

fn collect(folder: &Path, workspace: &Path, files: &mut Vec<RustFile>) {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|e| panic!("{} cannot be read: {e}", folder.display()));
    for path in entries.map(|entry| entry.unwrap().path()) {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if path.is_dir() {
            if name != "target" && !name.starts_with('.') {
                collect(&path, workspace, files);
            }
        } else if name.ends_with(".rs") {
            let relative = path.strip_prefix(workspace).unwrap().to_string_lossy().into_owned();
            files.push(RustFile { path: relative, text: std::fs::read_to_string(&path).unwrap() });
        }
    }
}

/// A function's place and the lines of its body, without the braces.
pub struct FunctionSize {
    /// `cluster/src/reads.rs:41`.
    pub place: String,
    pub name: String,
    pub lines: usize,
}

/// The functions of a source file, nested ones included. Panics if the file is not valid Rust.
pub fn functions_of(path: &str, text: &str) -> Vec<FunctionSize> {
    let file = syn::parse_file(text).unwrap_or_else(|e| panic!("{path} cannot be parsed: {e}"));
    let mut functions = Functions { path, found: Vec::new() };
    functions.visit_file(&file);
    functions.found
}

/// The quantile for `share`, from 0 to 1: that share of all values does not exceed it.
pub fn quantile(values: &[usize], share: f64) -> usize {
    assert!(!values.is_empty() && (0.0..=1.0).contains(&share));
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    let rank = (share * sorted.len() as f64).ceil() as usize;
    sorted[rank.max(1) - 1]
}

struct Functions<'a> {
    path: &'a str,
    found: Vec<FunctionSize>,
}

impl Functions<'_> {
    fn add(&mut self, name: &syn::Ident, body: &syn::Block) {
        let braces = body.brace_token.span;
        let (first, last) = (braces.open().start().line, braces.close().start().line);
        let place = format!("{}:{}", self.path, name.span().start().line);
        self.found.push(FunctionSize { place, name: name.to_string(), lines: (last - first).saturating_sub(1) });
    }
}

impl<'ast> Visit<'ast> for Functions<'_> {
    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.add(&item.sig.ident, &item.block);
        visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.add(&item.sig.ident, &item.block);
        visit::visit_impl_item_fn(self, item);
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        if let Some(body) = &item.default {
            self.add(&item.sig.ident, body);
        }
        visit::visit_trait_item_fn(self, item);
    }
}

#[cfg(test)]
mod tests {
    use super::{functions_of, quantile};

    #[test]
    fn bodies_are_counted_between_their_braces() {
        let text = "fn a() {}\nimpl X {\n  fn b(\n    x: u8,\n  ) {\n    one();\n    two();\n  }\n}\nfn c() {\n  fn d() {\n    1;\n  }\n}";
        let found = functions_of("x.rs", text);
        let found: Vec<(&str, &str, usize)> = found.iter().map(|f| (f.place.as_str(), f.name.as_str(), f.lines)).collect();
        assert_eq!(found, [("x.rs:1", "a", 0), ("x.rs:3", "b", 2), ("x.rs:10", "c", 3), ("x.rs:11", "d", 1)]);
    }

    #[test]
    fn quantiles_are_values_that_occur() {
        let values = [5, 1, 4, 2, 3, 6, 7, 8, 9, 10];
        assert_eq!([0.0, 0.5, 0.9, 1.0].map(|share| quantile(&values, share)), [1, 5, 9, 10]);
    }
}
