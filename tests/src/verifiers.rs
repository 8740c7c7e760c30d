//! Programs that are not ours and judge what we serve: `tests/verifiers` says which, and how they are installed.

use std::path::PathBuf;

/// Where such a program is. None when it is not installed, which is said; in continuous integration it has to be.
pub fn installed_verifier(name: &str) -> Option<PathBuf> {
    // The test executable is target/release/deps/<test>-<hash>.
    let test = std::env::current_exe().unwrap();
    let program = test.ancestors().nth(3).unwrap().join("verifiers").join(name);
    if program.is_file() {
        return Some(program);
    }
    let missing = format!("{} is missing: tests/verifiers/install", program.display());
    assert!(std::env::var_os("CI").is_none(), "{missing}");
    println!("skipped: {missing}");
    None
}
