//! Lists the import cycles of crates.
//!
//! ```text
//! cargo run --release --locked -p keyrack-tests --example imports -- [CRATE...] [--edges] [--floors]
//! ```
//! Without a name it lists all crates of the workspace: the one in the current folder, else the one of this source.
//! `--edges` also lists every import, one a line. `--floors` lists each folder's modules from the top floor down. The
//! exit code is 1 if there are cycles.

use std::process::ExitCode;

use keyrack_tests::imports::{file_cycles, folder_cycles, folders, imports_of, packages, proposed_floors};
use keyrack_tests::sources::workspace;

fn main() -> ExitCode {
    let (options, wanted): (Vec<String>, Vec<String>) = std::env::args().skip(1).partition(|word| word.starts_with("--"));
    let here = std::env::current_dir().expect("the current folder exists");
    let folder = if here.join("Cargo.lock").exists() { here } else { workspace() };
    let packages = packages(&folder);
    if let Some(unknown) = wanted.iter().find(|name| packages.iter().all(|package| package.folder != **name)) {
        eprintln!("no crate is in the folder {unknown}");
        return ExitCode::from(2);
    }
    let mut circles = 0;
    for package in packages.iter().filter(|package| wanted.is_empty() || wanted.contains(&package.folder)) {
        let imports = imports_of(package);
        if options.iter().any(|option| option == "--edges") {
            imports.edges.iter().for_each(|edge| println!("{edge}"));
        }
        if options.iter().any(|option| option == "--floors") {
            for folder in folders(&imports) {
                println!("{folder}: {:?}", proposed_floors(&imports, &folder));
            }
        }
        let (files, folders) = (file_cycles(&imports), folder_cycles(&imports));
        println!("{}: {} cycles among files, {} more among folders", package.folder, files.len(), folders.len());
        for (kind, found) in [("files", &files), ("folders", &folders)] {
            found.iter().for_each(|circle| println!("\n{kind}: {circle}"));
        }
        imports.unresolved.iter().for_each(|path| println!("\nunresolved: {path}"));
        println!();
        circles += files.len() + folders.len();
    }
    ExitCode::from(u8::from(circles > 0))
}
