//! One build has all bugs.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{bail, ensure};
use tokio::process::Command;

use super::Layer;
use super::outside::{self, tail};
use super::suite::Suite;

/// RocksDB alone takes twenty minutes on two cores.
const WITHIN: Duration = Duration::from_secs(2 * 3_600);

/// The copy, built.
pub(super) struct Build {
    copy: PathBuf,
    target: PathBuf,
    /// The simulation, where this checkout has one and it builds; why not, otherwise.
    pub simulation: Result<PathBuf, String>,
    /// The tests of every room.
    pub core: Suite,
    /// The tests of real processes.
    pub black_box: Suite,
}

impl Build {
    /// Builds what the layers need.
    pub async fn make(copy: &Path, target: &Path, layers: &[Layer]) -> anyhow::Result<Build> {
        let (copy, target, simulation) = (copy.into(), target.into(), Err("not asked for".to_owned()));
        let mut build = Build { copy, target, simulation, core: Suite::none(), black_box: Suite::none() };
        if layers.contains(&Layer::Processes) || layers.contains(&Layer::BlackBox) {
            // The whole workspace: another choice of packages is another choice of features, and RocksDB would be compiled anew.
            build.cargo(["build", "--release", "--workspace", "--bins"]).await?;
        }
        if layers.contains(&Layer::Core) || layers.contains(&Layer::BlackBox) {
            build.cargo([&build.tests()[..], &["--no-run"]].concat()).await?;
        }
        if layers.contains(&Layer::Core) {
            build.core = Suite::of(Layer::Core, &build, WITHIN).await;
        }
        if layers.contains(&Layer::BlackBox) {
            build.black_box = Suite::of(Layer::BlackBox, &build, WITHIN).await;
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

    /// The whole workspace's tests, for the same reason.
    pub fn tests(&self) -> [&'static str; 4] {
        ["nextest", "run", "--release", "--workspace"]
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
