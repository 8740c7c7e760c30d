//! Do the tests find what is wrong? Bugs are planted, and each layer of tests is asked.
//!
//! A checker that finds nothing has shown nothing until it has found something that was there. The bugs are patches in
//! `jepsen/planted`; all of them together are applied to a scratch copy of the sources and built once there, each off until
//! `KEYRACK_PLANTED_BUG` has its name. What is shipped has no such switch (ADR 12).

mod bug;
mod build;
mod copy;
mod outside;
mod processes;
mod result;
mod simulation;
mod suite;

pub use bug::{Bug, all};
pub use copy::apply_all;
pub use result::{Found, Line, Outcome, Result};

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use build::Build;

/// The pseudo bug of the control: nothing is switched on, and every layer must be green.
pub const CONTROL: &str = "control";

/// A layer of tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Layer {
    /// The tests of every room: the pure core, codecs, storage, Raft's glue, the edge.
    Core,
    /// The deterministic simulation.
    Sim,
    /// This harness: real processes, faults, checkers.
    Processes,
    /// The tests of real processes whose scenes are written down.
    BlackBox,
}

impl Layer {
    /// All, the cheapest first.
    pub const ALL: [Layer; 4] = [Layer::Core, Layer::Sim, Layer::Processes, Layer::BlackBox];

    /// Its name on the command line and in the result.
    pub fn name(self) -> &'static str {
        match self {
            Layer::Core => "core",
            Layer::Sim => "sim",
            Layer::Processes => "processes",
            Layer::BlackBox => "black-box",
        }
    }
}

/// What to ask whom.
#[derive(Clone, Debug)]
pub struct Order {
    /// The checkout: what of it git tracks is copied, as it is now.
    pub source: PathBuf,
    /// Where the copy is built; kept, so that RocksDB is compiled there once.
    pub target: PathBuf,
    /// Where the result and the runs go.
    pub into: PathBuf,
    /// The bugs to switch on, one after the other.
    pub bugs: Vec<Bug>,
    /// Whether nothing at all is switched on first.
    pub control: bool,
    /// Who is asked.
    pub layers: Vec<Layer>,
    /// The most that one layer spends on one bug.
    pub cap: Duration,
    /// The harness's slot for networks and ports.
    pub slot: u8,
}

/// Builds, asks every layer about every bug, and writes the result after each. `tell` hears every line as it comes.
///
/// # Errors
/// When a patch does not apply, or the copy does not build.
pub async fn run(order: &Order, mut tell: impl FnMut(&Line)) -> anyhow::Result<Result> {
    std::fs::create_dir_all(&order.into)?;
    let copy = copy::make(&order.source, &order.target)?;
    let build = Build::make(&copy, &order.target, &order.layers).await?;
    let mut result = Result::begin_or_go_on(&order.source, &order.into);
    if order.control {
        let line = ask(order, &build, None, result.control.take()).await;
        tell(&line);
        result.control = Some(line);
        result.write(&order.into)?;
    }
    for bug in &order.bugs {
        let before = result.take(&bug.name);
        let line = ask(order, &build, Some(bug), before).await;
        tell(&line);
        result.bugs.push(line);
        result.write(&order.into)?;
    }
    Ok(result)
}

/// Every layer about one bug, but for those that have said `before` what they know.
async fn ask(order: &Order, build: &Build, bug: Option<&Bug>, before: Option<Line>) -> Line {
    let mut line = before.unwrap_or_else(|| Line::of(bug));
    line.forget_not_run();
    for layer in &order.layers {
        if line.has_asked(layer.name()) {
            continue;
        }
        let began = Instant::now();
        let name = bug.map(|bug| bug.name.as_str());
        let outcome = match layer {
            Layer::Core => build.core.ask(build, name, order.cap).await,
            Layer::BlackBox => build.black_box.ask(build, name, order.cap).await,
            Layer::Sim => simulation::ask(build, name, order.cap).await,
            Layer::Processes => processes::ask(order, build, bug).await,
        };
        let outcome = outcome.unwrap_or_else(|cause| Outcome::NotRun { why: format!("{cause:#}") });
        line.layers.push(Found { layer: layer.name().to_owned(), seconds: began.elapsed().as_secs_f64(), outcome });
    }
    line
}

/// Where the patches of a checkout are.
pub fn patches(source: &Path) -> PathBuf {
    source.join("jepsen/planted")
}
