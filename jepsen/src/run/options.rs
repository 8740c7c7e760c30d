//! The options of a run.

use std::path::PathBuf;
use std::time::Duration;

use crate::nemesis::{FaultTiming, Nemesis};
use crate::workload::Workload;

/// The options of a run.
#[derive(Clone, Debug)]
pub struct RunOptions {
    /// The workloads. They run concurrently, each with its own hotels and callers.
    pub workloads: Vec<Workload>,
    /// The nemeses. One after the other is drawn at random.
    pub nemeses: Vec<Nemesis>,
    /// How long callers send calls.
    pub lasts: Duration,
    /// The seed of all random choices.
    pub seed: u64,
    /// The number of nodes.
    pub nodes: u32,
    /// The number of callers of each workload.
    pub callers: u32,
    /// The target rate of all callers together, in operations a second. A slow cluster lowers it.
    pub rate: u32,
    /// The run's folder.
    pub folder: PathBuf,
    /// The folder of the binaries.
    pub binaries: PathBuf,
    /// The daemon's file name.
    pub daemon: String,
    /// The planted bug to enable.
    pub bug: Option<String>,
    /// Separates the networks and ports of concurrent runs: 1 to 200.
    pub slot: u8,
    /// Whether all nodes run on loopback, even if namespaces are available.
    pub loopback: bool,
    /// How long and how often faults are injected.
    pub timing: FaultTiming,
}
