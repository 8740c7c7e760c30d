//! Finds the built `keyrackd` and `keyrack`.

use std::path::PathBuf;
use std::process::Command;

/// The path of a built binary. Panics if it is missing and says how to build it: a test that cannot run must not pass.
pub fn binary(name: &str) -> PathBuf {
    let folder = match std::env::var_os("KEYRACK_BIN_DIR") {
        Some(folder) => PathBuf::from(folder),
        // The test executable is target/release/deps/<test>-<hash>.
        None => {
            let test = std::env::current_exe().unwrap();
            test.parent().and_then(|deps| deps.parent()).unwrap().to_path_buf()
        }
    };
    let path = folder.join(name);
    assert!(path.is_file(), "{} is missing: build it with `cargo build --release`, or set KEYRACK_BIN_DIR", path.display());
    path
}

/// The one variable that is passed on. It selects the planted bug that the tests must find. Shipped binaries ignore it.
const PLANTED: &str = "KEYRACK_PLANTED_BUG";

/// A command for a binary, without the KEYRACK_ variables of the test's environment: they would override the settings
/// under test.
pub fn command(name: &str) -> Command {
    let mut command = Command::new(binary(name));
    for (variable, _) in std::env::vars_os() {
        if variable.to_string_lossy().starts_with("KEYRACK_") && variable != PLANTED {
            command.env_remove(variable);
        }
    }
    command
}
