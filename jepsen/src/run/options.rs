//! What to run.

use std::path::PathBuf;
use std::time::Duration;

use crate::nemesis::{FaultTiming, Nemesis};
use crate::workload::Workload;

/// What to run.
#[derive(Clone, Debug)]
pub struct RunOptions {
    /// Side by side, each with hotels and callers of its own.
    pub workloads: Vec<Workload>,
    /// One after the other, drawn.
    pub nemeses: Vec<Nemesis>,
    /// How long callers call.
    pub lasts: Duration,
    /// Everything random comes from it.
    pub seed: u64,
    /// Nodes.
    pub nodes: u32,
    /// Callers of each workload.
    pub callers: u32,
    /// Operations a second, all callers together; they are slower when the cluster is.
    pub rate: u32,
    /// The run's folder.
    pub folder: PathBuf,
    /// Where the binaries are, and the daemon's name there.
    pub binaries: PathBuf,
    /// The daemon's file name.
    pub daemon: String,
    /// A planted bug.
    pub bug: Option<String>,
    /// Tells networks and ports of several runs apart: 1 to 200.
    pub slot: u8,
    /// Everything on loopback, also where namespaces could be had.
    pub loopback: bool,
    /// How long and how often.
    pub timing: FaultTiming,
}
