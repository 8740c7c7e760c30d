//! What to plant and which layers to ask.

use std::path::PathBuf;
use std::time::Duration;

use super::bug::Bug;
use super::layer::Layer;

/// What to plant, and which layers to ask.
#[derive(Clone, Debug)]
pub struct RecallOptions {
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
