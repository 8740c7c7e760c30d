//! Cargo in the scratch copy.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::ensure;
use tokio::process::Command;

use super::subprocess::{self, tail};

/// RocksDB alone takes twenty minutes on two cores.
pub(super) const BUILT_WITHIN: Duration = Duration::from_secs(2 * 3_600);

/// The copy and the folder it is built in.
pub(super) struct CopyCargo {
    pub copy: PathBuf,
    pub target: PathBuf,
}

impl CopyCargo {
    /// Where `keyrackd` and `keyrack` are.
    pub fn binaries(&self) -> PathBuf {
        self.target.join("release")
    }

    /// A cargo in the copy.
    pub fn command(&self) -> Command {
        let mut cargo = Command::new("cargo");
        cargo.current_dir(&self.copy).env("CARGO_TARGET_DIR", &self.target).env_remove("KEYRACK_PLANTED_BUG");
        // Those of a cargo that runs this program would be believed.
        for (variable, _) in std::env::vars_os() {
            if variable.to_string_lossy().starts_with("CARGO_PKG_") || variable == "CARGO_MANIFEST_DIR" {
                cargo.env_remove(variable);
            }
        }
        cargo
    }

    /// The arguments of the whole workspace's tests: another choice of packages would compile RocksDB anew.
    pub fn tests(&self) -> [&'static str; 4] {
        ["nextest", "run", "--release", "--workspace"]
    }

    /// Runs cargo, which must succeed.
    pub async fn run<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> anyhow::Result<()> {
        let mut cargo = self.command();
        cargo.args(arguments);
        build(cargo).await
    }
}

/// Runs a cargo that builds.
///
/// # Errors
/// The end of what it wrote, when it fails.
pub(super) async fn build(cargo: Command) -> anyhow::Result<()> {
    let ended = subprocess::run(cargo, BUILT_WITHIN).await?;
    ensure!(ended.status.is_some_and(|status| status.success()), "the copy does not build:\n{}", tail(&ended.output, 30));
    Ok(())
}
