//! Harm to a node's disk and clock, without special kernels.
//!
//! - [`Shim`]: a library preloaded into the unmodified `keyrackd` (its source is `jepsen/shim`), which lets syncs be slow,
//!   fail or lie, changes and reads fail, and the wall clock be wrong, all while the process runs; and which knows what would
//!   survive a loss of power, so that [`Shim::lose_power`] can rewind the folder of a killed process to that.
//! - [`rot`]: single bits flipped in the files of a stopped node.
//! - [`full`]: a small file system that really is full.

mod control;
pub mod full;
mod journal;
mod rewind;
pub mod rot;
mod shim;

pub use control::ShimCounts;
pub use rewind::{Cut, Directories, Report, TornEnd};
pub use shim::{ChangeMode, Shim, SyncMode};
