//! `keyrack receipt`: the proof that an event of a booking is in the log.
//!
//! A receipt has the leaf of the event, the hashes from the leaf to the root, and a signed checkpoint with that root. It
//! comes as JSON, inside the confirmation of a booking, or as the text of a `.tlog-proof` (c2sp.org/tlog-proof).
//!
//! # Invariants
//! - Verification is offline and strict: unknown fields, second spellings and trailing bytes are refused.
//! - It is all or nothing: every statement beside the proof must agree with what is proved.
//! - The output always says what is not proved.
//!
//! Start with `verify.rs`. `file.rs` parses receipts, `verdict.rs` writes the result, `fetch.rs` asks a node.

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
