//! Builds the copy once, with all bugs.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use tokio::process::Command;

use super::cargo::{self, BUILT_WITHIN, CopyCargo};
use super::layer::Layer;
use super::suite::Suite;

/// The built copy.
pub(super) struct Build {
    /// Runs cargo in the copy.
    pub cargo: CopyCargo,
    /// The simulation's program, or why there is none.
    pub simulation: Result<PathBuf, String>,
    /// The tests of every crate except `tests` and `jepsen`.
    pub core: Suite,
    /// The black-box tests, which use real processes.
    pub black_box: Suite,
}

impl Build {
    /// Builds what the layers need.
    pub async fn make(copy: &Path, target: &Path, layers: &[Layer]) -> anyhow::Result<Build> {
        let cargo = CopyCargo { copy: copy.into(), target: target.into() };
        let simulation = Err("not requested".to_owned());
        let mut build = Build { cargo, simulation, core: Suite::none(), black_box: Suite::none() };
        if layers.contains(&Layer::Processes) || layers.contains(&Layer::BlackBox) {
            // The whole workspace: a subset of the packages could have other features, and RocksDB would be compiled again.
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
            build.simulation = build.make_simulation().await.map_err(|cause| format!("the simulation was not built: {cause:#}"));
        }
        Ok(build)
    }

    async fn make_simulation(&self) -> anyhow::Result<PathBuf> {
        let manifest = std::fs::read_to_string(self.cargo.copy.join("jepsen/Cargo.toml"))?;
        if !manifest.contains("\"keyrack-sim\"") {
            bail!("jepsen/Cargo.toml of this checkout has no program keyrack-sim");
        }
        // A separate target folder, because the flags differ.
        let target = self.cargo.target.join("sim");
        let mut cargo = self.cargo.command();
        cargo.env("RUSTFLAGS", "--cfg tokio_unstable").args(["build", "--release", "--package", "keyrack-jepsen"]);
        cargo.args(["--features", "sim", "--bin", "keyrack-sim", "--target-dir"]).arg(&target);
        cargo.envs(self.prebuilt_rocksdb().await?);
        cargo::build(cargo).await?;
        Ok(target.join("release/keyrack-sim"))
    }

    /// Environment variables that link the RocksDB which the copy's other builds compiled; none if it is not compiled yet.
    async fn prebuilt_rocksdb(&self) -> anyhow::Result<Vec<(String, String)>> {
        let mut script = Command::new(self.cargo.copy.join("scripts/prebuilt-rocksdb"));
        script.arg(&self.cargo.target).current_dir(&self.cargo.copy);
        let printed = script.output().await.context("cannot run scripts/prebuilt-rocksdb")?.stdout;
        let settings = String::from_utf8(printed)?;
        let settings = settings.lines().filter_map(|line| line.split_once('='));
        Ok(settings.map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }
}
