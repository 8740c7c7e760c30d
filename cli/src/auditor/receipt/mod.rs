//! `keyrack receipt`: the proof that an event of a booking is in the log.
//!
//! A receipt has the leaf of the event, the hashes from the leaf to the root, and a signed checkpoint with that root. It
//! comes as JSON, inside the confirmation of a booking, or as the text of a `.tlog-proof` (c2sp.org/tlog-proof).
//!
//! # Invariants
//! - Verification is offline and strict: unknown fields, non-canonical encodings and trailing bytes are refused.
//! - A receipt is proved as a whole or refused: each value beside the proof must agree with the leaf.
//! - The output always lists the facts that are not proved.
//!
//! Start with `verify.rs`. `file.rs` parses receipts, `verdict.rs` writes the result, `fetch.rs` gets a receipt from a node.

mod commands;
mod fetch;
mod file;
mod input_output;
mod options;
mod verdict;
mod verify;

#[cfg(test)]
mod tests;

pub use commands::receipt;
pub use options::ReceiptCommand;
