//! Third-party programs that check what Keyrack serves. `tests/verifiers` lists and installs them.

use std::path::PathBuf;

/// The path of a verifier. If it is not installed, prints so and returns None. In continuous integration (`CI` is set)
/// it panics.
pub fn installed_verifier(name: &str) -> Option<PathBuf> {
    // The test executable is target/release/deps/<test>-<hash>.
    let test = std::env::current_exe().unwrap();
    let program = test.ancestors().nth(3).unwrap().join("verifiers").join(name);
    if program.is_file() {
        return Some(program);
    }
    let missing = format!("{} is missing: run tests/verifiers/install", program.display());
    assert!(std::env::var_os("CI").is_none(), "{missing}");
    println!("skipped: {missing}");
    None
}
