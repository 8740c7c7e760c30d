//! One build has all bugs.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use tokio::process::Command;

use super::cargo::{self, BUILT_WITHIN, CopyCargo};
use super::layer::Layer;
use super::suite::Suite;

/// The copy, built.
pub(super) struct Build {
    /// Cargo in the copy.
    pub cargo: CopyCargo,
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
        let cargo = CopyCargo { copy: copy.into(), target: target.into() };
        let simulation = Err("not asked for".to_owned());
        let mut build = Build { cargo, simulation, core: Suite::none(), black_box: Suite::none() };
        if layers.contains(&Layer::Processes) || layers.contains(&Layer::BlackBox) {
            // The whole workspace: another choice of packages is another choice of features, and RocksDB would be compiled anew.
            build.cargo.run(["build", "--release", "--workspace", "--bins"]).await?;
        }
        if layers.contains(&Layer::Core) || layers.contains(&Layer::BlackBox) {
            build.cargo.run([&build.cargo.tests()[..], &["--no-run"]].concat()).await?;
        }
        if layers.contains(&Layer::Core) {
            build.core = Suite::of(Layer::Core, &build.cargo, BUILT_WITHIN).await;
        }
        if layers.contains(&Layer::BlackBox) {
            build.black_box = Suite::of(Layer::BlackBox, &build.cargo, BUILT_WITHIN).await;
        }
        if layers.contains(&Layer::Sim) {
            build.simulation = build.make_simulation().await.map_err(|cause| format!("not built: {cause:#}"));
        }
        Ok(build)
    }

    async fn make_simulation(&self) -> anyhow::Result<PathBuf> {
        let manifest = std::fs::read_to_string(self.cargo.copy.join("jepsen/Cargo.toml"))?;
        if !manifest.contains("\"keyrack-sim\"") {
            bail!("this checkout has no keyrack-sim");
        }
        // A folder of its own: its flags are other ones.
        let target = self.cargo.target.join("sim");
        let mut cargo = self.cargo.command();
        cargo.env("RUSTFLAGS", "--cfg tokio_unstable").args(["build", "--release", "--package", "keyrack-jepsen"]);
        cargo.args(["--features", "sim", "--bin", "keyrack-sim", "--target-dir"]).arg(&target);
        cargo.envs(self.prebuilt_rocksdb().await?);
        cargo::build(cargo).await?;
        Ok(target.join("release/keyrack-sim"))
    }

    /// Settings with which RocksDB is linked as this copy's other builds have compiled it; none where there is none yet.
    async fn prebuilt_rocksdb(&self) -> anyhow::Result<Vec<(String, String)>> {
        let mut script = Command::new(self.cargo.copy.join("scripts/prebuilt-rocksdb"));
        script.arg(&self.cargo.target).current_dir(&self.cargo.copy);
        let printed = script.output().await.context("scripts/prebuilt-rocksdb")?.stdout;
        let settings = String::from_utf8(printed)?;
        let settings = settings.lines().filter_map(|line| line.split_once('='));
        Ok(settings.map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }
}
