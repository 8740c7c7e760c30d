//! Reads which file of a crate imports which, so that a test can keep imports running downwards.
//!
//! A crate's modules are read with a real parser. File A imports file B when A uses a name that B defines, whether A
//! names it in a `use`, by a path in the code, or in the arguments of a macro. Names are followed through re-exports
//! to the file that defines them: `mod x;` and `pub use` are no imports themselves, so a `mod.rs` that only declares
//! and re-exports imports nothing. Code under `#[cfg(test)]` is left out.
//!
//! Three things can be asked of the result, [`Imports`]: circles among files, circles among the modules of one folder
//! (a folder counts as one, see `levels.rs`), and imports that run against a declared order of modules (`floors.rs`).
//! What cannot be seen without a compiler is a trait whose methods are called without naming the trait in that file.
//!
//! Start with `package.rs` (what is read), then `tree.rs` (modules), `resolve.rs` (names) and `walk.rs` (uses).

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
pub use floors::{Floors, against_the_floors, proposed_floors};
pub use levels::{folder_circles, folders};
pub use package::{Package, packages};

/// The circles among the files of a package, one text each: the files, then an import a line.
pub fn file_circles(imports: &Imports) -> Vec<String> {
    let edges: Vec<&Edge> = imports.edges.iter().collect();
    levels::among_files(&edges).iter().map(ToString::to_string).collect()
}
