//! How much a shard's batcher takes on.

/// The most deferred commands that may wait: they go along with the next batch, or alone after a moment.
pub const MAX_DEFERRED: usize = 256;

/// The bounds of one shard's batcher.
#[derive(Clone, Copy, Debug)]
pub struct BatchLimits {
    /// Commands that may wait for their turn; beyond that they are refused as overload.
    pub queue_commands: usize,
    /// The most commands in one Raft entry, deferred ones not counted.
    pub batch_commands: usize,
    /// Raft entries that may be under way.
    pub batches_in_flight: usize,
}

impl BatchLimits {
    /// Whether a batch may have so many commands.
    pub fn is_within(&self, commands: usize) -> bool {
        commands <= self.batch_commands.max(1).saturating_add(MAX_DEFERRED + 1)
    }
}
