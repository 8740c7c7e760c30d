//! Injects faults into a node's disk and clock, without a special kernel.
//!
//! - [`Shim`]: a library preloaded into the unmodified `keyrackd` (its source is `jepsen/shim`). While the process runs, it
//!   makes syncs slow, fail, or only pretend to work, makes changes and reads fail, and moves the wall clock. It also records
//!   what would survive a loss of power, so that [`Shim::lose_power`] can rewind the folder of a killed process to that.
//! - [`rot`]: flips single bits in the files of a stopped node.
//! - [`full`]: a small file system that is really full.
//!
//! Invariant: synced data survive every rewind, byte for byte. `jepsen/tests/disk_model.rs` checks this with random programs.
//! Start with `shim.rs`. `control.rs` and `journal.rs` share their layouts with `jepsen/shim/shim.h`.

mod control;
pub mod full;
mod journal;
mod rewind;
pub mod rot;
mod shim;

pub use control::ShimCounts;
pub use rewind::{Cut, Directories, Report, TornEnd};
pub use shim::{ChangeMode, Shim, SyncMode};
