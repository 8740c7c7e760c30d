//! One build has all bugs.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{bail, ensure};
use tokio::process::Command;

use super::Layer;
use super::core_tests;
use super::outside::{self, tail};

/// RocksDB alone takes twenty minutes on two cores.
const WITHIN: Duration = Duration::from_secs(2 * 3_600);

/// The copy, built.
pub(super) struct Build {
    copy: PathBuf,
    target: PathBuf,
    /// The simulation, where this checkout has one and it builds; why not, otherwise.
    pub simulation: Result<PathBuf, String>,
    /// The pure tests that fail without any bug; why that is not known, otherwise.
    pub red: Result<Vec<String>, String>,
}

impl Build {
    /// Builds what the layers need.
    pub async fn make(copy: &Path, target: &Path, layers: &[Layer]) -> anyhow::Result<Build> {
        let not = || "not asked for".to_owned();
        let mut build = Build { copy: copy.into(), target: target.into(), simulation: Err(not()), red: Err(not()) };
        if layers.contains(&Layer::Processes) {
            // The whole workspace: another choice of packages is another choice of features, and RocksDB would be compiled anew.
            build.cargo(["build", "--release", "--workspace", "--bins"]).await?;
        }
        if layers.contains(&Layer::Core) {
            let arguments = [&["nextest", "run", "--no-run"], build.core_tests().as_slice()].concat();
            build.cargo(arguments).await?;
            build.red = core_tests::red(&build, WITHIN).await.map_err(|cause| format!("{cause:#}"));
        }
        if layers.contains(&Layer::Sim) {
            build.simulation = build.make_simulation().await.map_err(|cause| format!("not built: {cause:#}"));
        }
        Ok(build)
    }

    /// Where `keyrackd` and `keyrack` are.
    pub fn binaries(&self) -> PathBuf {
        self.target.join("release")
    }

    /// A cargo in the copy.
    pub fn cargo_command(&self) -> Command {
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

    /// The pure tests. They have nothing of RocksDB, so a choice of packages costs nothing here.
    pub fn core_tests(&self) -> [&'static str; 5] {
        ["--release", "--package", "keyrack-inventory", "--package", "keyrack-proto"]
    }

    async fn cargo<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> anyhow::Result<()> {
        let mut cargo = self.cargo_command();
        cargo.args(arguments);
        build(cargo).await
    }

    async fn make_simulation(&self) -> anyhow::Result<PathBuf> {
        let manifest = std::fs::read_to_string(self.copy.join("jepsen/Cargo.toml"))?;
        if !manifest.contains("\"keyrack-sim\"") {
            bail!("this checkout has no keyrack-sim");
        }
        // A folder of its own: its flags are other ones.
        let target = self.target.join("sim");
        let mut cargo = self.cargo_command();
        cargo.env("RUSTFLAGS", "--cfg tokio_unstable").args(["build", "--release", "--package", "keyrack-jepsen"]);
        cargo.args(["--features", "sim", "--bin", "keyrack-sim", "--target-dir"]).arg(&target);
        build(cargo).await?;
        Ok(target.join("release/keyrack-sim"))
    }
}

async fn build(cargo: Command) -> anyhow::Result<()> {
    let ended = outside::run(cargo, WITHIN).await?;
    ensure!(ended.status.is_some_and(|status| status.success()), "the copy does not build:\n{}", tail(&ended.said, 30));
    Ok(())
}
