//! How much a shard's batcher takes on.

/// The most patient commands that may wait for company.
pub const PATIENT: usize = 256;

/// The bounds of one shard's batcher.
#[derive(Clone, Copy, Debug)]
pub struct BatchLimits {
    /// Commands that may wait for their turn; beyond that they are refused as overload.
    pub queue_commands: usize,
    /// The most commands in one Raft entry, patient ones not counted.
    pub batch_commands: usize,
    /// Raft entries that may be under way.
    pub batches_in_flight: usize,
}

impl BatchLimits {
    /// Whether a batch may have so many commands.
    pub fn is_within(&self, commands: usize) -> bool {
        commands <= self.batch_commands.max(1) + PATIENT + 1
    }
}
