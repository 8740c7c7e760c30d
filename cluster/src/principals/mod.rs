//! Changes principals. A change is in force everywhere before it is answered (ADR 8).
//!
//! The directory decides and keeps the whole principal (`change.rs`). Every data shard gets a grant, the part that it needs, as
//! a command in its own log (`spread.rs`). So a shard refuses the commands of a revoked principal, even if the node that
//! forwards them does not know of the revocation. After a crash the directory's leader sends the missing grants. Start with
//! `change.rs`.
//!
//! Invariants:
//! - a change is answered only after every data shard has it;
//! - the directory's leader repeats grants until every shard has the newest revision.

mod change;
mod spread;

pub use change::{Change, ChangeRefused};
pub use spread::spread_grants;
