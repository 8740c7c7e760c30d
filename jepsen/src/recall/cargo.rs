//! Runs cargo in the scratch copy.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, ensure};
use tokio::process::Command;

use super::subprocess::{self, tail};

/// The time limit of a build. RocksDB alone takes twenty minutes on two cores.
pub(super) const BUILT_WITHIN: Duration = Duration::from_secs(2 * 3_600);

/// The copy and the folder it is built in.
pub(super) struct CopyCargo {
    pub copy: PathBuf,
    pub target: PathBuf,
}

impl CopyCargo {
    /// The folder of `keyrackd` and `keyrack`.
    pub fn binaries(&self) -> PathBuf {
        self.target.join("release")
    }

    /// A cargo command in the copy.
    pub fn command(&self) -> Command {
        let mut cargo = Command::new("cargo");
        cargo.current_dir(&self.copy).env("CARGO_TARGET_DIR", &self.target).env_remove("KEYRACK_PLANTED_BUG");
        // If cargo runs this program, it has set these variables for another package.
        for (variable, _) in std::env::vars_os() {
            if variable.to_string_lossy().starts_with("CARGO_PKG_") || variable == "CARGO_MANIFEST_DIR" {
                cargo.env_remove(variable);
            }
        }
        cargo
    }

    /// The arguments that test the whole workspace. A subset of the packages could compile RocksDB again.
    pub fn tests(&self) -> [&'static str; 4] {
        ["nextest", "run", "--release", "--workspace"]
    }

    /// Runs a cargo command that builds.
    pub async fn run<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> anyhow::Result<()> {
        let mut cargo = self.command();
        cargo.args(arguments);
        build(cargo).await
    }
}

/// Runs a cargo command that builds.
///
/// # Errors
/// If it fails. The error has the last 30 lines of its output.
pub(super) async fn build(cargo: Command) -> anyhow::Result<()> {
    let ended = subprocess::run(cargo, BUILT_WITHIN).await?;
    let limit = BUILT_WITHIN.as_secs();
    let status = ended.status.with_context(|| format!("the copy was not built within {limit} s"))?;
    ensure!(status.success(), "the copy does not build ({status}):\n{}", tail(&ended.output, 30));
    Ok(())
}
