//! The bounds of a shard's batcher.

/// The most deferred commands that may wait to join the next batch.
pub const MAX_DEFERRED: usize = 256;

/// The bounds of one shard's batcher.
#[derive(Clone, Copy, Debug)]
pub struct BatchLimits {
    /// The most commands that may wait. More are refused as overload.
    pub queue_commands: usize,
    /// The most commands in one Raft entry, not counting deferred ones.
    pub batch_commands: usize,
    /// The most Raft entries that may be in flight.
    pub batches_in_flight: usize,
}

impl BatchLimits {
    /// Whether a batch may have this number of commands.
    pub fn is_within(&self, commands: usize) -> bool {
        commands <= self.batch_commands.max(1).saturating_add(MAX_DEFERRED + 1)
    }
}
