//! The options of a recall.

use std::path::PathBuf;
use std::time::Duration;

use super::bug::Bug;
use super::layer::Layer;

/// The bugs to plant, the layers to run, and where.
#[derive(Clone, Debug)]
pub struct RecallOptions {
    /// The checkout. The files that git tracks are copied from its working tree.
    pub source: PathBuf,
    /// The folder in which the copy is built. It is kept, so that a second recall compiles only changes.
    pub target: PathBuf,
    /// The folder for the result and the runs.
    pub into: PathBuf,
    /// The bugs to switch on, one after the other.
    pub bugs: Vec<Bug>,
    /// Whether the layers also run without any bug, before the others.
    pub control: bool,
    /// The layers to run.
    pub layers: Vec<Layer>,
    /// The longest time that one layer spends on one bug.
    pub cap: Duration,
    /// The harness's slot for networks and ports.
    pub slot: u8,
}
