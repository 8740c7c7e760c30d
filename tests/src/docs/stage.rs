//! The folder in which a document's commands run.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::ports::Ports;
use crate::binary;
use crate::sources::workspace;

/// Files of the repository that documents name.
const LINKED: [&str; 3] = ["cli/samples", "deploy", "tests/verifiers"];
/// How deep the documents' settings files may be.
const DEPTH: usize = 3;

/// A temporary folder with the working folder, the programs and the shell's scripts.
pub struct Stage {
    folder: TempDir,
}

impl Stage {
    pub fn build(ports: &Ports) -> Stage {
        let folder = tempfile::Builder::new().prefix("keyrack-docs-").tempdir().unwrap();
        let stage = Stage { folder };
        for folder in [stage.home(), stage.scripts(), stage.programs()] {
            fs::create_dir_all(folder).unwrap();
        }
        for linked in LINKED {
            let link = stage.home().join(linked);
            fs::create_dir_all(link.parent().unwrap()).unwrap();
            symlink(workspace().join(linked), link).unwrap();
        }
        for program in ["keyrack", "keyrack-jepsen"] {
            symlink(binary(program), stage.programs().join(program)).unwrap();
        }
        let daemon = stage.programs().join("keyrackd");
        fs::write(&daemon, wrapper(&binary("keyrackd"), ports)).unwrap();
        fs::set_permissions(&daemon, fs::Permissions::from_mode(0o755)).unwrap();
        stage
    }

    /// The working folder.
    pub fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    pub fn scripts(&self) -> PathBuf {
        self.folder.path().join("scripts")
    }

    /// The first folder of the PATH.
    pub fn programs(&self) -> PathBuf {
        self.folder.path().join("programs")
    }

    /// Puts the test's ports into the settings files that the commands have written.
    pub fn use_test_ports(&self, ports: &Ports) {
        use_test_ports(&self.home(), ports, DEPTH);
    }
}

/// `keyrackd dev` listens on the test's ports unless the document names some.
fn wrapper(program: &Path, ports: &Ports) -> String {
    let (program, base) = (program.display(), ports.base());
    format!(
        "#!/bin/bash\n\
         if [ \"$1\" = dev ] && [[ \" $* \" != *\" --port-base \"* ]]; then\n    \
         exec '{program}' \"$@\" --port-base {base}\n\
         fi\n\
         exec '{program}' \"$@\"\n"
    )
}

fn use_test_ports(folder: &Path, ports: &Ports, depth: usize) {
    for path in fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()) {
        if path.is_symlink() {
            continue;
        }
        if path.is_dir() && depth > 0 {
            use_test_ports(&path, ports, depth - 1);
        } else if path.extension().is_some_and(|kind| kind == "toml")
            && let Ok(text) = fs::read_to_string(&path)
        {
            let changed = ports.of_test(&text);
            if changed != text {
                fs::write(&path, changed).unwrap();
            }
        }
    }
}
