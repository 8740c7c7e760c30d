//! Finds out which file of a crate imports which, so that a test can enforce the order of modules.
//!
//! The sources are parsed with `syn`. File A imports file B if A uses a name that B defines: in a `use`, in a path, or
//! in the arguments of a macro. Names are followed through re-exports to the file that defines them. `mod x;` and `pub
//! use` are not imports, so a `mod.rs` that only declares and re-exports imports nothing. Code under `#[cfg(test)]` is
//! skipped.
//!
//! The result, [`Imports`], answers three questions: which files form cycles, which modules of one folder form cycles
//! (a subfolder counts as one module, see `levels.rs`), and which imports go against a declared order of modules
//! (`floors.rs`). One kind of use needs a compiler and is missed: methods of a trait that the file does not name.
//!
//! Start with `package.rs` (sources), then `tree.rs` (modules), `resolve.rs` (names) and `walk.rs` (uses).

mod circles;
mod edges;
mod floors;
mod levels;
mod names;
mod package;
#[cfg(test)]
mod planted;
mod resolve;
mod scopes;
mod tokens;
mod tree;
mod walk;

pub use edges::{Edge, Imports, imports_of};
pub use floors::{Layers, layer_violations, proposed_floors};
pub use levels::{folder_cycles, folders};
pub use package::{Package, packages};

/// The cycles among the files of a package. Each text has the files in one line, then one import a line.
pub fn file_cycles(imports: &Imports) -> Vec<String> {
    let edges: Vec<&Edge> = imports.edges.iter().collect();
    levels::among_files(&edges).iter().map(ToString::to_string).collect()
}
