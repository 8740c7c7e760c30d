//! The bounds of a shard's batcher, in commands and in bytes.
//!
//! Bytes are bounded at every step, so that no entry is too large for a message between nodes: a command, the commands that wait, a
//! batch (which is one Raft entry), and in `raft/log_store.rs` the entries of one append.

/// The most deferred commands that may wait to join the next batch.
pub const MAX_DEFERRED: usize = 256;

/// The largest command, in bytes. A larger one is refused before it is proposed.
pub const MAX_COMMAND_BYTES: usize = 1 << 20;
/// The bytes of a batch's commands that are not deferred, unless a single command is larger.
pub const MAX_BATCH_BYTES: usize = 2 << 20;
/// The bytes of all commands that wait for one shard. More are refused as overload.
pub const MAX_WAITING_BYTES: usize = 64 << 20;
/// The largest deferred command, a checkpoint, in bytes.
const MAX_DEFERRED_BYTES: usize = 4 << 10;

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

    /// Whether the commands of a batch may have this number of bytes.
    pub fn are_bytes_within(bytes: usize) -> bool {
        bytes <= MAX_BATCH_BYTES.max(MAX_COMMAND_BYTES) + (MAX_DEFERRED + 1) * MAX_DEFERRED_BYTES
    }
}
