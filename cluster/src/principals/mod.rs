//! Changing who may call, so that the change counts everywhere before it is answered.
//!
//! The directory decides and keeps the principal whole (`change.rs`). Every data shard gets what it has to know of it, a grant,
//! as a command of its own log (`spread.rs`). So a shard refuses what a revoked principal asks for, whatever the node that
//! forwarded it still believes. What a crash leaves undone, the directory's leader does later. See ADR 8.
//! Start with `change.rs`.
//!
//! Invariants:
//! - a change is answered only after every data shard has it;
//! - the directory's leader repeats grants until every shard has the newest revision.

mod change;
mod spread;

pub use change::{Change, ChangeRefused};
pub use spread::spread_grants;
